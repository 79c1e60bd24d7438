"""C: one clock, the database's; set, drifting, and beside machines with others. I7, I8, I11, I21"""

from pathlib import Path

import pytest

from faults.cells.clock import CELLS, PLAN, Clocks
from faults.cells.outcome import LONG, Group
from faults.cells.running import run_group, survived, whole
from faults.rig.faketime import FAKETIME

SHORT = ("C-db+1h", "C-db-1h", "C-lease+90m")
WANTED = CELLS if LONG else SHORT
RUN = [name for name in WANTED if FAKETIME is not None or not name.startswith(("C-app", "C-link"))]


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """All cells once for each seed."""
    return run_group("C", scratch, PLAN, Clocks, lambda clocks: clocks.run(RUN))


@pytest.mark.parametrize("cell", WANTED)
def test_it_holds(groups: list[Group], cell: str) -> None:
    if cell not in RUN:
        pytest.skip("needs Debian's faketime")
    survived(groups, cell)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no cell."""
    with capsys.disabled():
        whole(groups)
