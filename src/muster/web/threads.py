"""Who may have a thread: one pool for all, and a few kept for urgent requests (design section 10)."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Lane(StrEnum):
    """Where a thread comes from."""

    GENERAL = "general"
    RESERVED = "reserved"


class Busy(Exception):
    """Too many requests wait for a thread already, or this one waited too long."""


@dataclass(frozen=True, slots=True)
class ThreadLimits:
    """How many threads, and how long a request may wait for one."""

    general: int = 12
    reserved: int = 4
    waiting: int = 512
    wait_seconds: float = 20.0


class _Call(Generic[T]):
    """What a thread works on; its answer goes to `waiter` on the loop, if anybody still waits."""

    __slots__ = ("lane", "waiter")

    def __init__(self, lane: Lane, waiter: "asyncio.Future[T]") -> None:
        self.lane = lane
        self.waiter = waiter


class Threads:
    """Runs blocking calls for requests. Use from the event loop.

    An ordinary request takes a general thread, or waits for one. An urgent one takes a reserved thread, or a
    general one when those are busy, or waits for whichever is free first; so ordinary work, however much and
    however slow, never keeps it waiting.
    """

    def __init__(self, limits: ThreadLimits | None = None) -> None:
        self._limits = limits or ThreadLimits()
        self._free = {Lane.GENERAL: self._limits.general, Lane.RESERVED: self._limits.reserved}
        self._waiting: dict[bool, deque[asyncio.Future[Lane]]] = {False: deque(), True: deque()}
        self._executor = ThreadPoolExecutor(
            self._limits.general + self._limits.reserved, thread_name_prefix="request"
        )

    async def run(self, call: Callable[[], T], *, urgent: bool = False) -> T:
        """The call's result, from a thread.

        Raises `Busy`, and what the call raises. Cancelled while it waits, it gives its place up; cancelled
        later, its thread is free again as soon as the call has returned.
        """
        lane = self._take(urgent) or await self._wait(urgent)
        loop = asyncio.get_running_loop()
        job: _Call[T] = _Call(lane, loop.create_future())
        try:
            future = self._executor.submit(call)
        except RuntimeError:
            self._give(lane)
            raise Busy from None
        future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._finish, job, done))
        return await job.waiter

    def close(self) -> None:
        """Take no more calls; does not wait for the running ones."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def free(self) -> dict[str, int]:
        """Free threads by lane, for the metrics page."""
        return {lane.value: count for lane, count in self._free.items()}

    def _take(self, urgent: bool) -> Lane | None:
        lanes = (Lane.RESERVED, Lane.GENERAL) if urgent else (Lane.GENERAL,)
        for lane in lanes:
            if self._free[lane]:
                self._free[lane] -= 1
                return lane
        return None

    async def _wait(self, urgent: bool) -> Lane:
        queue = self._waiting[urgent]
        if len(queue) >= self._limits.waiting:
            raise Busy
        place: asyncio.Future[Lane] = asyncio.get_running_loop().create_future()
        queue.append(place)
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                return await place
        except BaseException as why:
            if place.done() and not place.cancelled():
                self._give(place.result())
            elif place in queue:
                queue.remove(place)
            if isinstance(why, TimeoutError):
                raise Busy from None
            raise

    def _give(self, lane: Lane) -> None:
        queues = (True, False) if lane is Lane.GENERAL else (True,)
        for urgent in queues:
            queue = self._waiting[urgent]
            while queue:
                place = queue.popleft()
                if not place.done():
                    place.set_result(lane)
                    return
        self._free[lane] += 1

    def _finish(self, job: "_Call[T]", done: "Future[T]") -> None:
        self._give(job.lane)
        if job.waiter.done():
            return
        error = done.exception()
        if error is not None:
            job.waiter.set_exception(error)
        else:
            job.waiter.set_result(done.result())
