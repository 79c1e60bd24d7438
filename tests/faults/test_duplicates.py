"""U: what producers send again is one event, one answer, one alert, one page. I3, I4

By default each kind once, with two web processes; `make faults` (MUSTER_FAULTS=long) all.
"""

from pathlib import Path

import pytest

from faults.cells.duplicates import NAMES, PLAN, Repeats
from faults.cells.outcome import LONG, Group
from faults.cells.running import run_group, survived, whole

RUN = NAMES if LONG else [name for name in NAMES if name.endswith("-2")]


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """All cells once for each seed."""
    return run_group("U", scratch, PLAN, Repeats, lambda repeats: repeats.run(RUN))


@pytest.mark.parametrize("cell", RUN)
def test_it_is_one_event(groups: list[Group], cell: str) -> None:
    survived(groups, cell)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no cell; nothing came twice, since nobody who pages was hurt."""
    with capsys.disabled():
        whole(groups)
    assert [group.duplicates for group in groups] == [0] * len(groups)
