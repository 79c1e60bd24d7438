"""R: ten races in both orders, driven by places in the code and not by luck. I4, I7, I8, I15, I16

By default every second one; `make faults` (MUSTER_FAULTS=long) all.
"""

from pathlib import Path

import pytest

from faults.cells.outcome import LONG, Group
from faults.cells.races import RACES
from faults.cells.racing import PLAN, Races
from faults.cells.running import run_group, survived, whole

RUN = RACES if LONG else dict(list(RACES.items())[::2])


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """All races once for each seed."""
    return run_group("R", scratch, PLAN, Races, lambda races: races.run(RUN))


@pytest.mark.parametrize("race", RUN)
def test_it_ends_well(groups: list[Group], race: str) -> None:
    survived(groups, race)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no race."""
    with capsys.disabled():
        whole(groups)
