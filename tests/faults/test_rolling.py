"""W: version N and N+1 together on one database, during migration, deployment and the way back. I27

By default the killed migration; `make faults` (MUSTER_FAULTS=long) all six cells.
"""

from pathlib import Path

import pytest

from faults.cells.outcome import LONG, Group
from faults.cells.rolling import FIRST, SECOND, VERSION_N, Rolling, plan_of, version_n
from faults.cells.running import run_group, survived, whole

RUN = [*FIRST, *SECOND] if LONG else SECOND


@pytest.fixture(scope="module")
def groups(scratch: Path) -> list[Group]:
    """All cells once for each seed."""
    source = version_n(scratch / "version-n")
    if source is None:
        pytest.skip(f"the commit {VERSION_N} is not at hand: this is no clone with its history")
    plan, first = plan_of(source), []
    if LONG:
        first = run_group("W", scratch / "first", plan, Rolling, lambda rolling: rolling.run(FIRST))
    return first + run_group("W", scratch / "second", plan, Rolling, lambda rolling: rolling.run(SECOND))


@pytest.mark.parametrize("cell", RUN)
def test_both_versions_hold(groups: list[Group], cell: str) -> None:
    survived([group for group in groups if cell in {one.cell for one in group.outcomes}], cell)


def test_nothing_else_is_violated(groups: list[Group], capsys: pytest.CaptureFixture[str]) -> None:
    """What belongs to no cell."""
    with capsys.disabled():
        whole(groups)
