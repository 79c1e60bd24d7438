"""Stories of peers.csv in which processes die, stop, or speak at once: rows 1, 7a and 13b."""

import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx

from faults.cells.outcome import Outcome
from faults.rig.company import configuration
from faults.rig.program import MUSTER, answers
from faults.rig.site import Plan, Site
from faults.stories import Story
from faults.stories.paging import send

_MADRID = ZoneInfo("Europe/Madrid")
_SEEN_S = 45.0
_COMPANY = """
policies:
  - {handle: hours, then_after: 40h, steps: [{after: 0s, notify: [person:ana], in_hours: true}]}
services:
  - {handle: hours, name: Hours, team: payments, policy: hours}
integrations:
  - {handle: hours, service: hours, kind: pagerduty}
  - {handle: twins, service: plain, kind: alertmanager}
"""


def _wait_for_hours(site: Site) -> list[Outcome]:
    """1, grafana/oncall#1206: it waits for nine o'clock; at seven all workers die; at nine it pages."""
    [(now,)] = site.sql("SELECT now()")
    day = (now.astimezone(_MADRID) + timedelta(days=1)).date()
    while day.weekday() > 3:
        day += timedelta(days=1)
    _set(site, datetime(day.year, day.month, day.day, 6, tzinfo=_MADRID))
    send(site, "hours", "waits")
    site.settle(10)
    _set(site, datetime(day.year, day.month, day.day, 7, tzinfo=_MADRID))
    began = time.time()
    for worker in site.workers:
        worker.kill()
    site.history.fault("all workers killed", "waits", began)
    _set(site, datetime(day.year, day.month, day.day, 8, tzinfo=_MADRID))
    for worker in site.workers:
        worker.start()
    for worker in site.workers:
        worker.wait_ready()
    time.sleep(1.0)
    early = [line for line in site.receipts.lines if line["summary"] == "waits"]
    _set(site, datetime(day.year, day.month, day.day, 9, 0, 1, tzinfo=_MADRID))
    site.receipts.wait_for(lambda line: line["summary"] == "waits", 5)
    outcome = Outcome("peer-1")
    if early:
        outcome.violations.append("I7: paged before the hours began")
    site.history.write(op="by now", key="waits")
    site.settle(20)
    return [outcome]


def _set(site: Site, at: datetime) -> None:
    [(now,)] = site.sql("SELECT now()")
    site.advance(at.astimezone(UTC) - now)


def _no_worker(site: Site) -> list[Outcome]:
    """7a, healthchecks#363: only the web process runs. It says so, doctor too; the worker catches up."""
    worker = site.workers[0]
    worker.stop()
    began = time.time()
    site.history.write(op="outage", key="no worker", began=began)
    send(site, "plain", "waits for a worker")
    url = site.addresses[site.webs[0].name]
    until = time.monotonic() + _SEEN_S
    while not answers(f"{url}/readyz", expected=(503,)) and time.monotonic() < until:
        time.sleep(0.5)
    environment = site.environment() | {"MUSTER_DATABASE_URL": site.owner_url}
    doctor = subprocess.run([MUSTER, "doctor"], env=environment, capture_output=True, text=True, check=False)
    ready = httpx.get(f"{url}/readyz", timeout=5)
    if ready.status_code == 503 and "worker" in ready.text and "nobody is paged" in doctor.stdout:
        site.history.write(op="somebody knows", key="no worker", by="readyz and doctor")
    site.history.fault("no worker", "waits for a worker", began)
    worker.start()
    worker.wait_ready()
    site.receipts.wait_for(lambda line: line["summary"] == "waits for a worker", 10)
    site.history.write(op="by now", key="waits for a worker")
    site.settle(20)
    return [Outcome("peer-7a")]


def _twins(site: Site) -> list[Outcome]:
    """13b, alertmanager#2222: two Alertmanagers, apart from each other, say the same within a second."""
    for n in range(4):
        key = f"twin-{n}"
        site.history.write(op="once", key=key)
        speakers = [
            threading.Thread(
                target=site.client.alertmanager,
                args=(site.keys["twins"], key, f"http://am-{web}.example:9093"),
                kwargs={"at": web},
            )
            for web in range(2)
        ]
        for speaker in speakers:
            speaker.start()
        for speaker in speakers:
            speaker.join(30)
    site.settle(20)
    return [Outcome("peer-13b")]


WAITS = Story(Plan(more=_COMPANY, company=configuration, clock=True), _wait_for_hours, "waits for hours")
NO_WORKER = Story(Plan(workers=1, webs=1), _no_worker, "no worker")
TWINS = Story(Plan(more=_COMPANY, company=configuration), _twins, "twins")
