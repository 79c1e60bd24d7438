"""Q: what nobody can digest is parked and told, and its neighbours do not wait. I14"""

from pathlib import Path

import pytest

from faults.cells.outcome import Group
from faults.cells.poison import CELLS, PLAN, Poison
from faults.cells.running import run_group, survived, whole


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """All cells once for each seed."""
    return run_group("Q", scratch, PLAN, Poison, lambda poison: poison.run(list(CELLS)))


@pytest.mark.parametrize("cell", CELLS)
def test_it_is_quarantined(groups: list[Group], cell: str) -> None:
    survived(groups, cell)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no cell."""
    with capsys.disabled():
        whole(groups)
