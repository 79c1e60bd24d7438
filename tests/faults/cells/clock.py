"""C: the database's clock is set and drifts, the application's machines have others; what is promised holds.

PostgreSQL's `now()` is one that we can move (reliability 5); the other processes get theirs from faketime.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from faults.cells.outcome import Outcome
from faults.rig.client import OK
from faults.rig.company import configuration
from faults.rig.faketime import FAKETIME, at_another_time
from faults.rig.program import Program
from faults.rig.site import Plan, Site
from faults.stories.paging import slowly
from muster.foundation.failpoints import Action

_TOLD_S = 12.0
_DRIFTED_S = 12.0
COMPANY = """
policies:
  - {handle: forward, then_after: 40h,
     steps: [{after: 0s, notify: [person:dora]}, {after: 30m, notify: [person:ben]},
             {after: 40h, notify: [person:ana]}]}
  - {handle: back, then_after: 40h,
     steps: [{after: 0s, notify: [person:dora]}, {after: 4s, notify: [person:ben]}]}
  - {handle: slow, steps: [{after: 0s, notify: [person:far2]}], then_after: 40h}
services:
  - {handle: forward, name: Forward, team: payments, policy: forward}
  - {handle: back, name: Back, team: payments, policy: back}
  - {handle: slow, name: Slow, team: payments, policy: slow}
integrations:
  - {handle: forward, service: forward, kind: pagerduty}
  - {handle: back, service: back, kind: pagerduty}
  - {handle: slow, service: slow, kind: pagerduty}
"""
PLAN = Plan(more=COMPANY, company=configuration, clock=True)


class Clocks:
    """Runs the cells on one site, one after the other."""

    def __init__(self, site: Site, seed: int = 1) -> None:
        self.site = site
        self.seed = seed
        self.outcomes: list[Outcome] = []
        self.keys: dict[str, str] = {}
        self.key = ""

    def run(self, names: list[str]) -> None:
        """Run these."""
        time.sleep(2.0)  # the workers have read the clock once
        for name in names:
            self.key = f"{name}/{self.seed}"
            self.keys[self.key] = name
            self.outcomes.append(Outcome(name, self.seed))
            CELLS[name](self)
        self.site.settle(60)

    def trigger(self, service: str) -> None:
        """This cell's alert."""
        client = self.site.client
        client.insist(lambda turn: client.trigger(self.site.keys[service], self.key, at=turn))

    def told(self, person: str, seconds: float = _TOLD_S) -> bool:
        """Wait until this person was told of it."""
        found = self.site.receipts.wait_for(
            lambda line: line["summary"] == self.key and line["person"] == person, seconds
        )
        return found is not None

    def answer(self) -> None:
        """Somebody takes it: nothing further is to follow."""
        [(number,)] = self.site.sql("SELECT id FROM detect_alert WHERE dedup_key = %s", self.key)
        client = self.site.client
        client.insist(lambda turn: client.acknowledge(f"ALR-{number}", self.key, at=turn))

    def step(self, by: timedelta) -> None:
        """Set the database's clock."""
        seconds = by.total_seconds()
        began = time.time()
        self.site.advance(by, self.key, watched=True)
        self.site.history.fault(f"the database's clock set by {seconds:.0f} s", self.key, began)


def _forward(cell: Clocks, by: timedelta) -> None:
    """One overdue step starts, not the whole ladder."""
    cell.trigger("forward")
    cell.told("dora")
    cell.site.settle(5)
    cell.step(by)
    cell.told("ben")
    time.sleep(3.0)
    cell.answer()
    cell.site.client.expect(cell.key, "ben", "dora")


def _back(cell: Clocks, by: timedelta) -> None:
    """What waits does not wait for the clock to come round again, and nothing starts twice."""
    cell.trigger("back")
    cell.told("dora")
    cell.step(-by)
    cell.told("ben", 20.0)
    cell.answer()
    cell.site.client.expect(cell.key, "ben", "dora")


def _drift(cell: Clocks, by: float) -> None:
    """A clock that goes wrong by a twentieth is no jump."""
    [(before,)] = cell.site.sql("SELECT count(*) FROM watch_clockjump")
    with cell.site.drifting(by):
        cell.trigger("back")
        cell.told("ben")
        time.sleep(_DRIFTED_S)
        cell.answer()
    [(after,)] = cell.site.sql("SELECT count(*) FROM watch_clockjump")
    if after != before:
        cell.outcomes[-1].violations.append("I11: a drift was taken for a jump")
    cell.site.client.expect(cell.key, "ben", "dora")


def _machines(cell: Clocks, by: str) -> None:
    """The clocks of the machines do not matter: a held lease holds, a dead holder's does not (M12)."""
    if FAKETIME is None:
        cell.outcomes[-1].came_about = False
        return
    cell.site.phones.answers["far2"] = slowly(4)
    with others(cell.site, by) as workers:
        cell.trigger("slow")
        cell.told("far2")
        began = time.time()
        held = cell.site.sql("SELECT 1 FROM paging_delivery WHERE state = 'sending'")
        time.sleep(1.0)
        if held:
            workers[0].kill()
            workers[1].kill()
            cell.site.history.fault("both workers killed", cell.key, began)
            for worker in workers:
                worker.start()
        time.sleep(4.0)
        cell.site.settle(50)
    cell.site.phones.answers.clear()


@contextmanager
def others(site: Site, by: str) -> Iterator[list[Program]]:
    """In place of the site's workers two on machines with another clock."""
    usual = list(site.workers)
    for worker in usual:
        worker.stop()
        site.workers.remove(worker)
    made = [site.add_worker(**at_another_time(by)) for _ in range(2)]
    for worker in made:
        worker.wait_ready()
    yield made
    for worker in made:
        worker.stop()
        site.workers.remove(worker)
    for worker in usual:
        site.workers.append(worker)
        worker.start()
    for worker in usual:
        worker.wait_ready()


def _during_a_lease(cell: Clocks, by: timedelta) -> None:
    """The clock is set while a message is held and not sent."""
    armed = cell.site.worker_points.arm("N2", Action.HOLD)
    cell.trigger("slow")
    if cell.site.worker_points.reached(armed) is None:
        cell.outcomes[-1].came_about = False
    cell.step(by)
    time.sleep(2.0)
    cell.site.worker_points.release(armed)
    cell.told("far2")
    cell.site.settle(40)


def _during_a_signature(cell: Clocks, by: str) -> None:
    """A signed link, opened at a web process whose machine has another clock."""
    if FAKETIME is None:
        cell.outcomes[-1].came_about = False
        return
    cell.trigger("forward")
    cell.told("dora")
    [link] = [line["link"] for line in cell.site.receipts.lines if line["summary"] == cell.key]
    web = cell.site.add_web(**at_another_time(by))
    web.wait_ready()
    place = cell.site.webs.index(web)
    path = f"{urlsplit(link).path}/acknowledge"
    if cell.site.client.by_link(path, cell.key, at=place) != OK:
        cell.outcomes[-1].violations.append("I21: a good link was refused")
    cell.site.webs.remove(web)
    web.stop()
    time.sleep(1.0)
    cell.site.client.expect(cell.key, "dora")


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_ODD = timedelta(minutes=90)
CELLS: dict[str, Callable[[Clocks], None]] = {
    "C-db+1h": lambda cell: _forward(cell, _HOUR),
    "C-db-1h": lambda cell: _back(cell, _HOUR),
    "C-db+1d": lambda cell: _forward(cell, _DAY),
    "C-db-1d": lambda cell: _back(cell, _DAY),
    "C-db-drift+5%": lambda cell: _drift(cell, 0.05),
    "C-db-drift-5%": lambda cell: _drift(cell, -0.05),
    "C-app+1h": lambda cell: _machines(cell, "+1h"),
    "C-app-1h": lambda cell: _machines(cell, "-1h"),
    "C-lease+90m": lambda cell: _during_a_lease(cell, _ODD),
    "C-lease-90m": lambda cell: _during_a_lease(cell, -_ODD),
    "C-link+1h": lambda cell: _during_a_signature(cell, "+1h"),
    "C-link-1h": lambda cell: _during_a_signature(cell, "-1h"),
}
