"""Every row of peers.csv about alerts, on-call, escalation and paging has a journey, and its fault.

A row passes when its journey is green without the fault and red, for the row's reason, with it. By default
that each row has both, that every edit fits, and one of each kind; `make faults` plants all.
"""

import ast
import csv
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path

import pytest

from faults.cells.outcome import LONG, leave
from faults.mutants.planting import planted
from faults.peers.catching import catch
from faults.peers.row import ByStory, ByTest
from faults.peers.table import ITEMS, OPEN, PEERS
from faults.stories import every

QUICK = ("4a",)
TESTS = Path(__file__).parents[1]
ORACLE = TESTS / "oracles" / "peers.csv"


def rows() -> set[str]:
    """The rows of the items that this suite answers for."""
    with ORACLE.open() as file:
        names = [line["item"] for line in csv.DictReader(file)]
    return {name for name in names if re.sub("[a-z]+$", "", name) in ITEMS}


def test_every_row_has_a_journey_and_a_fault_or_says_why_not() -> None:
    assert rows() == set(PEERS) | set(OPEN)
    assert not set(PEERS) & set(OPEN)
    assert [row for row, peer in PEERS.items() if not peer.edits] == []
    assert all(OPEN.values())


@pytest.mark.parametrize("row", [row for row, peer in PEERS.items() if isinstance(peer.shown, ByTest)])
def test_its_journey_is_there(row: str) -> None:
    shown = PEERS[row].shown
    assert isinstance(shown, ByTest)
    file, _, name = shown.test.partition("::")
    assert name.partition("[")[0] in names_in(file)


@cache
def names_in(file: str) -> frozenset[str]:
    """The tests in this file."""
    tree = ast.parse((TESTS / file).read_text())
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef))


@pytest.mark.parametrize("row", [row for row, peer in PEERS.items() if isinstance(peer.shown, ByStory)])
def test_its_story_is_told_without_the_fault_too(row: str) -> None:
    shown = PEERS[row].shown
    assert isinstance(shown, ByStory)
    assert shown.story in {**every.QUICK, **every.SLOW}.values()


@pytest.mark.parametrize("row", PEERS)
def test_its_fault_fits_the_source(tmp_path: Path, row: str) -> None:
    source = planted(tmp_path, PEERS[row].edits)
    for edit in PEERS[row].edits:
        compile((source / "muster" / edit.path).read_text(), edit.path, "exec")


@pytest.mark.parametrize("row", PEERS if LONG else QUICK)
def test_its_journey_goes_red_with_the_fault(
    scratch: Path, row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = catch(row, PEERS[row], scratch / f"peer-{row}")
    leave("peer", asdict(found))
    with capsys.disabled():
        verdict = "caught" if found.caught else "MISSED"
        print(f"\n{row} {PEERS[row].fault}: {verdict}; {found.seconds:.0f} s")
    assert found.caught, found.told
