"""G: a part stops, and somebody is told by a path that shares nothing with it: measured are the minutes.

Each cell has a site of its own, with a watcher outside; they run beside each other: most of it is waiting.
Afterwards the part is mended, and whoever ought to have been paged meanwhile has to be.
"""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg

from fakes.watcher import Watcher
from faults.cells.outcome import Group, Outcome, summed_up
from faults.checker import Evidence, judge, read
from faults.rig.proxy import Proxy
from faults.rig.site import Plan, Site
from muster.foundation.failpoints import Action

WITHIN_S = 120.0
PERIOD_S = 45.0
"""The watcher's patience: people set a minute, and the least grace that there is."""
FIRST_SIGN_S = 90.0
CAUGHT_UP_S = 90.0
_COMPANY = """
people:
  - {handle: mia, name: Mia Lund, email: mia@example.com, role: responder, timezone: Europe/Madrid,
     contacts: [{kind: email, address: mia@example.com}], rules: {high: [{after: 0s, use: email}]}}
policies:
  - {handle: mail, steps: [{after: 0s, notify: [person:mia]}, {after: 4h, notify: [person:ben]}]}
services:
  - {handle: mail, name: Mail, team: payments, policy: mail}
integrations:
  - {handle: mail, service: mail, kind: pagerduty}
status_pages:
  - {slug: main, name: Acme, visibility: public, components: [{name: Plain, service: plain}]}
"""
PLAN = Plan(more=_COMPANY, webs=1, workers=1)


class Watched:
    """One site with a watcher outside, to which something is done."""

    def __init__(self, name: str, folder: Path, plan: Plan = PLAN) -> None:
        self.name = name
        self.folder = folder
        self.plan = plan
        self.outcome = Outcome(name)
        self.evidence = Evidence([], [], [])

    def run(self) -> None:
        """Let it live, hurt it, and wait until somebody knows; whatever goes wrong meanwhile is told."""
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - it would be lost with its thread
            self.outcome.violations.append("".join(traceback.format_exception(error)))

    def _run(self) -> None:
        with Watcher(period_s=PERIOD_S) as self.watcher:
            self.road = Proxy(int(self.watcher.url.rsplit(":", 1)[1].partition("/")[0]))
            url = self.watcher.url.replace(self.watcher.url.split("/")[2], f"127.0.0.1:{self.road.port}")
            plan = replace(self.plan, environment={"MUSTER_HEARTBEAT_URL": url})
            with Site(self.folder, plan) as self.site:
                until = time.monotonic() + FIRST_SIGN_S
                while not self.watcher.signs and time.monotonic() < until:
                    time.sleep(0.2)
                self.outcome.came_about = bool(self.watcher.signs) and not self.watcher.told
                began = time.time()
                self.site.history.write(op="outage", key=self.name, began=began)
                CELLS[self.name](self)
                self.site.history.fault(self.name, self.name, began)
                self._catch_up()
                self.site.dump()
        self.evidence = read(self.folder)
        self.outcome.violations += [str(one) for one in judge(self.evidence)]
        self.outcome.recovery_s = next(
            (line["at"] - began for line in self.site.history.lines if line["op"] == "somebody knows"), None
        )

    def _catch_up(self) -> None:
        for program in self.site.programs:
            program.wait_ready()
        if any(line["op"] == "trigger" for line in self.site.history.lines):
            self.site.receipts.wait_for(lambda line: line["summary"] == self.name, CAUGHT_UP_S)
        self.site.settle(CAUGHT_UP_S)

    def until(self, knows: Callable[[], bool], by: str) -> None:
        """Wait until somebody knows, and write down that they do."""
        end = time.monotonic() + WITHIN_S + 10
        while time.monotonic() < end:
            if knows():
                self.site.history.write(op="somebody knows", key=self.name, by=by)
                return
            time.sleep(0.1)

    def until_watcher_tells(self) -> None:
        """The path that shares nothing with us."""
        self.until(lambda: bool(self.watcher.told), "the watcher outside")

    def send(self, integration: str) -> None:
        """An alert."""
        client = self.site.client
        client.insist(lambda turn: client.trigger(self.site.keys[integration], self.name, at=turn))


def engine(cell: Watched) -> None:
    """No worker runs."""
    cell.site.workers[0].kill()
    cell.send("plain")
    cell.until_watcher_tells()
    cell.site.workers[0].start()


def auditor(cell: Watched) -> None:
    """The auditor cannot look; the worker pages well (M23)."""
    with psycopg.connect(cell.site.owner_url) as connection:
        connection.execute("LOCK TABLE watch_finding, watch_watch IN ACCESS EXCLUSIVE MODE")
        cell.send("plain")
        cell.until_watcher_tells()


def renderer(cell: Watched) -> None:
    """Nothing can be published: the author sees that it is not live, and why; then it goes out after all."""
    folder = cell.site.data / "status"
    until = time.monotonic() + CAUGHT_UP_S
    while not folder.exists() and time.monotonic() < until:
        time.sleep(0.1)
    aside = folder.rename(cell.site.data / "gone")
    folder.touch()
    api = cell.site.client.api
    api("POST", "/status-pages/main/posts", json={"text": "Something is wrong", "title": "Wrong"})

    def seen() -> bool:
        page = api("GET", "/status-pages/main").json()
        return bool(page["waiting"] and page["problem"])

    cell.until(seen, "the page's author")
    folder.unlink()
    aside.rename(folder)
    cell.site.settle(60)


def mail(cell: Watched) -> None:
    """The mail server refuses everybody: the next step is told, by another way."""
    cell.site.letters.behaviour.greeting = "421 closed"
    cell.send("mail")
    others = ("ben", "cleo")
    cell.until(lambda: any(line["person"] in others for line in cell.site.receipts.lines), "the next one")
    cell.site.letters.behaviour.greeting = ""


def database(cell: Watched) -> None:
    """PostgreSQL is gone and does not come back by itself."""
    cell.send("plain")
    cell.site.kill_database()
    cell.until_watcher_tells()
    cell.site.start_database()


def everything(cell: Watched) -> None:
    """All of it is gone."""
    cell.send("plain")
    for program in cell.site.programs:
        program.kill()
    cell.site.kill_database()
    cell.until_watcher_tells()
    cell.site.start_database()
    for program in cell.site.programs:
        program.start()


def frozen_loop(cell: Watched) -> None:
    """The loop that pages stands still while all others turn: no message is claimed."""
    armed = cell.site.worker_points.arm("C1", Action.HOLD)
    cell.send("plain")
    cell.until(
        lambda: bool(cell.watcher.told) or any(line["person"] == "cleo" for line in cell.site.receipts.lines),
        "the watcher outside, or the fallback",
    )
    cell.site.worker_points.release(armed)


def egress(cell: Watched) -> None:
    """Nothing leaves this machine."""
    cell.road.refuse()
    cell.road.cut()
    for road in cell.site.roads.values():
        road.refuse()
        road.cut()
    cell.send("plain")
    cell.until_watcher_tells()
    for road in cell.site.roads.values():
        road.refuse(False)


CELLS: dict[str, Callable[[Watched], None]] = {
    "G-engine": engine,
    "G-auditor": auditor,
    "G-renderer": renderer,
    "G-smtp": mail,
    "G-postgresql": database,
    "G-all": everything,
    "G-frozen-loop": frozen_loop,
    "G-egress": egress,
}


def run(names: list[str], folder: Path) -> Group:
    """All of them beside each other."""
    began = time.monotonic()
    cells = [Watched(name, folder / name) for name in names]
    threads = [threading.Thread(target=cell.run) for cell in cells]
    for thread in threads:
        thread.start()
        time.sleep(1.0)
    for thread in threads:
        thread.join(WITHIN_S + FIRST_SIGN_S + 2 * CAUGHT_UP_S)
    group = Group("G", [cell.outcome for cell in cells], seconds=time.monotonic() - began)
    for cell in cells:
        keys = {cell.name: cell.name}
        group.add(summed_up("G", [cell.outcome], cell.evidence, keys, 0.0))
    group.keep()
    return group
