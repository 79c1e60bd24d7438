"""Q: what nobody can digest is parked and told, and its neighbours do not wait. I14

By default every second kind of poison; `make faults` (MUSTER_FAULTS=long) all.
"""

from pathlib import Path

import pytest

from faults.cells.outcome import LONG, Group
from faults.cells.poison import CELLS, PLAN, Poison
from faults.cells.running import run_group, survived, whole

RUN = list(CELLS) if LONG else list(CELLS)[::2]


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """All cells once for each seed."""
    return run_group("Q", scratch, PLAN, Poison, lambda poison: poison.run(RUN))


@pytest.mark.parametrize("cell", RUN)
def test_it_is_quarantined(groups: list[Group], cell: str) -> None:
    survived(groups, cell)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no cell."""
    with capsys.disabled():
        whole(groups)
