"""One process of Muster, which can be killed, frozen, and started again."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from muster.processes.parent import die_with_parent

MUSTER = str(Path(sys.executable).with_name("muster"))
READY_S = 60.0


class Program:
    """`muster <words>` with an environment; `ready` tells when it works."""

    def __init__(
        self, name: str, words: list[str], environment: dict[str, str], log: Path, ready: Callable[[], bool]
    ) -> None:
        self.name = name
        self._words = words
        self._environment = environment
        self._log = log
        self._ready = ready
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its number; 0 when it does not run."""
        return self.process.pid if self.process is not None and self.process.poll() is None else 0

    def start(self) -> None:
        """Start it and return at once."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [MUSTER, *self._words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def wait_ready(self, seconds: float = READY_S) -> None:
        """Return when it works. Raises `AssertionError` when it does not in time."""
        until = time.monotonic() + seconds
        while not self._ready():
            assert self.process is not None
            assert self.process.poll() is None, f"{self.name} ended: {self.said()}"
            assert time.monotonic() < until, f"{self.name} is not ready: {self.said()}"
            time.sleep(0.02)

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-3000:]

    def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()

    def signal(self, how: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self.pid:
            os.kill(self.pid, how)

    def stop(self) -> None:
        """Ask it to stop; kill it when it takes too long."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


def free_port() -> int:
    """A port that nobody has, below those that the system gives to whoever asks for any."""
    while True:
        port = random.randint(12_000, 31_999)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def answers(url: str, *, expected: tuple[int, ...] = (200,)) -> bool:
    """Whether somebody answers there with one of these."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status in expected
    except urllib.error.HTTPError as error:
        return error.code in expected
    except OSError:
        return False
