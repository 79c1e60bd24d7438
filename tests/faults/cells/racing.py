"""How two are made to do something at once, in an order that is chosen."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from faults.cells.kill import Reader
from faults.cells.outcome import Outcome
from faults.rig.points import Points
from faults.rig.site import Plan, Site
from muster.foundation.failpoints import Action

SETTLED_S = 40.0
SEALERS_LOCK = 0x6D757374
"""By which sealers agree who leads."""
BLOCKED_S = 0.4
"""Whoever has not answered by then waits for a lock of the one that is held."""


class Races:
    """Runs races on one site, in which nothing else happens."""

    def __init__(self, site: Site, seed: int = 1) -> None:
        self.site = site
        self.seed = seed
        self.outcomes: list[Outcome] = []
        self.keys: dict[str, str] = {}
        self.key = ""

    def run(self, races: Mapping[str, Callable[["Races"], None]]) -> None:
        """Run these one after the other, and wait until all is settled."""
        reader = Reader(self.site)
        reader.start()
        for name, race in races.items():
            self.key = f"{name}/{self.seed}"
            self.keys[self.key] = name
            outcome = Outcome(name, self.seed)
            self.outcomes.append(outcome)
            try:
                race(self)
            except NeverThere as why:
                outcome.came_about = False
                outcome.violations.append(f"nobody came to {why}")
        self.site.settle(SETTLED_S)
        reader.stop()

    def trigger(self, service: str = "race", key: str = "") -> bool:
        """A new alert."""
        name = key or self.key
        return self.site.client.insist(
            lambda turn: self.site.client.trigger(self.site.keys[service], name, at=turn)
        )

    def alert(self, key: str = "") -> str:
        """The newest alert of this key."""
        rows = self.site.sql(
            "SELECT id FROM detect_alert WHERE dedup_key = %s ORDER BY id DESC LIMIT 1", key or self.key
        )
        return f"ALR-{rows[0][0]}"

    def told(self, person: str = "", seconds: float = 10.0) -> bool:
        """Whether somebody has been told of this key by now."""
        found = self.site.receipts.wait_for(
            lambda line: line["summary"] == self.key and person in ("", line["person"]), seconds
        )
        return found is not None

    def acknowledge(self) -> str:
        """A person takes this key's alert."""
        return self.site.client.acknowledge(self.alert(), self.key, at=1)

    @contextmanager
    def held(self, point: str, points: Points | None = None) -> Iterator["Held"]:
        """Whoever comes to this point stands there until the block has ended."""
        where = points or self.site.worker_points
        held = Held(where, where.arm(point, Action.HOLD), point)
        try:
            yield held
        finally:
            where.release(held.name)
            where.disarm(held.name)
            self.site.history.fault(f"hold {point}", self.key, held.since)

    @contextmanager
    def unsealed(self) -> Iterator[None]:
        """Nobody reacts to anything new until the block has ended: the sealers wait for their lock."""
        with psycopg.connect(self.site.owner_url) as holder:
            holder.execute("SELECT pg_advisory_xact_lock(%s)", [SEALERS_LOCK])
            yield

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """No worker does anything until the block has ended."""
        for worker in self.site.workers:
            worker.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for worker in self.site.workers:
                worker.signal(signal.SIGCONT)


class NeverThere(Exception):
    """Nobody came to the place at which the race is run."""


@dataclass
class Held:
    """Somebody is to stand at a point, or does."""

    points: Points
    name: str
    point: str
    since: float = field(default_factory=time.time)

    def wait(self) -> None:
        """Until somebody stands there."""
        if self.points.reached(self.name) is None:
            raise NeverThere(self.point)
        self.since = time.time()


def beside(work: Callable[[], object], wait_s: float = 30.0) -> threading.Thread:
    """Let somebody else do it; returns once they have, or after `wait_s` while they still wait."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(wait_s)
    return thread


COMPANY = """
schedules:
  - {handle: covered, team: payments, timezone: Europe/Madrid,
     layers: [{every: 1 week, start: "2020-01-06T09:00", people: [ana]}]}
policies:
  - {handle: race, steps: [{after: 0s, notify: [person:ana]}], then_after: 4h}
  - {handle: race-ladder, then_after: 4h,
     steps: [{after: 0s, notify: [person:dora]}, {after: 2s, notify: [person:ben]}]}
  - {handle: race-cover, then_after: 4h,
     steps: [{after: 0s, notify: [person:dora]}, {after: 2s, notify: [schedule:covered]}]}
  - {handle: race-gone1, steps: [{after: 0s, notify: [person:gone1]}], then_after: 4h}
  - {handle: race-gone2, steps: [{after: 0s, notify: [person:gone2]}], then_after: 4h}
  - {handle: edited, steps: [{after: 0s, notify: [person:ana]}], then_after: 4h}
services:
  - {handle: race, name: Race, team: payments, policy: race}
  - {handle: race-ladder, name: Race ladder, team: payments, policy: race-ladder}
  - {handle: race-cover, name: Race cover, team: payments, policy: race-cover}
  - {handle: race-gone1, name: Race gone 1, team: payments, policy: race-gone1}
  - {handle: race-gone2, name: Race gone 2, team: payments, policy: race-gone2}
  - {handle: race-edited, name: Race edited, team: payments, policy: edited}
integrations:
  - {handle: race, service: race, kind: pagerduty}
  - {handle: race-ladder, service: race-ladder, kind: pagerduty}
  - {handle: race-cover, service: race-cover, kind: pagerduty}
  - {handle: race-gone1, service: race-gone1, kind: pagerduty}
  - {handle: race-gone2, service: race-gone2, kind: pagerduty}
  - {handle: race-edited, service: race-edited, kind: pagerduty}
status_pages:
  - {slug: race-1, name: Acme, visibility: public, components: [{name: P, service: plain}]}
  - {slug: race-2, name: Acme, visibility: public, components: [{name: P, service: plain}]}
"""
PLAN = Plan(more=COMPANY)
"""How a site for these cells is made."""
