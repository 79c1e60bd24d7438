"""`muster verify` as a command: its exit code, its lines, its object."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from database import Database
from muster.foundation.access.commands import begin_first_run
from muster.foundation.timeline.anchors import anchor_head
from muster.foundation.timeline.sealer import seal_all
from processes.running import MUSTER, bare, refused

# R58


@pytest.fixture
def sealed(database: Database, at: Callable[[], datetime]) -> Database:
    """A short timeline, sealed."""
    begin_first_run(at=at())
    seal_all()
    return database


def run(database: Database, *options: str, **variables: str) -> tuple[int, list[str]]:
    environment = bare(MUSTER_DATABASE_URL=database.owner_url, **variables)
    answer = subprocess.run(
        [MUSTER, "verify", *options], env=environment, capture_output=True, text=True, check=False
    )
    return answer.returncode, answer.stdout.splitlines()


def tamper(database: Database, sql: str) -> None:
    """What a superuser can do: triggers off, then anything."""
    database.as_owner("SET session_replication_role = replica; " + sql)


def test_a_finding_ends_it_with_code_one_and_a_line_of_its_own(sealed: Database) -> None:
    code, lines = run(sealed)
    assert (code, lines[-1]) == (0, "The chain holds")
    tamper(sealed, "DELETE FROM timeline_event WHERE id = 2")
    code, lines = run(sealed)
    assert code == 1
    assert "seq 2 event 2 what its event is missing" in lines


def test_as_json_it_is_one_object(sealed: Database) -> None:
    code, lines = run(sealed, "--json")
    [report] = map(json.loads, lines)
    assert code == 0
    assert report["ok"]
    assert report["events"] == report["seq"] > 2
    assert len(report["head"]) == 64
    assert report["findings"] == report["unsealed"] == []


def test_the_anchors_of_the_data_folder_catch_a_cut_tail(
    sealed: Database, folder: Path, at: Callable[[], datetime]
) -> None:
    anchor_head(folder, at())
    tamper(sealed, "DELETE FROM timeline_event WHERE id = (SELECT max(id) FROM timeline_event)")
    tamper(sealed, "DELETE FROM timeline_link WHERE seq = (SELECT max(seq) FROM timeline_link)")
    code, lines = run(sealed, MUSTER_DATA=str(folder))
    assert code == 1, lines


def test_a_database_that_is_not_musters_is_told(sealed: Database) -> None:
    url = sealed.owner_url.replace(f"/{sealed.name}?", "/postgres?")
    assert "not Muster's" in refused("verify", MUSTER_DATABASE_URL=url)
