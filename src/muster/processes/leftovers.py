"""What a killed PostgreSQL leaves behind, cleared before the next start.

Three things stop a start straight after kill -9: a `postmaster.pid` whose process is a zombie nobody has
reaped, or whose number now belongs to another program; a postmaster still shutting down; and backends that
have not yet noticed that their postmaster is gone.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from muster.processes.problems import CannotStart

_PROC = Path("/proc")
_PATIENCE_SECONDS = 20.0


def clear_leftovers(cluster: Path, sockets: Path) -> None:
    """Return when nothing runs on `cluster` and its lock files, there and in `sockets`, are gone.

    A server that still runs is asked to stop fast, then told to quit, then killed: whoever calls this owns
    the data folder's lock, so that server has lost its owner. Does nothing where there is no /proc: there
    PostgreSQL decides.
    """
    if not _PROC.exists():
        return
    deadline = time.monotonic() + _PATIENCE_SECONDS
    asked = 0.0
    while running := _processes_in(cluster):
        left = deadline - time.monotonic()
        if left < -_PATIENCE_SECONDS:
            raise CannotStart(
                f"A PostgreSQL on {cluster} does not stop (process {running[0]}): stop it and try again."
            )
        if time.monotonic() - asked > 1.0:
            asked = time.monotonic()
            _ask_to_stop(cluster, running, left)
        time.sleep(0.02)
    for lock in [cluster / "postmaster.pid", *sockets.glob(".s.PGSQL.*")]:
        lock.unlink(missing_ok=True)


def _ask_to_stop(cluster: Path, running: list[int], left: float) -> None:
    """Backends end by themselves when their postmaster is gone, unless somebody froze them: then they are
    killed.
    """
    postmaster = _postmaster(cluster)
    if postmaster in running:
        how = signal.SIGINT if left > _PATIENCE_SECONDS / 2 else signal.SIGQUIT
        _send(postmaster, how if left > 0 else signal.SIGKILL)
    elif left < _PATIENCE_SECONDS - 3:
        for pid in running:
            _send(pid, signal.SIGKILL)


def _send(pid: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)


def _postmaster(cluster: Path) -> int:
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def _processes_in(cluster: Path) -> list[int]:
    """Living `postgres` whose working folder is the cluster: every process of its server stands there.

    A zombie has no working folder, and a foreign program that took over the number stands elsewhere.
    """
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                is_server = (entry / "comm").read_text().strip() == "postgres"
                if is_server and os.readlink(entry / "cwd") == str(cluster):
                    found.append(int(entry.name))
    return found
