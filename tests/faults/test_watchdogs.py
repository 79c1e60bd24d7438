"""G: whatever stops, somebody knows within two minutes, by a path that shares nothing with it. I18, I25

By default one cell (tests/processes/test_outside.py has two more); `make faults` all.
"""

from pathlib import Path

import pytest

from faults.cells.outcome import LONG, Group
from faults.cells.watchdogs import CELLS, run

RUN = list(CELLS) if LONG else ["G-renderer"]


@pytest.fixture(scope="module")
def group(scratch: Path) -> Group:
    """All cells, beside each other."""
    return run(RUN, scratch / "watchdogs")


@pytest.mark.parametrize("cell", RUN)
def test_somebody_knows(group: Group, cell: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = group.outcome(cell)
    with capsys.disabled():
        print(f"\n{cell}: {'nobody knew' if outcome.recovery_s is None else f'{outcome.recovery_s:.0f} s'}")
    assert outcome.survived, str(outcome)
