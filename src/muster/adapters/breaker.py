"""A breaker for each far end: who hangs again and again is left alone for a moment (design section 10).

A provider that hangs would hold every thread that talks to it for the whole time-out. After some failures in
a row nobody is sent there until it has rested; then one is let through, and its answer decides for all.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_REMEMBERED = 1000


class Resting(OSError):
    """This far end has failed again and again; `seconds` from now it may be tried once more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"resting for {seconds:.1f} s")
        self.seconds = seconds


@dataclass(slots=True)
class _Line:
    failures: int = 0
    rests_until: float = 0.0


class Breaker:
    """Counts failures in a row by far end. Safe to use from several threads."""

    def __init__(
        self, *, failures: int = 5, rest_seconds: float = 10, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures = failures
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    @contextmanager
    def watch(self, far_end: str, *failures: type[Exception]) -> Iterator[None]:
        """Do something with the far end. Raises `Resting` instead when it rests.

        Only the exceptions named in `failures` count against it; whatever else happens shows that it lives.
        """
        self._enter(far_end)
        try:
            yield
        except failures:
            self._failed(far_end)
            raise
        except BaseException:
            self._lives(far_end)
            raise
        self._lives(far_end)

    def _enter(self, far_end: str) -> None:
        with self._lock:
            line = self._lines.get(far_end)
            if line is None or line.failures < self._failures:
                return
            now = self._clock()
            if now < line.rests_until:
                raise Resting(line.rests_until - now)
            line.rests_until = now + self._rest_seconds

    def _failed(self, far_end: str) -> None:
        with self._lock:
            if far_end not in self._lines and len(self._lines) >= _REMEMBERED:
                self._lines.clear()
            line = self._lines.setdefault(far_end, _Line())
            line.failures += 1
            if line.failures >= self._failures:
                line.rests_until = self._clock() + self._rest_seconds

    def _lives(self, far_end: str) -> None:
        with self._lock:
            self._lines.pop(far_end, None)
