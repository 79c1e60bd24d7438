"""Whether 100,000 waiting escalations slow a fresh page: `make bench waiting`.

Alerts, ten a second, each for another person; from the sender's 202 to the whole letter at the SMTP server.
Once with an empty table, once beside 100,000 open alerts whose escalations wait for their next step. Target:
the 99th percentile is at most 1.2 times that of the empty table.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

import httpx
from page import TimedSmtp
from rig import cluster_of, heading, percentile, told, until

import crowded
from faults.crowd import House

WAITING = int(os.environ.get("BENCH_WAITING", "100000"))
EACH = int(os.environ.get("BENCH_EACH", "300"))
A_SECOND, WARM, TARGET = 10, 20, 1.2


def waits(house: House, smtp: TimedSmtp, web: httpx.Client, people: range) -> list[float]:
    """Milliseconds from each acceptance to the letter; one alert for each of these people."""
    accepted: dict[int, float] = {}
    began = time.monotonic()
    for place, person in enumerate(people):
        time.sleep(max(0.0, began + place / A_SECOND - time.monotonic()))
        body = {"routing_key": house.keys[person], "event_action": "trigger", "dedup_key": f"w{person}"}
        payload = {"summary": "Checkout answers 5xx", "source": "web-1", "severity": "critical"}
        answer = web.post("/v2/enqueue", json=body | {"payload": payload})
        assert answer.status_code == 202, answer.text
        accepted[person] = time.monotonic()
    until(lambda: all(smtp.came.get(f"p{person}@example.com") for person in people), 60)
    return [(smtp.came[f"p{person}@example.com"][0] - at) * 1000 for person, at in accepted.items()]


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with TimedSmtp() as smtp:
            house = House(folder / "d", smtp, 2 * (EACH + WARM))
            try:
                web = httpx.Client(base_url=house.up.url, timeout=30)
                waits(house, smtp, web, range(WARM))
                empty = waits(house, smtp, web, range(WARM, WARM + EACH))
                dsn = cluster_of(house.folder).dsn()
                crowded.fill(dsn, WAITING, unresolved=WAITING, waiting=WAITING)
                waits(house, smtp, web, range(WARM + EACH, 2 * WARM + EACH))
                full = waits(house, smtp, web, range(2 * WARM + EACH, 2 * (WARM + EACH)))
            finally:
                house.up.stop()
        print(f"{heading()}\nan empty table:        {told(empty)}\n{WAITING:,} waiting: {told(full)}")
        ratio = percentile(full, 0.99) / percentile(empty, 0.99)
        halves = percentile(full, 0.5) / percentile(empty, 0.5)
        print(f"ratio of p99 {ratio:.2f} (target: {TARGET}), of p50 {halves:.2f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
