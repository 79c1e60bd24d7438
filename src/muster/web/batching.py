"""One flusher per process: what waits is made durable together, and only then answered (design section 5).

A batch is what came in while the previous one was being written, so that it grows with the load and a lone
request waits for nobody. The short way is written by the event loop itself: a thread beside it would have to
wait for the interpreter, again and again. The long way has a thread.
"""

import asyncio
import contextlib
import functools
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from muster.foundation.failpoints import fail_point
from muster.web.room import Occupancy, Room

ItemT = TypeVar("ItemT")
OutcomeT = TypeVar("OutcomeT")
T = TypeVar("T")

_FAULTS_LIMIT = 8
"""So many lone failures in one batch are not poison: the store is in trouble, and the rest need not try."""

AT_ONCE_BYTES = 256 * 1024
"""A batch with more in it goes the long way: the event loop would not answer anybody while it reads it."""

log = logging.getLogger(__name__)


class NotStored(StrEnum):
    """Why an item was not kept."""

    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    UNFIT = "unfit"
    """The store refuses this one item, whatever its neighbours; sending it again will not help."""


class Refusal(Exception):
    """The item is not stored; `why` says whether to try again."""

    def __init__(self, why: NotStored) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class FlushLimits:
    """How much is written together, how much may wait, and for how long."""

    batch_weight: int = 500
    room: Room = field(default_factory=Room)
    answer_seconds: float = 10.0
    """After this long, an item is answered `UNAVAILABLE`, and dropped if it is not being written."""


@dataclass(frozen=True, slots=True)
class Store(Generic[ItemT, OutcomeT]):
    """What the flusher calls; all but `at_once` in its thread, which owns its connection.

    `receive` makes a batch durable and returns one outcome per item, in order; it keeps all or nothing.
    `at_once` makes durable what it can in a shorter way, on the event loop, and returns None for each item
    that it left alone. `reset` drops the connection after any failure; the next `receive` opens another.
    `lost` are the errors that mean the store is away, `unfit` those that mean it refuses what is in the
    batch. `remains` makes of a refused item what is kept in its place, or None: nothing that was said
    disappears. `owner` is who shares the room with others, and `comes_first` what may use the last of it
    (`web.room`).
    """

    receive: Callable[[Sequence[ItemT]], Sequence[OutcomeT]]
    reset: Callable[[], None]
    lost: tuple[type[Exception], ...]
    unfit: tuple[type[Exception], ...]
    at_once: Callable[[Sequence[ItemT]], Awaitable[Sequence[OutcomeT | None]]] | None = None
    remains: Callable[[ItemT], ItemT | None] | None = None
    owner: Callable[[ItemT], Hashable] = lambda item: None
    comes_first: Callable[[ItemT], bool] = lambda item: True


class _Waiting(Generic[ItemT, OutcomeT]):
    """An item on its way, and who is to be told. `given_up`: nobody waits any more."""

    __slots__ = ("given_up", "item", "owner", "since", "size_bytes", "tell", "weight")

    def __init__(
        self,
        item: ItemT,
        owner: Hashable,
        weight: int,
        size_bytes: int,
        since: float,
        tell: "_Tell[OutcomeT]",
    ) -> None:
        self.item = item
        self.owner = owner
        self.weight = weight
        self.size_bytes = size_bytes
        self.since = since
        self.tell = tell
        self.given_up = False


_Tell = Callable[[OutcomeT | NotStored], None]
_Batch = list[_Waiting[ItemT, OutcomeT]]
_Results = list[OutcomeT | NotStored]


class Flusher(Generic[ItemT, OutcomeT]):
    """Queues items on the event loop and writes them in batches.

    Start it on the loop that will call `put`. A batch that fails is divided until the item that the store
    refuses stands alone, so that it never fails its neighbours (reliability I14).
    """

    def __init__(self, store: Store[ItemT, OutcomeT], limits: FlushLimits | None = None) -> None:
        self._store = store
        self._limits = limits or FlushLimits()
        self._queue: deque[_Waiting[ItemT, OutcomeT]] = deque()
        self._arrived = asyncio.Event()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[_Waiting[ItemT, OutcomeT], None] = {}
        self._occupied = Occupancy(self._limits.room)
        self._sweep: asyncio.TimerHandle | None = None
        self._closing = False
        self._faults = 0
        self.batches = 0
        self.items = 0
        self.turned_away = 0
        self.swept_at = time.monotonic()

    def start(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._sweep = self._loop.call_later(1.0, self._sweep_late)
        self._task = self._loop.create_task(self._run())
        # A daemon: a store that hangs may not keep the process from ending.
        threading.Thread(target=self._work, name="flusher", daemon=True).start()

    async def stop(self) -> None:
        """Take nothing more, write what waits, and end."""
        self._closing = True
        self._arrived.set()
        if self._sweep is not None:
            self._sweep.cancel()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._limits.answer_seconds)
        self._jobs.put(None)
        for waiting in list(self._waiting):
            self._refuse(waiting)

    async def put(self, item: ItemT, *, weight: int = 1, size_bytes: int = 0) -> OutcomeT:
        """The item's outcome, when it is durable. Raises `Refusal` when it is not stored."""
        if self._loop is None:
            raise Refusal(NotStored.UNAVAILABLE)
        answer: asyncio.Future[OutcomeT | NotStored] = self._loop.create_future()
        tell: _Tell[OutcomeT] = functools.partial(_settle, answer)
        waiting = self._take(item, tell, weight, size_bytes)
        if isinstance(waiting, NotStored):
            raise Refusal(waiting)
        try:
            result = await answer
        except asyncio.CancelledError:
            waiting.given_up = True
            raise
        if isinstance(result, NotStored):
            raise Refusal(result)
        return result

    def offer(
        self, item: ItemT, tell: "_Tell[OutcomeT]", *, weight: int = 1, size_bytes: int = 0
    ) -> NotStored | None:
        """Queue the item, and call `tell` on the loop with its outcome, or with why it is not stored.

        Returns why it is not even queued; then `tell` is not called.
        """
        waiting = self._take(item, tell, weight, size_bytes)
        return waiting if isinstance(waiting, NotStored) else None

    def _take(
        self, item: ItemT, tell: Callable[[OutcomeT | NotStored], None], weight: int, size_bytes: int
    ) -> _Waiting[ItemT, OutcomeT] | NotStored:
        loop, owner = self._loop, self._store.owner(item)
        if loop is None or self._closing:
            return NotStored.UNAVAILABLE
        if not self._occupied.has_place(owner, weight, size_bytes, lambda: self._store.comes_first(item)):
            self.turned_away += 1
            return NotStored.OVERLOADED
        waiting: _Waiting[ItemT, OutcomeT] = _Waiting(item, owner, weight, size_bytes, loop.time(), tell)
        self._waiting[waiting] = None
        self._occupied.add(owner, weight, size_bytes)
        self._queue.append(waiting)
        self._arrived.set()
        return waiting

    def _forget(self, waiting: _Waiting[ItemT, OutcomeT]) -> bool:
        if waiting not in self._waiting:
            return False
        del self._waiting[waiting]
        self._occupied.remove(waiting.owner, waiting.weight, waiting.size_bytes)
        return True

    def _refuse(self, waiting: _Waiting[ItemT, OutcomeT]) -> None:
        if self._forget(waiting):
            self.turned_away += 1
            waiting.given_up = True
            waiting.tell(NotStored.UNAVAILABLE)

    def _sweep_late(self) -> None:
        """Answer those who have waited too long: the store hangs."""
        assert self._loop is not None
        self.swept_at = time.monotonic()
        oldest = self._loop.time() - self._limits.answer_seconds
        for waiting in [waiting for waiting in self._waiting if waiting.since < oldest]:
            self._refuse(waiting)
        self._sweep = self._loop.call_later(1.0, self._sweep_late)

    def _answer(self, batch: _Batch[ItemT, OutcomeT], results: _Results[OutcomeT]) -> None:
        for waiting, result in zip(batch, results, strict=True):
            if self._forget(waiting):
                try:
                    waiting.tell(result)
                except Exception:
                    log.exception("an answer could not be given")

    async def _run(self) -> None:
        """Write batch after batch, until there is nothing more and the server stops."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while batch := self._gather():
                try:
                    await self._flush(batch)
                except Exception:
                    log.exception("a batch was not written; its senders are told in time")
            if self._closing:
                break
        await self._aside(self._reset)

    async def _flush(self, batch: _Batch[ItemT, OutcomeT]) -> None:
        self._faults = 0
        rest = await self._write_at_once(batch)
        if rest:
            self._tell(rest, await self._aside(functools.partial(self._write, rest)))

    async def _aside(self, work: Callable[[], T]) -> T:
        """What `work` returns, from the thread. Raises what it raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def job() -> None:
            outcome: Callable[[], None]
            try:
                outcome = functools.partial(answer.set_result, work())
            except Exception as error:  # noqa: BLE001 - whoever waits for the answer has it
                outcome = functools.partial(answer.set_exception, error)
            with contextlib.suppress(RuntimeError):  # the loop has ended; nobody waits any more
                loop.call_soon_threadsafe(outcome)

        self._jobs.put(job)
        return await answer

    def _work(self) -> None:
        """The thread."""
        while (job := self._jobs.get()) is not None:
            job()

    def _gather(self) -> _Batch[ItemT, OutcomeT]:
        """What waits, up to a batch; those that were given up are dropped."""
        batch: _Batch[ItemT, OutcomeT] = []
        weight = 0
        while self._queue and weight < self._limits.batch_weight:
            waiting = self._queue.popleft()
            if not waiting.given_up:
                batch.append(waiting)
                weight += waiting.weight
        return batch

    def _tell(self, batch: _Batch[ItemT, OutcomeT], results: _Results[OutcomeT]) -> None:
        fail_point("F3")
        self.batches += 1
        self.items += len(batch)
        self._answer(batch, results)

    async def _write_at_once(self, batch: _Batch[ItemT, OutcomeT]) -> _Batch[ItemT, OutcomeT]:
        """Tell those for whom the short way was enough; returns the others, in order.

        What goes wrong here is not judged: the long way meets it again.
        """
        if self._store.at_once is None:
            return batch
        if sum(waiting.size_bytes for waiting in batch) > AT_ONCE_BYTES:
            return batch
        try:
            found = await self._store.at_once([waiting.item for waiting in batch])
        except Exception as error:  # noqa: BLE001 (see above)
            log.info("a batch goes the long way: %s", _brief(error))
            return batch
        done: _Batch[ItemT, OutcomeT] = []
        results: _Results[OutcomeT] = []
        rest: _Batch[ItemT, OutcomeT] = []
        for waiting, result in zip(batch, found, strict=True):
            if result is None:
                rest.append(waiting)
            else:
                done.append(waiting)
                results.append(result)
        if done:
            # Soon, not now: the next batch is on its way to the database by then.
            asyncio.get_running_loop().call_soon(self._tell, done, results)
        return rest

    def _write(self, batch: _Batch[ItemT, OutcomeT]) -> _Results[OutcomeT]:
        """One result per item. A connection that was lost in the meantime gets one new attempt."""
        items = [waiting.item for waiting in batch]
        if self._faults >= _FAULTS_LIMIT:
            return [NotStored.UNAVAILABLE] * len(items)
        for attempt in (1, 2):
            try:
                return list(self._store.receive(items))
            except self._store.lost as error:
                self._reset()
                if attempt == 2:
                    log.error("%d signals not stored: the database is away (%s)", len(items), _brief(error))
                    return [NotStored.UNAVAILABLE] * len(items)
                time.sleep(0.02)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is logged and the neighbours go on)
                self._reset()
                if len(items) == 1:
                    return [self._alone(items[0], error)]
                break
        middle = len(batch) // 2
        return [*self._write(batch[:middle]), *self._write(batch[middle:])]

    def _alone(self, item: ItemT, error: Exception) -> NotStored:
        if isinstance(error, self._store.unfit):
            log.warning("a signal cannot be stored: %s", _brief(error))
            return self._remains(item)
        log.error("a signal could not be stored", exc_info=error)
        self._faults += 1
        return NotStored.UNAVAILABLE

    def _remains(self, item: ItemT) -> NotStored:
        """Keep what is left of an item that the store refuses; its sender may try again while that fails."""
        try:
            rest = self._store.remains(item) if self._store.remains is not None else None
            if rest is not None:
                self._store.receive([rest])
        except self._store.lost as error:
            self._reset()
            log.error("a refused signal's remains are not stored: the database is away (%s)", _brief(error))
            return NotStored.UNAVAILABLE
        except Exception:
            self._reset()
            log.exception("a refused signal's remains could not be stored")
        return NotStored.UNFIT

    def _reset(self) -> None:
        try:
            self._store.reset()
        except Exception:
            log.exception("the flusher's connection did not close")


def _settle(answer: "asyncio.Future[OutcomeT | NotStored]", result: OutcomeT | NotStored) -> None:
    if not answer.done():
        answer.set_result(result)


def _brief(error: Exception) -> str:
    """The error's type and first line, without what the sender wrote."""
    return type(error).__name__
