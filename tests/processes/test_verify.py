"""`muster verify` names what an intruder with psql did to the timeline."""

import subprocess
from collections.abc import Callable
from datetime import datetime

import pytest

from database import Database
from muster.foundation.access.commands import begin_first_run
from muster.foundation.timeline.sealer import seal_all
from muster.foundation.timeline.verification import Report, verify
from processes.running import MUSTER, bare

# R58


@pytest.fixture
def sealed(database: Database, at: Callable[[], datetime]) -> Database:
    """A short timeline, sealed."""
    begin_first_run(at=at())
    seal_all()
    return database


def tamper(database: Database, sql: str) -> None:
    """What a superuser can do: triggers off, then anything."""
    database.as_owner("SET session_replication_role = replica; " + sql)


def found() -> list[str]:
    return [finding.what for finding in verify().findings]


def test_an_untouched_timeline_holds(sealed: Database) -> None:
    report = verify()
    assert report.ok
    assert report.events == report.seq > 2


def test_events_that_wait_for_the_sealer_are_counted_and_no_finding(
    database: Database, at: Callable[[], datetime]
) -> None:
    begin_first_run(at=at())
    report = verify()
    assert report.ok
    assert report.unsealed == report.events > 2


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ('UPDATE timeline_event SET payload = payload || \'{"handle": "eve"}\' WHERE id = 2', "was changed"),
        ("UPDATE timeline_event SET at = at - interval '1 hour' WHERE id = 2", "was changed"),
        ("UPDATE timeline_event SET audience_id = 7 WHERE id = 2", "was changed"),
        ("DELETE FROM timeline_event WHERE id = 2", "its event is missing"),
        ("DELETE FROM timeline_link WHERE seq = 2", "are missing"),
        ("UPDATE timeline_link SET hash = sha256(hash) WHERE seq = 2", "its hash does not fit"),
        ("UPDATE timeline_link SET prev_hash = sha256(hash) WHERE seq = 2", "does not follow"),
        ("UPDATE timeline_eventtext SET body = 'Eve'", "was changed"),
        (
            "INSERT INTO timeline_event SELECT (jsonb_populate_record(e, '{\"id\": 999}')).*"
            " FROM timeline_event e WHERE id = 2",
            "stands outside the chain",
        ),
        (
            "UPDATE timeline_link a SET event_id = -a.event_id WHERE seq IN (2, 3);"
            "UPDATE timeline_link a SET event_id = CASE seq WHEN 2 THEN 3 ELSE 2 END WHERE seq IN (2, 3)",
            "its hash does not fit",
        ),
    ],
)
def test_each_kind_of_tampering_is_named(sealed: Database, sql: str, what: str) -> None:
    tamper(sealed, sql)
    assert any(what in finding for finding in found()), found()


def test_a_cut_tail_is_caught_by_an_anchor_kept_outside(sealed: Database) -> None:
    before: Report = verify()
    anchor = (before.seq, bytes.fromhex(before.head))
    tamper(sealed, "DELETE FROM timeline_event WHERE id = (SELECT max(id) FROM timeline_event)")
    tamper(sealed, "DELETE FROM timeline_link WHERE seq = (SELECT max(seq) FROM timeline_link)")
    tamper(sealed, "DELETE FROM timeline_eventtext WHERE event_id NOT IN (SELECT id FROM timeline_event)")
    assert verify().ok
    [finding] = verify([anchor]).findings
    assert finding.seq == before.seq
    assert finding.what == f"is anchored but missing: the chain was cut after {before.seq - 1}"


def test_erased_text_is_not_tampering(sealed: Database) -> None:
    tamper(sealed, "DELETE FROM timeline_eventtext")
    assert verify().ok


def test_the_command_ends_with_code_one_and_a_line_for_each_finding(sealed: Database) -> None:
    environment = bare(MUSTER_DATABASE_URL=sealed.owner_url)
    answer = subprocess.run([MUSTER, "verify"], env=environment, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout.splitlines()[-1]) == (0, "The chain holds")
    tamper(sealed, "DELETE FROM timeline_event WHERE id = 2")
    answer = subprocess.run([MUSTER, "verify"], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "seq 2 event 2 what its event is missing" in answer.stdout
