"""A thread beside the event loop, for what may hang: the long way of a batch, and its connection."""

import asyncio
import contextlib
import functools
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Aside:
    """Does one thing after the other, all in one thread."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def start(self, name: str) -> None:
        """Begin. The thread is a daemon: what hangs may not keep the process from ending."""
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def stop(self) -> None:
        """End, after what was asked for until now."""
        self._jobs.put(None)

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns, from the thread. Raises what it raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def settle(outcome: Callable[[], None]) -> None:
            if not answer.done():
                outcome()

        def job() -> None:
            outcome: Callable[[], None]
            try:
                outcome = functools.partial(answer.set_result, work())
            except Exception as error:  # noqa: BLE001 - whoever waits for the answer has it
                outcome = functools.partial(answer.set_exception, error)
            with contextlib.suppress(RuntimeError):  # the loop has ended; nobody waits any more
                loop.call_soon_threadsafe(settle, outcome)

        self._jobs.put(job)
        return await answer

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
