"""K: at every point of an alert's way everything that can die dies, and no page is lost. I1 to I8, I15, I16

By default each point once and each fault three times; `make faults` (MUSTER_FAULTS=long) all 192 cells, with
as many seeds as `SEEDS` says. The checker judges what was seen from outside and what the database holds.
"""

import time
from pathlib import Path

import pytest

from faults.cells.kill import CELLS, FAULTS, PLAN, Cell, Matrix
from faults.cells.outcome import LONG, SEEDS, Group, attribute, summed_up
from faults.checker import judge, read
from faults.rig.site import Site
from muster.foundation.failpoints import POINTS

SHORT = tuple(Cell(point, FAULTS[place % len(FAULTS)]) for place, point in enumerate(POINTS))
RUN = CELLS if LONG else SHORT


def run(folder: Path, seed: int) -> Group:
    """All cells on one site."""
    began = time.monotonic()
    with Site(folder, PLAN) as site:
        matrix = Matrix(site, seed)
        matrix.run(sorted(RUN, key=lambda cell: cell.point[0] != "S"))  # the longest leases first
        site.dump()
    evidence = read(folder)
    rest = attribute(matrix.outcomes, judge(evidence), matrix.keys)
    group = summed_up("K", matrix.outcomes, evidence, matrix.keys, time.monotonic() - began)
    group.notes = [str(violation) for violation in rest]
    group.keep()
    return group


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """The matrix once for each seed."""
    return [run(scratch / f"kill-{seed}", seed) for seed in range(1, (SEEDS if LONG else 1) + 1)]


@pytest.mark.parametrize("cell", [cell.name for cell in RUN])
def test_it_survives(groups: list[Group], cell: str) -> None:
    for group in groups:
        outcome = group.outcome(cell)
        assert outcome.survived, str(outcome)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no cell: the chain, the pages of an alert of the company's own."""
    for group in groups:
        with capsys.disabled():
            print(f"\n{group}")
        assert group.notes == []
        assert group.duplicates <= group.faults
