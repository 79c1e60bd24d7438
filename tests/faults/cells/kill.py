"""K: at each of the 24 points each of the eight faults, on one running site."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faults.cells.outcome import Outcome
from faults.rig.company import configuration
from faults.rig.points import Points, Reached
from faults.rig.program import Program
from faults.rig.site import Plan, Site
from muster.foundation.failpoints import POINTS, Action

FAULTS = ("X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8")
"""Kill -9 of the worker, of web, of all of PostgreSQL; the session ended; connections reset; the same
frozen for 30 s; the process frozen for longer than a lease; kill -9 of everything."""
FROZEN_S = 30.0
ZOMBIE_S = 34.0
ZOMBIES_AT_ONCE = 5
NOTIFY_ROADS = {"N2": "far2", "N3": "far3", "N4": "far4"}
REACHED_S = 6.0
PAGES_S = 30.0
ATTEMPTS = 3
PAGES = {(point, fault): f"page-{point}-{fault}".lower() for point in ("S1", "S2") for fault in FAULTS}
"""A status page for each cell that needs one: whoever dies leaves its page under a lease of a minute."""


@dataclass(frozen=True)
class Cell:
    """A point and a fault."""

    point: str
    fault: str

    @property
    def name(self) -> str:
        """As the report tells it."""
        return f"K-{self.point}-{self.fault}"

    @property
    def in_web(self) -> bool:
        """Whether the point lies in a web process."""
        return self.point[0] in "FA"


CELLS = tuple(Cell(point, fault) for fault in FAULTS for point in POINTS)


class Matrix:
    """Runs cells one after the other; what takes long (leases, zombies) goes on meanwhile."""

    def __init__(self, site: Site, seed: int = 1) -> None:
        self.site = site
        self.outcomes: list[Outcome] = []
        self.keys: dict[str, str] = {}
        self._random = random.Random(seed)
        self._seed = seed
        self._running: list[threading.Thread] = []
        self._zombies = threading.Semaphore(ZOMBIES_AT_ONCE)
        self._reader = Reader(site)

    def run(self, cells: Iterable[Cell]) -> None:
        """Run them, wait until all is settled, and note what did not settle."""
        self._reader.start()
        self._wait_for_pages()
        for cell in cells:
            self._run(cell)
        for thread in self._running:
            thread.join(120)
        self.site.settle()
        self._reader.stop()

    def _wait_for_pages(self) -> None:
        """Until every page is live: whoever dies while publishing one leaves it under a lease."""
        unwritten = "SELECT 1 FROM statuspage_publication WHERE live < wanted OR lease_until IS NOT NULL"
        until = time.monotonic() + PAGES_S
        while self.site.sql(unwritten):
            assert time.monotonic() < until, "the status pages were never published"
            time.sleep(0.1)

    def _run(self, cell: Cell) -> None:
        outcome = Outcome(cell.name, self._seed)
        self.outcomes.append(outcome)
        for attempt in range(1, ATTEMPTS + 1):
            key = f"{cell.name}/{self._seed}.{attempt}"
            self.keys[key] = cell.name
            if self._try(cell, key, outcome):
                return
        outcome.came_about = False

    def _try(self, cell: Cell, key: str, outcome: Outcome) -> bool:
        """Whether the fault came about: a zombie that woke just now may be faster than whoever is armed."""
        act = self._prepared(cell, key)
        points = self.site.web_points if cell.in_web else self.site.worker_points
        armed = points.arm(cell.point, _action(cell))
        self._in_background(act)
        reached = points.reached(armed, REACHED_S)
        if reached is None:
            points.disarm(armed)
            return False
        began = time.time()
        Deed(self, cell, key, points, armed, reached).do()
        outcome.recovery_s = time.time() - began
        return True

    def _prepared(self, cell: Cell, key: str) -> Callable[[], object]:
        """What makes somebody come to the point; what has to be there before is done at once."""
        site, at = self.site, self._random.randrange(2)
        if cell.point.startswith("S"):
            return lambda: self._publish(PAGES[cell.point, cell.fault], key, at)
        service = "ladder" if cell.point[0] in "EA" else "plain"
        if cell.fault in ("X5", "X6"):
            service = NOTIFY_ROADS.get(cell.point, service)

        def trigger() -> bool:
            return site.client.insist(lambda turn: site.client.trigger(site.keys[service], key, at=at + turn))

        if service != "ladder":
            return trigger
        trigger()
        site.receipts.wait_for(lambda line: line["summary"] == key, 15)
        if cell.point.startswith("E"):
            return lambda: None
        [(number,)] = site.sql("SELECT id FROM detect_alert WHERE dedup_key = %s", key)
        return lambda: site.client.insist(
            lambda turn: site.client.acknowledge(f"ALR-{number}", key, at=at + turn)
        )

    def _publish(self, page: str, key: str, at: int) -> None:
        post = {"text": f"[{key}]", "title": key}
        self.site.published.add(key)
        self.site.client.insist(lambda turn: self.site.client.publish(page, key, post, at=at + turn))

    def _in_background(self, work: Callable[[], object]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._running.append(thread)
        thread.start()

    def later(self, seconds: float, program: Program, undo: Callable[[], None]) -> None:
        """Another takes its place; after a while undo it, let it do its late work, and end it."""
        self._zombies.acquire()

        def work() -> None:
            time.sleep(seconds)
            undo()
            time.sleep(2.5)
            program.stop()
            self._zombies.release()

        self.site.replace(program).wait_ready()
        self._in_background(work)


def _action(cell: Cell) -> Action:
    if (cell.fault == "X1" and not cell.in_web) or (cell.fault == "X2" and cell.in_web):
        return Action.KILL
    return Action.STOP if cell.fault == "X7" else Action.HOLD


@dataclass
class Deed:
    """One fault, done to whoever stands at the point."""

    matrix: Matrix
    cell: Cell
    key: str
    points: Points
    armed: str
    reached: Reached

    def do(self) -> None:
        """Do it, let them go on, and mend what a supervisor would mend."""
        began = time.time()
        getattr(self, f"_{self.cell.fault.lower()}")(began)

    def _tell(self, began: float, ended: float | None = None) -> None:
        self.site.history.fault(self.cell.fault, self.key, began, ended)
        if _action(self.cell) is Action.HOLD:
            self.site.history.fault(f"hold {self.cell.point}", self.key, began)

    @property
    def site(self) -> Site:
        """Where it is done."""
        return self.matrix.site

    @property
    def victim(self) -> Program:
        """Who stands at the point."""
        return self.site.owner_of(self.reached.pid)

    def _kill(self, programs: Sequence[Program], began: float) -> None:
        """Kill them (one may have killed itself) and start them again."""
        for program in programs:
            program.kill()
        self.points.release(self.armed)
        self._tell(began)
        for program in programs:
            program.start()
        for program in programs:
            program.wait_ready()

    def _x1(self, began: float) -> None:
        self._kill([self.site.dead(self.site.workers) or self.site.workers[0]], began)

    def _x2(self, began: float) -> None:
        self._kill([self.site.dead(self.site.webs) or self.site.webs[0]], began)

    def _x3(self, began: float) -> None:
        self.site.kill_database()
        self.points.release(self.armed)
        self.site.start_database()
        self._tell(began)

    def _x4(self, began: float) -> None:
        self.site.end_sessions(self.reached.backend)
        self.points.release(self.armed)
        self._tell(began)

    def _x5(self, began: float) -> None:
        self.site.proxies[self.victim.name].cut()
        if self.cell.point in NOTIFY_ROADS:
            self.site.roads[NOTIFY_ROADS[self.cell.point]].cut()
        self.points.release(self.armed)
        self._tell(began)

    def _x6(self, began: float) -> None:
        frozen = [self.site.proxies[self.victim.name]]
        if self.cell.point in NOTIFY_ROADS:
            frozen.append(self.site.roads[NOTIFY_ROADS[self.cell.point]])
        for proxy in frozen:
            proxy.freeze()
        self.points.release(self.armed)
        self._tell(began, began + FROZEN_S)

        def thaw() -> None:
            for proxy in frozen:
                proxy.thaw()

        self.matrix.later(FROZEN_S, self.victim, thaw)

    def _x7(self, began: float) -> None:
        victim = self.victim
        self._tell(began, began + ZOMBIE_S)
        self.matrix.later(ZOMBIE_S, victim, lambda: victim.signal(signal.SIGCONT))

    def _x8(self, began: float) -> None:
        for program in self.site.programs:
            program.kill()
        self.site.kill_database()
        self.points.release(self.armed)
        self.site.start_database()
        self._tell(began)
        for program in self.site.programs:
            program.start()
        for program in self.site.programs:
            program.wait_ready()


class Reader(threading.Thread):
    """Somebody who reads the public page all the time."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._site = site
        self._stopping = threading.Event()
        self._seen: set[str] = set()

    def run(self) -> None:
        """Look until told to stop; tell what is new, and whatever is broken."""
        while not self._stopping.wait(0.02):
            for page in (self._site.data / "status").glob("*/index.html"):
                self._look(page)

    def _look(self, page: Path) -> None:
        text = page.read_text(errors="replace")
        whole = text.rstrip().endswith("</html>")
        texts = {part.partition("]")[0] for part in text.split("[")[1:]} & self._site.published
        if not whole or texts - self._seen:
            self._site.history.write(op="look", whole=whole, texts=sorted(texts - self._seen))
        self._seen |= texts

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self.join(5)


PLAN = Plan(company=lambda url_of: configuration(url_of, sorted(PAGES.values())))
"""How a site for these cells is made."""
