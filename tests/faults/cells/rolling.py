"""W: one version replaces the other while alerts come in, is killed over it, and goes back (I27).

Version N is the commit of the tag `v0.1.0`, which not every clone has; N+1 is the source beside these tests.
"""

import compileall
import io
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.cells.outcome import Outcome
from faults.rig.company import configuration
from faults.rig.program import Program
from faults.rig.site import SOURCE, Plan, Site

VERSION_N = "17985b6d6a6ecb659e9fe88d5ceb59a5a11906ed"
A_SECOND = 8
RESTARTS = 8
ROOT = Path(__file__).parents[3]


def version_n(folder: Path) -> Path | None:
    """The source of version N, written into this folder; None where the history is not at hand."""
    command = ["git", "-C", str(ROOT), "archive", "--format=zip", VERSION_N, "src"]
    try:
        packed = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    folder.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        files.extractall(folder)
    compileall.compile_dir(folder / "src", quiet=1)  # its processes write no bytecode
    return folder / "src"


def plan_of(source: Path) -> Plan:
    """A site of version N, on its own schema."""
    return Plan(source=source, company=configuration, fresh=True)


class Rolling:
    """Runs the cells on one site that begins as version N."""

    def __init__(self, site: Site, seed: int = 1) -> None:
        self.site = site
        self.seed = seed
        self.outcomes: list[Outcome] = []
        self.keys: dict[str, str] = {}

    def run(self, names: list[str]) -> None:
        """One after the other: the site is another version in the end."""
        for name in names:
            self.outcomes.append(Outcome(name, self.seed))
            CELLS[name](self)
        self.site.settle(60)

    @contextmanager
    def load(self) -> Iterator[None]:
        """Alerts come in all the time, to whichever web process answers; some have a second step."""
        name, stop = self.outcomes[-1].cell, threading.Event()

        def fire() -> None:
            n = 0
            while not stop.wait(1 / A_SECOND):
                n += 1
                key = f"{name}/{self.seed} {n}"
                self.keys[key] = name
                service = self.site.keys["ladder" if n % 4 == 0 else "plain"]
                self.site.client.insist(
                    lambda turn, key=key, service=service: self.site.client.trigger(  # type: ignore[misc]
                        service, key, at=turn, seconds=5.0
                    )
                )

        thread = threading.Thread(target=fire)
        thread.start()
        try:
            yield
            time.sleep(2.0)
        finally:
            stop.set()
            thread.join(90)

    def migrate(self) -> None:
        """`muster db migrate` of version N+1."""
        self.site.muster("db", "migrate", PYTHONPATH=str(SOURCE))

    def replace(self, program: Program, *, source: Path) -> None:
        """Start one of another version, and stop this one when that works."""
        added = self.site.add_web(source) if program in self.site.webs else self.site.add_worker(source)
        added.wait_ready()
        (self.site.webs if program in self.site.webs else self.site.workers).remove(program)
        program.stop()


def migrate_under_load(cell: Rolling) -> None:
    """The schema comes forward while version N works on it."""
    with cell.load():
        time.sleep(1.0)
        cell.migrate()


def roll(cell: Rolling) -> None:
    """One process after the other becomes version N+1; one worker of version N stays."""
    with cell.load():
        for program in [*cell.site.webs, cell.site.workers[0]]:
            cell.replace(program, source=SOURCE)


def old_worker(cell: Rolling) -> None:
    """It was forgotten, and works on beside the new one."""
    with cell.load():
        time.sleep(4.0)
    cell.replace(cell.site.workers[0], source=SOURCE)


def roll_back(cell: Rolling) -> None:
    """The schema is a newer one's: this version starts on it, and version N, which cannot, says so."""
    cell.site.sql(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('paging', '9999_more', now());"
        "COMMENT ON TABLE django_migrations IS 'muster 9.0.0 runs-from 0.1.0'"
    )
    with cell.load():
        for program in [*cell.site.webs, *cell.site.workers]:
            cell.replace(program, source=SOURCE)
        refused = cell.site.refusal(cell.site.plan.source)
    if "Traceback" in refused or "muster:" not in refused:
        cell.outcomes[-1].violations.append(f"I27: version N does not say why it does not start: {refused}")


def restart_loop(cell: Rolling) -> None:
    """Workers are restarted again and again; neither pages nor connections run away."""
    most = 0
    with cell.load():
        for turn in range(RESTARTS):
            worker = cell.site.workers[turn % 2]
            began = time.time()
            worker.kill()
            worker.start()
            cell.site.history.fault("worker restarted", "", began)
            time.sleep(0.8)
            [(now,)] = cell.site.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'muster'")
            most = max(most, now)
        for worker in cell.site.workers:
            worker.wait_ready()
    if most > MOST_CONNECTIONS:
        cell.outcomes[-1].violations.append(f"L9: {most} connections")


MOST_CONNECTIONS = 100
"""Of two web processes and two workers, each with at most 24 and a few apart."""


def killed_migration(cell: Rolling) -> None:
    """The migration is killed after its first step, and again a few further on; then it is let through."""
    counted = "SELECT count(*) FROM django_migrations"
    killed = []
    with cell.load():
        for steps in (1, 3, 3):
            began, [(before,)] = time.time(), cell.site.sql(counted)
            migrating = cell.site.begin("db", "migrate", PYTHONPATH=str(SOURCE))
            while migrating.poll() is None and cell.site.sql(counted)[0][0] < before + steps:
                time.sleep(0.002)
            migrating.kill()
            killed.append(migrating.wait() < 0)
            cell.site.history.fault("migration killed", "", began)
        cell.migrate()
        cell.outcomes[-1].came_about = all(killed)
        for program in [*cell.site.webs, *cell.site.workers]:
            cell.replace(program, source=SOURCE)


CELLS: dict[str, Callable[[Rolling], None]] = {
    "W-migrate-under-load": migrate_under_load,
    "W-rolling": roll,
    "W-old-worker": old_worker,
    "W-roll-back": roll_back,
    "W-restart-loop": restart_loop,
    "W-killed-migration": killed_migration,
}
FIRST = [name for name in CELLS if name != "W-killed-migration"]
SECOND = ["W-killed-migration"]
"""Needs a site of its own, since a schema comes forward once only."""
