"""Named places where a test stops, kills or fails this process (docs/decisions/fail-points.md).

Unarmed, `fail_point` is one comparison. Only a test can arm it: `MUSTER_FAIL_POINTS` names a folder, and the
file `ALLOWED` beside it says so too. Nothing of ours ever writes that file, and a process that is given the
variable without it refuses to start.

A test arms a point by a file `<point>~<name>` in the folder, in which one word stands. Whoever reaches the
point first takes the file away, writes `reached/<point>~<name>`, and does what the word says, once.
"""

import json
import os
import signal
import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path

from django.db import connection, transaction

VARIABLE = "MUSTER_FAIL_POINTS"
ALLOWED = "fail-points-are-allowed-here"
"""The file beside the folder, in which the folder's name stands: the second lock."""

POINTS = tuple(
    "F1 F2 F3 G1 G2 G3 P1 P2 P3 E1 E2 E3 E4 N1 N2 N3 N4 N5 N6 A1 A2 A3 S1 S2".split()  # noqa: SIM905
)
"""The points of the fault matrix, in the order in which an alert passes them."""

BETWEEN = ("C1", "C2", "R3")
"""Places that only races need: before a claim looks, when it has locked what it found, and between reading an
open alert and writing it."""

_HELD_S = 120.0
_LOOK_EVERY_S = 0.002

_folder: Path | None = None


class Action(StrEnum):
    """What is done at a point."""

    KILL = "kill"
    """End this process as kill -9 does."""
    STOP = "stop"
    """Freeze this process until somebody sends SIGCONT."""
    HOLD = "hold"
    """Wait here until the file `released/<point>~<name>` is there."""
    FAIL = "fail"
    """Raise `FailPointReached`."""
    SLEEP = "sleep"
    """Take five seconds."""
    DISCONNECT = "disconnect"
    """Let PostgreSQL end this thread's session, as `pg_terminate_backend` does."""


class FailPointReached(RuntimeError):
    """A test wanted this to fail here."""


class NotAllowed(Exception):
    """The variable is set, and this is no installation for tests. One line for a person."""


def arm(folder: str) -> None:
    """Listen to a test's folder from now on; an empty name arms nothing.

    Raises:
        NotAllowed: the second lock is closed.
    """
    global _folder
    if not folder:
        return
    path = Path(folder)
    try:
        allowed = (path.parent / ALLOWED).read_text().split()
    except OSError:
        allowed = []
    if path.name not in allowed:
        raise NotAllowed(f"{VARIABLE} is for Muster's own tests, and this is not one of them: unset it.")
    _folder = path


def fail_point(point: str) -> None:
    """Do here what a test wants to be done; nothing in any other process."""
    if _folder is not None:
        _reached(_folder.resolve(), point)


def fail_point_after_commit(point: str) -> None:
    """The same, in the moment after the running transaction has committed."""
    if _folder is not None:
        transaction.on_commit(partial(fail_point, point))


def _reached(folder: Path, point: str) -> None:
    for name in sorted(os.listdir(folder)):
        if name.startswith(f"{point}~"):
            _take(folder, name)


def _take(folder: Path, name: str) -> None:
    taken = folder / "taken" / name
    try:
        (folder / name).rename(taken)
    except FileNotFoundError:
        return  # another thread or process was faster
    session = connection.connection
    facts = {"pid": os.getpid(), "backend": session.info.backend_pid if session is not None else None}
    writing = folder / "taken" / f"{name}.facts"
    writing.write_text(json.dumps(facts))
    writing.rename(folder / "reached" / name)
    _ACTIONS[Action(taken.read_text())](folder, name)


def _kill(_folder: Path, _name: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop(_folder: Path, _name: str) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _hold(folder: Path, name: str) -> None:
    until = time.monotonic() + _HELD_S
    while not (folder / "released" / name).exists() and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)


def _fail(_folder: Path, name: str) -> None:
    raise FailPointReached(name)


def _sleep(_folder: Path, _name: str) -> None:
    time.sleep(5)


def _disconnect(_folder: Path, _name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


_ACTIONS: dict[Action, Callable[[Path, str], None]] = {
    Action.KILL: _kill,
    Action.STOP: _stop,
    Action.HOLD: _hold,
    Action.FAIL: _fail,
    Action.SLEEP: _sleep,
    Action.DISCONNECT: _disconnect,
}
