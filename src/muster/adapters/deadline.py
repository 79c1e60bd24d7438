"""Deadlines for what a library would wait on for ever: one thread watches them all."""

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator


class Deadlines:
    """Calls `cut` of what has not ended in time. A thread for each of them would cost more than the work."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, _Deadline]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def within(self, seconds: float, cut: Callable[[], None]) -> Iterator[Callable[[], bool]]:
        """Call `cut`, from another thread, when the block has not ended by then; says whether it was late."""
        deadline = _Deadline(cut)
        self._add(time.monotonic() + seconds, deadline)
        try:
            yield deadline.is_late
        finally:
            deadline.end()

    def _add(self, at: float, deadline: "_Deadline") -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
            is_first = not self._waiting or at < self._waiting[0][0]
            heapq.heappush(self._waiting, (at, next(self._order), deadline))
            if is_first:
                self._changed.notify()

    def _watch(self) -> None:
        while True:
            with self._changed:
                while not self._waiting or self._waiting[0][0] > time.monotonic():
                    left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                    self._changed.wait(left)
                deadline = heapq.heappop(self._waiting)[2]
            deadline.pass_by()


class _Deadline:
    """One wait. Either it ends, or it is cut: whichever comes first, the other does nothing any more."""

    __slots__ = ("_cut", "_late", "_lock")

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut: Callable[[], None] | None = cut
        self._late = False
        self._lock = threading.Lock()

    def is_late(self) -> bool:
        """Whether it was cut."""
        return self._late

    def end(self) -> None:
        """It has ended: nothing is to be cut any more, and what it held can go."""
        with self._lock:
            self._cut = None

    def pass_by(self) -> None:
        """Its time is over."""
        with self._lock:
            if self._cut is not None:
                self._late = True
                self._cut()
