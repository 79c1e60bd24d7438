"""Ten thousand escalations due in the same second, with two workers: `make bench due`.

Ten thousand alerts of 200 services wait for working hours, which open at a full minute. How late does each
step start, by the commit of its transaction? Does any start twice, or not at all? Target: all within 5 s,
none twice.
"""

import concurrent.futures
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
from rig import another_worker, cluster_of, cpu_s, family, heading, histogram, percentile, until

from fakes.smtp import SmtpServer
from faults.crowd import House

ESCALATIONS = int(os.environ.get("BENCH_ESCALATIONS", "10000"))
PEOPLE = 200
SET_UP_S = float(os.environ.get("BENCH_SET_UP_S", "100"))
TARGET_S = 5.0
_CONFIGURATION = """version: 1
organisation: {{name: Acme, timezone: Etc/UTC, fallback: [person:p0], hours: {{days: [mon, tue, wed, thu, fri, sat, sun], from: "{opens:%H:%M}", to: "{closes:%H:%M}"}}}}
people:
{people}
policies:
{policies}
services:
{services}
integrations:
{integrations}
"""  # noqa: E501 - as people write it
_LATE = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - %(due)s), subject FROM timeline_event
    WHERE kind = 'escalation.step_started' AND at >= %(due)s
"""
_EVENTS = """
    SELECT kind, count(*) FROM timeline_event WHERE recorded_at >= %(due)s GROUP BY kind ORDER BY 2 DESC
"""
_TWICE = """
    SELECT count(*) FROM (SELECT 1 FROM timeline_event WHERE kind = 'escalation.step_started'
        GROUP BY subject, payload->>'round', payload->>'step' HAVING count(*) > 1) twice
"""
_EARLY = "SELECT count(*) FROM timeline_event WHERE kind = 'escalation.step_started' AND at < '{}'"


class Timed(House):
    """A house whose working hours open at one instant, and that notes when each transaction committed."""

    def __init__(self, folder: Path, smtp: SmtpServer) -> None:
        self.opens = _minute(datetime.now(UTC) + timedelta(seconds=SET_UP_S))
        super().__init__(folder, smtp, PEOPLE)

    def _configure(self, people: int) -> list[str]:
        with psycopg.connect(cluster_of(self.folder).dsn("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        self.up.stop()
        self.again()
        text = _CONFIGURATION.format(
            opens=self.opens,
            closes=self.opens + timedelta(hours=2),
            people=_lines("{{handle: p{n}, name: P{n}, email: p{n}@example.com, contacts: [{{kind: email, "
                          "address: p{n}@example.com}}]}}"),
            policies=_lines("{{handle: p{n}, steps: [{{after: 0s, in_hours: true, "
                            "notify: [person:p{n}]}}]}}"),
            services=_lines("{{handle: s{n}, name: S{n}, policy: p{n}}}"),
            integrations=_lines("{{handle: i{n}, service: s{n}, kind: pagerduty}}"),
        )  # fmt: skip
        applied = self.api("POST", "/configuration/apply", content=text)
        assert applied.status_code == 200, applied.text
        found = {one["handle"]: one["key"] for one in applied.json()["integrations"]}
        return [found[f"i{n}"] for n in range(people)]


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _lines(form: str) -> str:
    return "\n".join(f"  - {form.format(n=n)}" for n in range(PEOPLE))


def fire(house: House, number: int) -> None:
    """One alert more, for one of the services."""
    body = {
        "routing_key": house.keys[number % PEOPLE],
        "event_action": "trigger",
        "dedup_key": f"k{number}",
        "payload": {"summary": "Checkout answers 5xx", "source": "web-1", "severity": "critical"},
    }
    answer = _client.post(f"{house.up.url}/v2/enqueue", json=body)
    assert answer.status_code == 202, answer.text


_client = httpx.Client(timeout=30, limits=httpx.Limits(max_connections=32, max_keepalive_connections=32))


def _used(house: House, other: int) -> dict[str, float]:
    """Processor seconds by process, and of this one with the provider in it."""
    processes = house.up.children() | {"the other worker": other, "the provider": os.getpid()}
    return {name: cpu_s(family(pid) if "postgres" in name else [pid]) for name, pid in processes.items()}


def measure(house: Timed, other: int) -> None:
    """Fill, wait for the minute, and say what happened."""
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda n: fire(house, n), range(ESCALATIONS)))
    with psycopg.connect(cluster_of(house.folder).dsn(), autocommit=True) as connection:

        def count(sql: str) -> int:
            row = connection.execute(sql).fetchone()  # type: ignore[arg-type]
            return int(row[0]) if row else 0

        running = "SELECT count(*) FROM escalation_escalation WHERE state = 'running' AND due_at = '{}'"
        until(lambda: count(running.format(house.opens)) >= ESCALATIONS, 120)
        waiting, left = count(running.format(house.opens)), (house.opens - datetime.now(UTC)).total_seconds()
        print(f"{heading()}\n{waiting} escalations wait for {house.opens:%H:%M:%S}; {left:.0f} s are left")
        assert left > 3, "give more time: BENCH_SET_UP_S"
        time.sleep(max(0.0, (house.opens - datetime.now(UTC)).total_seconds()))
        before = _used(house, other)
        started = "SELECT count(*) FROM timeline_event WHERE kind = 'escalation.step_started'"
        until(lambda: count(started) >= ESCALATIONS, 60)
        used = {name: seconds - before[name] for name, seconds in _used(house, other).items()}
        rows = connection.execute(_LATE, {"due": house.opens}).fetchall()
        late = [float(seconds) for seconds, _ in rows]
        print(histogram(late, 0.5))
        early = count(_EARLY.format(house.opens))
        print(
            f"{len(late)} steps started, {count(_TWICE)} twice, {early} early; "
            f"p50 {percentile(late, 0.5):.2f} s, p99 {percentile(late, 0.99):.2f} s, "
            f"last {max(late):.2f} s (target: {TARGET_S:.0f} s)"
        )
        people = len(house.addressees())
        until(lambda: len(house.addressees()) >= PEOPLE, 30)
        print(f"{people} of {PEOPLE} people had a letter by then")
        told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in used.items())
        print(f"processor time until the last step: {told}")
        events = connection.execute(_EVENTS, {"due": house.opens}).fetchall()
        print("events since: " + ", ".join(f"{kind} {number}" for kind, number in events))
        repairs = count("SELECT count(*) FROM watch_finding")
        print(f"findings of the auditor: {repairs}")


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with SmtpServer() as smtp:
            house = Timed(folder / "d", smtp)
            try:
                with another_worker(house.up.url, house.folder, MUSTER_EMAIL_URL=smtp.url) as other:
                    measure(house, other.pid)
            finally:
                house.up.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
