"""A storm of 100,000 signals to one team, and another team's pages: `make bench storm`.

100,000 PagerDuty events in 60 s, of 1,000 keys, for a team of three; beside them, every two seconds, an alert
of another team, whose provider notes when its page comes. Targets: that takes 2 s at most for 99 of 100 and
10 s at the worst, and the stormed people get bundles: at most one letter a minute each.
"""

import asyncio
import json
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg
from arrivals import Arrivals, NotingReceiver, NotingSmtp, Paged, gathered, person
from rig import KEPT, cluster_of, heading, percentile, print_account, told, until

SIGNALS = int(os.environ.get("BENCH_SIGNALS", "100000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
KEYS, CONNECTIONS, PROBE_EVERY_S = 1000, 32, 2.0
AFTER_S = 60.0
"""Probes go on for so long after the storm, while what it left behind is worked through."""
_STORMED = """
teams: {handle: storm, name: Storm, members: [s0, s1, s2]}
policies: {handle: storm, steps: [{after: 0s, notify: [team:storm]}, {after: 15m, notify: [person:s0]}]}
services: {handle: storm, name: Storm, team: storm, policy: storm}
integrations: {handle: storm, service: storm, kind: pagerduty}
"""
_OPEN = "SELECT count(*) FROM detect_alert WHERE state = 'triggered' AND dedup_key LIKE 'host-%'"


class Storm:
    """Sends events over a few connections, at a steady pace; those refused are sent again."""

    def __init__(self, house: Paged) -> None:
        self._port = int(house.up.url.rpartition(":")[2])
        self._key = house.keys["storm"]
        self.answers: Counter[int] = Counter()
        self.took: list[float] = []
        self.seconds = 0.0

    def run(self) -> None:
        """Send them all."""
        began = time.monotonic()
        asyncio.run(self._all(began))
        self.seconds = time.monotonic() - began

    async def _all(self, began: float) -> None:
        numbers = iter(range(SIGNALS))
        await asyncio.gather(*(self._one(numbers, began) for _ in range(CONNECTIONS)))

    async def _one(self, numbers, began: float) -> None:  # type: ignore[no-untyped-def]
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for number in numbers:
            await asyncio.sleep(max(0.0, began + number * SECONDS / SIGNALS - time.monotonic()))
            status = 0
            while status != 202:
                sent = time.monotonic()
                writer.write(self._event(number))
                status = await _status(reader)
                self.answers[status] += 1
                self.took.append(time.monotonic() - sent)
                if status != 202:
                    await asyncio.sleep(0.2)
        writer.close()

    def _event(self, number: int) -> bytes:
        payload = {"summary": f"Host {number % KEYS} is down", "source": "storm", "severity": "critical"}
        body = json.dumps(
            {
                "routing_key": self._key,
                "event_action": "trigger",
                "dedup_key": f"host-{number % KEYS}",
                "payload": payload | {"custom_details": {"n": number}},
            }
        ).encode()
        head = f"POST /v2/enqueue HTTP/1.1\r\nHost: m\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return int(head[9:12])


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    letters, probes = Arrivals(), Arrivals()
    try:
        with NotingSmtp(letters) as smtp, NotingReceiver(probes) as hook:
            lines = [person(f"s{n}", f"kind: email, address: s{n}@example.com") for n in range(3)]
            probe = person("probe", f'kind: webhook, url: "{hook.url}"')
            house = Paged(folder / "d", smtp, gathered([*lines, _STORMED.lstrip(), probe], "s0"))
            try:
                measure(house, smtp, probes)
            finally:
                house.up.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(house: Paged, smtp: NotingSmtp, probes: Arrivals) -> None:
    """Storm, probe, and say what happened."""
    storm = Storm(house)
    storming = threading.Thread(target=storm.run)
    during: list[int] = []
    afterwards: list[int] = []
    storming.start()
    began = time.monotonic()
    place = 0
    while storming.is_alive() or time.monotonic() < began + SECONDS + AFTER_S:
        (during if storming.is_alive() else afterwards).append(house.fire("probe"))
        place += 1
        time.sleep(max(0.0, began + place * PROBE_EVERY_S - time.monotonic()))
    waited, late = house.waits(during, probes), house.waits(afterwards, probes)
    print(
        f"{heading()}\n{sum(storm.answers.values())} requests in {storm.seconds:.0f} s: {dict(storm.answers)}"
    )
    print(f"answered in {told([took * 1000 for took in storm.took])}")
    print(f"probe in the storm: {told(waited)} (targets: p99 2,000, worst 10,000)")
    print(f"probe afterwards:   {told(late)}")
    both = waited + late
    print(f"probe, all:         {told(both)}; p99 {percentile(both, 0.99):.0f} ms")
    _tell_team(house, smtp, began)


def _tell_team(house: Paged, smtp: NotingSmtp, began: float) -> None:
    minutes = (time.monotonic() - began) / 60
    got = Counter(mail.recipients[0] for mail in list(smtp.mails))
    told_people = ", ".join(f"{who.partition('@')[0]} {number}" for who, number in sorted(got.items()))
    with psycopg.connect(cluster_of(house.folder).dsn(), autocommit=True) as connection:

        def count(sql: str) -> int:
            row = connection.execute(sql).fetchone()  # type: ignore[arg-type]
            return int(row[0]) if row else 0

        until(lambda: count("SELECT count(*) FROM timeline_outbox") == 0, 120)
        pages = count("SELECT count(*) FROM paging_page")
        alerts, kept = count(_OPEN), count(KEPT)
        print(f"{alerts} alerts, {pages} pages, {kept} signals accounted for")
        print(f"letters in {minutes:.1f} minutes (bundled): {told_people}")
        findings = count("SELECT count(*) FROM watch_finding")
        print(f"findings of the auditor: {findings}")
    print_account(cluster_of(house.folder).dsn())


if __name__ == "__main__":
    main()
