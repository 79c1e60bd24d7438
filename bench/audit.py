"""How long a pass of the auditor takes beside a million rows of each kind: `make bench audit`.

A million alerts, each with its decision, group, escalation, page, message and event, of which 20,000 alerts
are open and 100,000 escalations wait for their next step. Each question of `looks.sql` is timed by itself,
five times, on the connection that the auditor uses.
"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rig import cluster_of, heading, percentile

import crowded
from muster.mobilize.watch import looks
from muster.processes.surroundings import enter_as
from processes.running import Up

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
OPEN, WAITING, TIMES = ROWS // 50, ROWS // 10, 5
A_PASS = 20_000
"""Links in one pass: two thousand events a second."""


def measure(dsn: str) -> None:
    """Time each question, then whole looks."""
    enter_as(dsn)
    eye = looks.Eye()
    [(head,)] = eye.ask(looks.QUESTIONS["head"])
    span = (head - A_PASS, head)
    asked = looks.values() | {"seq": span[0], "upto": span[1]}
    print("check                  p50 ms  worst ms")
    for check in (*looks.ROWS, *looks.FOLLOWING, *looks.QUEUES):
        sql = looks.QUESTIONS[check.value]
        _say(check.value, [_timed(lambda sql=sql: eye.ask(sql, asked)) for _ in range(TIMES)])  # type: ignore[misc]
    _say("a whole look", [_timed(lambda: looks.look(eye, span, {})) for _ in range(TIMES)])
    print(f"target: 1,000 ms; found: {len(looks.look(eye, span, {}).found)}")
    eye.close()


def _say(name: str, took: list[float]) -> None:
    print(f"{name:<22} {percentile(took, 0.5):>6.1f}  {max(took):>8.1f}", flush=True)


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return (time.monotonic() - began) * 1000


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    up = Up("--data", str(folder / "d"))
    children = [up.children()[name] for name in ("muster worker", "muster web")]
    try:
        for pid in children:
            os.kill(pid, signal.SIGSTOP)  # they would look for work in what we write
        dsn = cluster_of(folder / "d").dsn()
        began = time.monotonic()
        crowded.fill(dsn, ROWS, unresolved=OPEN, waiting=WAITING, chained=True)
        print(
            f"{heading()}\n{ROWS:,} rows of each kind, {OPEN:,} open alerts, {WAITING:,} waiting escalations"
        )
        print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
        measure(dsn)
        for pid in children:
            os.kill(pid, signal.SIGCONT)
    finally:
        up.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
