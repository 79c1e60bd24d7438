"""Each planted fault is caught by name: its story goes red, and the checker names the invariant it breaks.

By default a few of them, and that every edit still fits the source; `make mutants` plants all. What a story
shows without a fault stand in test_stories.py and beside the cells.
"""

from dataclasses import asdict
from pathlib import Path

import pytest

from faults.cells.outcome import LONG, leave
from faults.mutants.catching import catch
from faults.mutants.planting import DoesNotApply, Edit, planted
from faults.mutants.table import MUTANTS
from faults.rig.faketime import FAKETIME

QUICK = ("M08", "M21")
NOT_HERE = {
    "M19": "no command restricts an incident yet",
    "M20": "no door verifies a signature yet",
    "M22": "nothing is exported as CSV yet",
}
ORACLE = Path(__file__).parents[1] / "oracles" / "mutants.md"


def test_every_planted_fault_of_the_oracle_is_here_or_has_a_reason() -> None:
    lines = [line.split("|") for line in ORACLE.read_text().splitlines() if line.startswith("| M")]
    breaks = {line[1].strip(): line[3].split()[0] for line in lines}
    assert sorted(breaks) == sorted([*MUTANTS, *NOT_HERE])
    assert {name: breaks[name] for name in MUTANTS} == {n: m.invariant for n, m in MUTANTS.items()}


@pytest.mark.parametrize("name", MUTANTS)
def test_its_edits_fit_the_source(tmp_path: Path, name: str) -> None:
    source = planted(tmp_path, MUTANTS[name].edits)
    for edit in MUTANTS[name].edits:
        compile((source / "muster" / edit.path).read_text(), edit.path, "exec")


def test_an_edit_that_does_not_fit_says_so(tmp_path: Path) -> None:
    with pytest.raises(DoesNotApply):
        planted(tmp_path, (Edit("core/oncall.py", "no such text", ""),))


@pytest.mark.parametrize("name", MUTANTS if LONG else QUICK)
def test_it_is_caught(scratch: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    mutant = MUTANTS[name]
    if mutant.needs == "faketime" and FAKETIME is None:
        pytest.skip("needs Debian's faketime")
    found = catch(name, scratch / "mutants")
    leave("mutant", asdict(found) | {"caught": found.caught, "title": mutant.name})
    with capsys.disabled():
        verdict = "caught" if found.caught else "MISSED"
        print(f"\n{name} {mutant.name}: {verdict}, named {' '.join(found.named)}; {found.seconds:.0f} s")
    assert found.caught, found
