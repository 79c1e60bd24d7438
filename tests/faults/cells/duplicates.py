"""U: producers send again what was taken already, in every way in which they do (I3, I4)."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from faults.cells.outcome import Outcome
from faults.rig.company import configuration
from faults.rig.site import Plan, Site

AT_ONCE = 100
PLAN = Plan(clock=True, company=configuration)


class Repeats:
    """Runs the cells; `webs` says over how many web processes the repeats are spread."""

    def __init__(self, site: Site, seed: int = 1) -> None:
        self.site = site
        self.seed = seed
        self.outcomes: list[Outcome] = []
        self.keys: dict[str, str] = {}

    def run(self, names: list[str]) -> None:
        """Run these, and wait until all is settled."""
        for name in names:
            key = f"{name}/{self.seed}"
            self.keys[key] = name
            self.outcomes.append(Outcome(name, self.seed))
            kind, webs = name.rsplit("-", 1)
            CELLS[kind](self, key, int(webs))
        self.site.settle()

    def send(self, key: str, at: int) -> None:
        """Once, and again until it is taken."""
        client = self.site.client
        client.insist(lambda turn: client.trigger(self.site.keys["plain"], key, at=at))

    def rang(self, key: str) -> None:
        """Wait until somebody was told."""
        self.site.receipts.wait_for(lambda line: line["summary"] == key, 15)


def same_key(cell: Repeats, key: str, webs: int) -> None:
    """The same key, one after the other."""
    for n in range(6):
        cell.send(key, n % webs)


def same_body(cell: Repeats, key: str, webs: int) -> None:
    """The same body without a key: PagerDuty would make up another each time."""
    for n in range(6):
        cell.site.client.nameless(cell.site.keys["plain"], key, at=n % webs)


def at_once(cell: Repeats, key: str, webs: int) -> None:
    """A hundred at once (M03)."""
    threads = [threading.Thread(target=cell.send, args=(key, n % webs)) for n in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def after_an_hour(cell: Repeats, key: str, webs: int) -> None:
    """Once more an hour later."""
    cell.send(key, 0)
    cell.rang(key)
    cell.site.settle(10)  # no lease runs out by the jump
    cell.site.advance(timedelta(hours=1))
    cell.send(key, webs - 1)


def across_a_restart(cell: Repeats, key: str, webs: int) -> None:
    """PostgreSQL and the web process that took it first die in between."""
    cell.send(key, 0)
    began = time.time()
    cell.site.kill_database()
    cell.site.webs[0].kill()
    cell.site.start_database()
    cell.site.history.fault("PostgreSQL and web killed", key, began)
    cell.site.webs[0].start()
    cell.site.webs[0].wait_ready()
    cell.send(key, webs - 1)


CELLS: dict[str, Callable[[Repeats, str, int], None]] = {
    "U-same-key": same_key,
    "U-same-body": same_body,
    "U-at-once": at_once,
    "U-after-1h": after_an_hour,
    "U-restart": across_a_restart,
}
NAMES = [f"{kind}-{webs}" for kind in CELLS for webs in (1, 2)]
