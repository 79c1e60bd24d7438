"""Stories of pages: nobody at first, another clock, a backlog, a provider that hangs, one that fails."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fakes.webhook import Answer, Request, hang, status
from faults.cells.outcome import Outcome
from faults.rig.company import PEOPLE, configuration
from faults.rig.faketime import at_another_time
from faults.rig.site import Plan, Site
from faults.stories import Story

BACKLOG, RESOLVED = 400, 40
HUNG, CALM, PROBES = 40, 3, 12
_STORY = """
schedules:
  - {handle: nobody, team: payments, timezone: Europe/Madrid,
     layers: [{every: 1 week, start: "2098-01-06T09:00", people: [ana]}]}
policies:
  - {handle: nobody-first, then_after: 4h,
     steps: [{after: 0s, notify: [schedule:nobody]}, {after: 15m, notify: [person:ana]}]}
  - {handle: slow, steps: [{after: 0s, notify: [person:far2]}], then_after: 4h}
  - {handle: probe, steps: [{after: 0s, notify: [person:ana]}], then_after: 4h}
services:
  - {handle: nobody-first, name: Nobody first, team: payments, policy: nobody-first}
  - {handle: slow, name: Slow, team: payments, policy: slow}
  - {handle: probe, name: Probe, team: payments, policy: probe}
integrations:
  - {handle: nobody-first, service: nobody-first, kind: pagerduty}
  - {handle: slow, service: slow, kind: pagerduty}
  - {handle: probe, service: probe, kind: pagerduty}
"""
_BY_MAIL = {
    "people": "{{handle: mail{n}, name: Mia {n}, email: mail{n}@example.com, role: responder,\n"
    "     timezone: Europe/Madrid, contacts: [{{kind: email, address: mail{n}@example.com}}],\n"
    "     rules: {{high: [{{after: 0s, use: email}}]}}}}",
    "policies": "{{handle: mail{n}, steps: [{{after: 0s, notify: [person:mail{n}]}}], then_after: 4h}}",
    "services": "{{handle: mail{n}, name: Mail {n}, team: payments, policy: mail{n}}}",
    "integrations": "{{handle: mail{n}, service: mail{n}, kind: pagerduty}}",
}
"""Somebody for each probe: what one person is mailed within a minute is bundled."""


def _by_mail(count: int) -> str:
    return "".join(
        f"{section}:\n" + "".join(f"  - {line.format(n=n)}\n" for n in range(count))
        for section, line in _BY_MAIL.items()
    )


PLAN = Plan(more=_STORY, company=configuration, people=tuple(PEOPLE))


def send(site: Site, integration: str, key: str) -> None:
    """An alert, and again until it is taken."""
    site.client.insist(lambda turn: site.client.trigger(site.keys[integration], key, at=turn))


def many(site: Site, integration: str, keys: list[str]) -> None:
    """Many of them, eight at a time."""
    waiting = iter(keys)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                key = next(waiting, None)
            if key is None:
                return
            send(site, integration, key)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def _nobody_first(site: Site) -> list[Outcome]:
    """The first step finds nobody; the second, a quarter of an hour later, somebody: they are told now."""
    send(site, "nobody-first", "nobody-first")
    site.receipts.wait_for(lambda line: line["summary"] == "nobody-first", 5)
    site.settle(20)
    return [Outcome("nobody-first")]


def slowly(seconds: float) -> Answer:
    """Answer well, after a while."""
    well = status(200)

    def answer(connection: object, request: Request) -> None:
        time.sleep(seconds)
        well(connection, request)  # type: ignore[arg-type]

    return answer


def _clock_ahead(site: Site) -> list[Outcome]:
    """Both workers' machines are an hour ahead of the database, and the provider takes its time."""
    site.phones.answers["far2"] = slowly(5)
    for n in range(3):
        send(site, "slow", f"ahead-{n}")
    time.sleep(8)
    site.settle(30)
    return [Outcome("clock-ahead")]


def _backlog(site: Site) -> list[Outcome]:
    """Nobody paged for a while, and a lot has come in; some of it is over. A fresh alert is told first."""
    site.phones.answers["far2"] = slowly(1)
    with no_worker(site):
        many(site, "slow", [f"old-{n}" for n in range(BACKLOG)])
        for n in range(RESOLVED):
            site.client.resolve(site.keys["slow"], f"old-{n}")
    _wait(site, "SELECT count(*) > 300 FROM paging_delivery")
    site.history.write(op="fresh", key="fresh")
    send(site, "probe", "fresh")
    site.receipts.wait_for(lambda line: line["summary"] == "fresh", 40)
    site.settle(90)
    return [Outcome("backlog")]


@contextmanager
def no_worker(site: Site) -> Iterator[None]:
    """All workers are stopped, and started again in the end."""
    began = time.time()
    for worker in site.workers:
        worker.stop()
    yield
    for worker in site.workers:
        worker.start()
    for worker in site.workers:
        worker.wait_ready()
    site.history.fault("no worker", "", began)


def _wait(site: Site, question: str, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while site.sql(question) != [(True,)] and time.monotonic() < until:
        time.sleep(0.1)


def _hanging(site: Site) -> list[Outcome]:
    """One person's provider hangs while many pages go there; another channel's pages go as before."""
    site.apply("version: 1\n" + _by_mail(CALM + PROBES))
    for n in range(CALM):
        _bystander(site, n, f"calm-{n}", None)
    usual = max(_delay(site, f"calm-{n}") for n in range(CALM))
    site.phones.answers["far2"] = hang()
    began = time.time()
    many(site, "slow", [f"hung-{n}" for n in range(HUNG)])
    for n in range(PROBES):
        _bystander(site, CALM + n, f"bystander-{n}", usual)
        time.sleep(1)
    site.history.fault("a provider hangs", "", began)
    site.phones.answers.clear()
    site.settle(60)
    return [Outcome("hanging-provider")]


def _bystander(site: Site, person: int, key: str, usual: float | None) -> None:
    if usual is not None:
        site.history.write(op="bystander", key=key, usual=usual)
    send(site, f"mail{person}", key)
    site.receipts.wait_for(lambda line: line["summary"] == key, 12)


def _delay(site: Site, key: str) -> float:
    asked = next(
        line["at"] for line in site.history.lines if line["key"] == key and line.get("phase") == "ok"
    )
    came = next((line["at"] for line in site.receipts.lines if line["summary"] == key), asked + 60)
    return max(0.0, came - asked)


def _all_fail(site: Site) -> list[Outcome]:
    """Every provider refuses everything: what the product says of it is said once, not of itself again."""
    began = time.time()
    for person in PEOPLE:
        site.phones.answers[person] = status(401)
    for n in range(3):
        key = f"refused-{n}"
        site.history.write(op="pages nobody", key=key)
        send(site, "plain", key)
    time.sleep(12)
    site.history.fault("all providers refuse", "", began)
    site.settle(20)
    return [Outcome("all-providers-fail")]


NOBODY_FIRST = Story(PLAN, _nobody_first, "nobody first")
BACKLOGGED = Story(Plan(more=_STORY, workers=1), _backlog, "backlog")
HANGING = Story(PLAN, _hanging, "a provider hangs")
ALL_FAIL = Story(PLAN, _all_fail, "all providers fail")


def clock_ahead() -> Story:
    """The application's machines are an hour ahead; needs Debian's faketime."""
    return Story(Plan(more=_STORY, environment=at_another_time("+1h")), _clock_ahead, "clock ahead")
