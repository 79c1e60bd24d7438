"""`muster up` as a real process."""

import contextlib
import json
import os
import select
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

MUSTER = str(Path(sys.executable).with_name("muster"))
READY_SECONDS = 180
"""Longer than the demo takes on two busy cores; only a failure waits for it."""


def bare(**variables: str) -> dict[str, str]:
    """An environment that holds nothing of this test run."""
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}


def refused(*arguments: str, **variables: str) -> str:
    """Run a command that must not start; return its one line."""
    answer = subprocess.run(
        [MUSTER, *arguments], env=bare(**variables), capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 1, answer.stderr
    assert answer.stdout == ""
    lines = [line for line in answer.stderr.splitlines() if "stay root" not in line]
    assert len(lines) == 1, answer.stderr
    return lines[0]


class Up:
    """One running `muster up --json`."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        began = time.monotonic()
        command = [MUSTER, "up", "--json", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, env=bare(**variables), stdout=subprocess.PIPE)
        self.ready = self._first_line()
        self.seconds = time.monotonic() - began
        self.url: str = self.ready["url"]

    def _first_line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], READY_SECONDS)[0]:
            self.process.terminate()
            raise AssertionError("muster up was not ready in time")
        line = self.process.stdout.readline()
        assert line, f"muster up ended with code {self.process.wait()}"
        return dict(json.loads(line))

    def status(self, path: str) -> int:
        """HTTP status of a page; 0 while nobody answers."""
        trusting = ssl._create_unverified_context()
        try:
            with urllib.request.urlopen(self.url + path, timeout=5, context=trusting) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def children(self) -> dict[str, int]:
        """Process ids by what the command line reads."""
        found = {}
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                for name in ("muster web", "muster worker", "postgres -D"):
                    if name in line:
                        found[name] = int(pid)
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait; return its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(45)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@contextlib.contextmanager
def up(*arguments: str, **variables: str) -> Iterator[Up]:
    """A `muster up` that is stopped in the end."""
    running = Up(*arguments, **variables)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


def gone(pid: int) -> bool:
    """Not running; a zombie that PID 1 has not reaped counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
