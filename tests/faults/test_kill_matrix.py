"""K: at every point of an alert's way everything that can die dies, and no page is lost. I1 to I8, I15, I16

By default every second point once and each fault once or twice; `make faults` (MUSTER_FAULTS=long) all 192
cells, with as many seeds as `SEEDS` says. The checker judges what was seen from outside and what the database
holds.
"""

from pathlib import Path

import pytest

from faults.cells.kill import CELLS, FAULTS, PLAN, Cell, Matrix
from faults.cells.outcome import LONG, Group
from faults.cells.running import run_group, survived, whole
from muster.foundation.failpoints import POINTS

SHORT = tuple(Cell(point, FAULTS[place % len(FAULTS)]) for place, point in enumerate(POINTS[::2]))
RUN = sorted(CELLS if LONG else SHORT, key=lambda cell: cell.point[0] != "S")
"""The longest leases first."""


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """The matrix once for each seed."""
    return run_group("K", scratch, PLAN, Matrix, lambda matrix: matrix.run(RUN))


@pytest.mark.parametrize("cell", [cell.name for cell in RUN])
def test_it_survives(groups: list[Group], cell: str) -> None:
    survived(groups, cell)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no cell: the chain, the pages of an alert of the company's own."""
    with capsys.disabled():
        whole(groups)
