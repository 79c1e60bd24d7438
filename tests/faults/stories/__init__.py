"""Short runs on a site of their own, which the checker judges; some use cells of the matrix."""

from collections.abc import Callable
from dataclasses import dataclass, field

from faults.cells import duplicates, kill, poison, races, racing, watchdogs
from faults.cells.outcome import Outcome
from faults.rig.site import Plan, Site


@dataclass(frozen=True)
class Story:
    """What is done on a site of this plan; returns what became of each cell before anybody judged."""

    plan: Plan
    tell: Callable[[Site], list[Outcome]]
    name: str = ""
    cells: tuple[str, ...] = field(default=())


def by_cells(*names: str, times: int = 1) -> Story:
    """Cells of the kill matrix, one after the other, `times` times."""

    def tell(site: Site) -> list[Outcome]:
        known = {cell.name: cell for cell in kill.CELLS}
        outcomes = []
        for turn in range(1, times + 1):
            matrix = kill.Matrix(site, turn)
            matrix.run([known[name] for name in names])
            outcomes += matrix.outcomes
        return outcomes

    plan = kill.PLAN if any(name.startswith("K-S") for name in names) else Plan()
    return Story(plan, tell, "K", names)


def by_races(*names: str) -> Story:
    """Races."""

    def tell(site: Site) -> list[Outcome]:
        runner = racing.Races(site)
        runner.run({name: races.RACES[name] for name in names})
        return runner.outcomes

    return Story(racing.PLAN, tell, "R", names)


def by_repeats(*names: str) -> Story:
    """Repeats of producers."""

    def tell(site: Site) -> list[Outcome]:
        runner = duplicates.Repeats(site)
        runner.run(list(names))
        return runner.outcomes

    return Story(duplicates.PLAN, tell, "U", names)


def by_watchdog(name: str) -> Story:
    """A part that stops, on a site with a watcher outside, which the cell makes itself."""
    return Story(watchdogs.PLAN, lambda _: [], "G", (name,))


def poisoned(*names: str) -> Story:
    """Poison."""

    def tell(site: Site) -> list[Outcome]:
        runner = poison.Poison(site)
        runner.run(list(names))
        return runner.outcomes

    return Story(poison.PLAN, tell, "Q", names)
