"""Keeps children running: restarts the dead, stops all gracefully, and takes them along when it dies itself.

One thread, asleep until a signal arrives or a restart is due. Only this process starts, waits for and stops
its children, so nothing is ever started twice and no zombie stays behind.
"""

import contextlib
import logging
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from muster.processes.problems import CannotStart

log = logging.getLogger("muster.up")

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Time between death and restart: almost none at first, more for one that keeps dying young.
_FIRST_DELAY_SECONDS = 0.05
_LONGEST_DELAY_SECONDS = 10.0
_LONGEST_DELAY_WHEN_KILLED_SECONDS = 0.5
_GROWN_UP_SECONDS = 10.0


@dataclass
class Child:
    """One supervised process. `start` starts it and returns at once; it may raise CannotStart to be tried
    again.
    """

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float | None = None
    young_deaths: int = field(default=0)

    def alive(self) -> bool:
        """Whether it runs now."""
        return self.process is not None and self.process.poll() is None


def delay_seconds(young_deaths: int, *, killed: bool) -> float:
    """How long to wait before the next start of a child that died young `young_deaths` times in a row.

    A child that somebody killed is not at fault, so its wait stays short.
    """
    longest = _LONGEST_DELAY_WHEN_KILLED_SECONDS if killed else _LONGEST_DELAY_SECONDS
    return min(longest, _FIRST_DELAY_SECONDS * 2.0 ** min(young_deaths, 16))


class Supervisor:
    """Runs children in the order they were added; stops them in the opposite order."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.stopping = False
        self.hurry = False
        self._wake, self._waker = socket.socketpair()
        for end in (self._wake, self._waker):
            end.setblocking(False)

    def listen_to_signals(self) -> None:
        """From now on SIGTERM, SIGINT and SIGHUP ask for a graceful stop; a second one hurries it."""
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for how in STOP_SIGNALS:
            signal.signal(how, self._ask_to_stop)

    def add(self, child: Child) -> None:
        """Start `child` and keep it running from now on. Raises CannotStart when the first start fails."""
        self._start(child)
        self.children.append(child)

    def run(self) -> None:
        """Watch until asked to stop, then stop everything."""
        while not self.stopping:
            self.tend()
            self.sleep(self._seconds_to_next_restart())
        self.stop()

    def tend(self) -> None:
        """Look at each child once: bury the dead, start those whose time has come."""
        now = time.monotonic()
        for child in self.children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._restart(child)
            elif not child.alive():
                self._bury(child, now)

    def sleep(self, seconds: float | None) -> None:
        """Sleep until a signal arrives, at most `seconds`."""
        readable, _, _ = select.select([self._wake], [], [], seconds)
        if readable:
            with contextlib.suppress(BlockingIOError):
                self._wake.recv(4096)

    def stop(self) -> None:
        """Ask every child to stop, last added first; kill those who take too long."""
        self.stopping = True
        for child in reversed(self.children):
            _stop(child, lambda: self.hurry)
        self.children.clear()

    def _ask_to_stop(self, *_: object) -> None:
        self.hurry = self.stopping
        self.stopping = True

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.restart_at = None
        child.process = child.start()

    def _restart(self, child: Child) -> None:
        try:
            self._start(child)
            log.warning("%s started again", child.name)
        except (CannotStart, OSError) as error:
            child.process = None
            self._plan(child, killed=False)
            log.error("%s cannot be started again yet: %s", child.name, error)

    def _bury(self, child: Child, now: float) -> None:
        code = child.process.returncode if child.process else 0
        if now - child.started_at >= _GROWN_UP_SECONDS:
            child.young_deaths = 0
        self._plan(child, killed=code == -signal.SIGKILL)
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        log.warning("%s ended (%s)", child.name, how)

    def _plan(self, child: Child, *, killed: bool) -> None:
        child.restart_at = time.monotonic() + delay_seconds(child.young_deaths, killed=killed)
        child.young_deaths += 1

    def _seconds_to_next_restart(self) -> float | None:
        due = [child.restart_at for child in self.children if child.restart_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None


def _stop(child: Child, hurry: Callable[[], bool]) -> None:
    process = child.process
    if process is None or process.poll() is not None:
        return
    process.send_signal(child.stop_signal)
    deadline = time.monotonic() + child.stop_seconds
    while process.poll() is None:
        if time.monotonic() > deadline or hurry():
            process.kill()
            process.wait()
            return
        time.sleep(0.01)
