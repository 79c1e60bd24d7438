"""Plants one fault after the other and tells whether the suite has caught it."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

from faults.cells.watchdogs import Watched
from faults.checker import judge, read
from faults.mutants.planting import planted
from faults.mutants.table import MUTANTS, Mutant
from faults.rig.site import Site
from faults.stories import Story


@dataclass
class Caught:
    """What a story brought: the violations that the checker named, with which fault planted (or none)."""

    mutant: str
    invariant: str
    named: list[str]
    told: list[str]
    came_about: bool
    seconds: float

    @property
    def caught(self) -> bool:
        """The checker named the invariant that is broken."""
        return self.came_about and self.invariant in self.named


def catch(name: str, folder: Path) -> Caught:
    """Plant this fault and let its story run."""
    mutant = MUTANTS[name]
    source = planted(folder / name, mutant.edits)
    plan = dataclasses.replace(mutant.story.plan, source=source, sql=mutant.sql)
    return run(name, mutant, dataclasses.replace(mutant.story, plan=plan), folder / name / "site")


def run(name: str, mutant: Mutant, story: Story, folder: Path) -> Caught:
    """Let a story run on a site of its own, and judge it."""
    began = time.monotonic()
    if story.name == "G":
        folder.mkdir(parents=True)
        cell = Watched(story.cells[0], folder / "site", story.plan)
        cell.run()
        outcomes, violations = [cell.outcome], judge(cell.evidence)
    else:
        with Site(folder, story.plan) as site:
            outcomes = story.tell(site)
            site.dump()
        violations = judge(read(folder))
    named = sorted({violation.invariant for violation in violations})
    told = [str(violation) for violation in violations]
    came_about = all(outcome.came_about for outcome in outcomes)
    return Caught(name, mutant.invariant, named, told, came_about, time.monotonic() - began)
