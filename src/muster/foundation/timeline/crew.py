"""Threads of their own for due work that waits for somebody else, such as a provider."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from django.db import connections

from muster.foundation.timeline.hints import Hint, wake_now

log = logging.getLogger(__name__)

OneT = TypeVar("OneT")


class Crew(Generic[OneT]):
    """Claims as many as it has free threads and does each in one: one that hangs delays nobody else's work.

    What fails is written to the log and recorded by nobody: its lease runs out, and it is claimed again.
    """

    def __init__(
        self, name: str, size: int, claim: Callable[[int], Sequence[OneT]], do: Callable[[OneT], None]
    ) -> None:
        self.name = name
        self.size = size
        self._claim = claim
        self._do = do
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._free = threading.Semaphore(size)

    def run(self) -> int:
        """Claim and begin; returns how many were claimed."""
        places = sum(1 for _ in range(self.size) if self._free.acquire(blocking=False))
        claimed: Sequence[OneT] = ()
        try:
            claimed = self._claim(places) if places else ()
        finally:
            if places > len(claimed):
                self._free.release(places - len(claimed))
        for one in claimed:
            self._pool.submit(self._work, one)
        return len(claimed)

    def _work(self, one: OneT) -> None:
        try:
            self._do(one)
        except Exception:
            log.exception("%s failed", self.name)
        finally:
            connections.close_all()
            self._free.release()
            wake_now(Hint.DUE)
