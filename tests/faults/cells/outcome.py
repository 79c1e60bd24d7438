"""What became of a cell, and how it is told."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from faults.checker import Evidence, Violation
from faults.checker.pages import delays, duplicates, everybody_is_told, unexcused

LONG = os.environ.get("MUSTER_FAULTS") == "long"
SEEDS = int(os.environ.get("SEEDS", "1"))
RESULTS = Path(os.environ.get("MUSTER_FAULTS_RESULTS", "/nonexistent"))
"""Where groups and planted faults leave what became of them, for `faults.report`."""


def leave(kind: str, facts: dict[str, Any]) -> None:
    """Write it where the report finds it, in a run of `make faults`."""
    if RESULTS.is_dir():
        (RESULTS / f"{kind}-{time.time_ns()}.json").write_text(json.dumps(facts, indent=1))


@dataclass
class Outcome:
    """One cell with one seed. It survived when the fault came about and nothing was violated."""

    cell: str
    seed: int = 1
    came_about: bool = True
    violations: list[str] = field(default_factory=list)
    delay_s: float | None = None
    recovery_s: float | None = None

    @property
    def survived(self) -> bool:
        """Whether it did."""
        return self.came_about and not self.violations

    def __str__(self) -> str:
        what = "; ".join(self.violations) or ("survived" if self.came_about else "the fault never came about")
        return f"{self.cell}: {what}"


@dataclass
class Group:
    """A group of cells after a run, with what the whole run showed."""

    name: str
    outcomes: list[Outcome]
    faults: int = 0
    duplicates: int = 0
    unexcused: int = 0
    """Of the duplicates those without a fault meanwhile, or beyond one for each: 0 or it has not survived."""
    lost: int = 0
    worst_delay_s: dict[str, float] = field(default_factory=dict)
    recovery_s: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        survived = sum(one.survived for one in self.outcomes)
        delays = ", ".join(f"{kind} {s:.1f} s" for kind, s in sorted(self.worst_delay_s.items()))
        return (
            f"{self.name}: {survived} of {len(self.outcomes)} survived, {self.faults} faults, "
            f"{self.lost} pages lost, {self.duplicates} came twice; worst page: {delays or 'none'}; "
            f"in {self.seconds:.0f} s"
        )

    def keep(self) -> None:
        """Leave it for the report."""
        leave("group", asdict(self) | {"survived": sum(one.survived for one in self.outcomes)})

    def add(self, other: "Group") -> None:
        """What a part of it showed: sums, and the worst of each kind."""
        self.faults += other.faults
        self.duplicates += other.duplicates
        self.unexcused += other.unexcused
        self.lost += other.lost
        for mine, theirs in (
            (self.worst_delay_s, other.worst_delay_s),
            (self.recovery_s, other.recovery_s),
        ):
            for kind, seconds in theirs.items():
                mine[kind] = max(seconds, mine.get(kind, 0.0))

    def outcome(self, cell: str) -> Outcome:
        """That of a cell: the worst of its seeds."""
        found = [one for one in self.outcomes if one.cell == cell]
        assert found, f"{cell} was not run"
        return min(found, key=lambda one: one.survived)


def attribute(
    outcomes: Sequence[Outcome], violations: Iterable[Violation], keys: dict[str, str]
) -> list[Violation]:
    """Give each violation to the cell that its key belongs to; returns those that belong to none."""
    by_cell = {one.cell: one for one in outcomes}
    rest = []
    for violation in violations:
        cell = by_cell.get(keys.get(violation.about, ""))
        if cell is None:
            rest.append(violation)
        else:
            cell.violations.append(str(violation))
    return rest


def summed_up(
    name: str, outcomes: list[Outcome], evidence: Evidence, keys: dict[str, str], seconds: float
) -> Group:
    """A group with the figures that its evidence shows; `keys` tells which cell a sender's key belongs to."""
    group = Group(
        name,
        outcomes,
        faults=len(evidence.harms),
        duplicates=duplicates(evidence),
        unexcused=sum(len(times) - 1 - faults for _, times, faults in unexcused(evidence)),
        lost=len(list(everybody_is_told(evidence))),
        seconds=seconds,
    )
    worst: dict[str, float] = {}
    for key, delay_s in delays(evidence).items():
        cell = keys.get(key, "")
        worst[cell] = max(delay_s, worst.get(cell, 0.0))
    for one in outcomes:
        kind = _kind(name, one.cell)
        if one.delay_s is None:
            one.delay_s = worst.get(one.cell)
        if one.delay_s is not None:
            group.worst_delay_s[kind] = max(one.delay_s, group.worst_delay_s.get(kind, 0.0))
        if one.recovery_s is not None:
            group.recovery_s[kind] = max(one.recovery_s, group.recovery_s.get(kind, 0.0))
    return group


def _kind(group: str, cell: str) -> str:
    """What a cell's delay is told under: the fault in the kill matrix, itself where each is another fault."""
    if group == "K":
        return cell.rpartition("-")[2]
    return cell if group in ("C", "G", "W") else group
