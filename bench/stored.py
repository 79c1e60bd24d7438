"""Whether ten million stored signals slow the next one: `make bench stored`.

Two installations, one of them filled by COPY: ten million signals of 100,000 alerts over thirty days, a third
of them of today. Both then take events on the same 1,000 open keys (as in `ingest.py`), in turn, so that the
machine's moods meet both. Target: 0.9 of the empty one.
"""

import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
from ingest import CONNECTIONS, SECONDS, SETTLE_S, Bench, Load
from rig import heading, until

from fakes.smtp import SmtpServer
from faults.crowd import House

SIGNALS = int(os.environ.get("BENCH_ROWS", "10000000"))
DAYS, TODAY_EVERY, ALERTS, CHUNK = 30, 3, 100_000, 10_000
ROUNDS = 8
TARGET = 0.9
_KINDS = {"varied": "1,000 open keys", "storm": "one key"}
_ALERTS = 200_000_000
"""Where the numbers of alerts begin that no sender opened."""
_COPY = """
    COPY detect_signal (received_at, integration_id, alert_id, action, dedup_key, disposition, reason, raw)
    FROM STDIN
"""
_PART = "SELECT detect_make_signal_day((now() AT TIME ZONE 'UTC')::date - %s::int)"


def fill(dsn: str) -> float:
    """Store the signals; seconds that it took."""
    began = time.monotonic()
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("SELECT min(id), now() FROM detect_integration").fetchone()
        assert row is not None
        for n in range(1, DAYS):  # each in a transaction of its own: the worker waits for none of them
            connection.execute(_PART, [n])
        with connection.cursor().copy(_COPY) as copy:
            for lines in _chunks(row[0], row[1].timestamp()):
                copy.write(lines)
        connection.execute("VACUUM ANALYZE detect_signal")
        connection.execute("CHECKPOINT")  # nobody writes old pages back while we measure
    return time.monotonic() - began


def _chunks(integration: int, now_s: float) -> Iterator[str]:
    """The lines, some thousands at a time; the oldest first."""
    days = [time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime(now_s - 86_400 * n)) for n in range(DAYS)]
    for start in range(0, SIGNALS, CHUNK):
        place = start // CHUNK
        day = days[0] if place % TODAY_EVERY == 0 else days[place % DAYS]
        yield "".join(_line(number, integration, day) for number in range(start, start + CHUNK))


def _line(number: int, integration: int, day: str) -> str:
    alert = number % ALERTS
    payload = {"summary": f"Host {alert} is down", "source": "storm", "severity": "critical", "n": number}
    raw = json.dumps({"event_action": "trigger", "dedup_key": f"host-{alert}", "payload": payload})
    words = [day, integration, _ALERTS + alert, "trigger", f"host-{alert}", "merged", "repeat", raw]
    return "\t".join(map(str, words)) + "\n"


def measure(empty: Bench, full: Bench) -> float:
    """Fill one, load both in turn, and say what came of it; the worst share of the empty one's rate."""
    for one in (empty, full):
        asyncio.run(one.open_keys())
        until(one.settled, SETTLE_S)
    took_s = fill(full.cluster.dsn())
    size = full.ask("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('detect_signal')")
    rows = full.ask("SELECT count(*) FROM detect_signal")
    print(f"{heading()}\n{rows:,} signals stored in {took_s:.0f} s, {size / 2**30:.1f} GiB", flush=True)
    for one in (empty, full):
        until(lambda one=one: one.settled() and one.rests(), SETTLE_S)  # type: ignore[misc]
    print(f"{CONNECTIONS} connections, {ROUNDS} slots of {SECONDS} s in turn\n{Load.HEAD}")
    shares = []
    for kind, name in _KINDS.items():
        found: dict[str, list[Load]] = {"empty": [], "full": []}
        both = [("empty", empty), ("full", full)]
        for number in range(ROUNDS):  # each is as often first as second
            for which, one in both if number % 2 else reversed(both):
                found[which].append(one.load(kind))
        rates = {which: statistics.mean(one.rate for one in slots) for which, slots in found.items()}
        for which, slots in found.items():
            print(Load.together(f"{name}, {which}", slots, ()))
        shares.append(rates["full"] / rates["empty"])
        print(f"{name}: {shares[-1]:.2f} of the empty one (target {TARGET})", flush=True)
    return min(shares)


def main() -> None:
    """Measure and print."""
    if shutil.which("wrk") is None:
        sys.exit("bench stored: needs wrk: install it (apt-get install wrk)")
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with SmtpServer() as smtp, ExitStack() as stack:
            benches = []
            for name in ("empty", "full"):
                house = House(folder / name, smtp, 1)
                stack.callback(house.up.stop)
                benches.append(Bench(house))
            measure(*benches)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
