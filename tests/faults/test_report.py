"""The report of a run says what its groups have left, and names what did not survive."""

import json
from dataclasses import asdict
from pathlib import Path

from faults.cells.outcome import Group, Outcome
from faults.report import told


def test_it_sums_up_and_names_what_went_wrong(tmp_path: Path) -> None:
    good = Group("C", [Outcome("C-db+1h"), Outcome("C-db-1h")], faults=2, worst_delay_s={"C-db+1h": 2.1})
    bad = Group("W", [Outcome("W-roll", violations=["I5: nobody was told"])], faults=3, lost=1, duplicates=2)
    story = Group("story twins", [Outcome("peer-13b")], worst_delay_s={"story twins": 0.4})
    for place, group in enumerate((good, bad, story)):
        facts = asdict(group) | {"survived": sum(one.survived for one in group.outcomes)}
        (tmp_path / f"group-{place}.json").write_text(json.dumps(facts))
    for name, caught in (("M01", True), ("M02", False)):
        (tmp_path / f"mutant-{name}.json").write_text(json.dumps({"mutant": name, "caught": caught}))
    lines = told(tmp_path).splitlines()
    rows = {line.split()[0]: line.split()[1:7] for line in lines if line[:1] in "CWsa" and "  " in line}
    assert rows == {
        "C": ["2", "2", "2", "0", "0", "0"],
        "W": ["1", "0", "3", "1", "2", "0"],
        "stories": ["1", "1", "0", "0", "0", "0"],
        "all": ["4", "3", "5", "1", "2", "0"],
    }
    assert "W-roll: I5: nobody was told" in lines
    assert "Worst page: C-db+1h 2.1 s, story twins 0.4 s" in lines
    assert lines[-1].endswith("1 of 2 caught: M01; MISSED: M02")
