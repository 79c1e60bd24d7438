"""Whatever an intruder with psql does to the timeline is named: as superuser, with triggers switched off."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from database import Database
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Person
from muster.foundation.timeline import anchors
from muster.foundation.timeline.models import Anchor, Event
from muster.foundation.timeline.queries import unsealed_older_than
from muster.foundation.timeline.sealer import seal_all
from muster.foundation.timeline.verify import verify
from people import Cast

# R58


@pytest.fixture
def sealed(cast: Cast, database: Database) -> Database:
    """A short timeline, sealed."""
    seal_all()
    return database


def tamper(database: Database, sql: str) -> None:
    """What a superuser can do: triggers off, then anything."""
    database.as_owner("SET session_replication_role = replica; " + sql)


def found(data: Path | None = None) -> list[str]:
    """What `verify` says."""
    return [finding.what for finding in verify(data).findings]


def test_an_untouched_timeline_holds(sealed: Database) -> None:
    verified = verify()
    assert verified.findings == ()
    assert verified.ok
    assert verified.events == verified.seq == Event.objects.count() > 5


def test_events_that_wait_for_the_sealer_are_listed_and_no_finding(cast: Cast) -> None:
    verified = verify()
    assert verified.ok
    assert list(verified.unsealed) == list(Event.objects.order_by("id").values_list("id", flat=True))


PERSON = "UPDATE access_person SET last_event_id"
COPY = (
    "INSERT INTO timeline_event SELECT (jsonb_populate_record(e, '{\"id\": 999}')).*"
    " FROM timeline_event e WHERE id = 2;"
)
SWAP = (
    "UPDATE timeline_link SET event_id = -event_id WHERE seq IN (2, 3);"
    "UPDATE timeline_link SET event_id = CASE seq WHEN 2 THEN 3 ELSE 2 END WHERE seq IN (2, 3)"
)
TAMPERING = [
    ('UPDATE timeline_event SET payload = payload || \'{"handle": "eve"}\' WHERE id = 2', "was changed"),
    ("UPDATE timeline_event SET at = at - interval '1 hour' WHERE id = 2", "was changed"),
    ("UPDATE timeline_event SET recorded_at = at - interval '1 hour' WHERE id = 2", "was changed"),
    ("UPDATE timeline_event SET actor = 'person:7' WHERE id = 2", "was changed"),
    ("UPDATE timeline_event SET audience_id = 7 WHERE id = 2", "was changed"),
    ("UPDATE timeline_event SET digest = sha256(digest) WHERE id = 2", "was changed"),
    ("UPDATE timeline_event SET payload = '[1.5e300]' WHERE id = 2", "was changed"),
    ("DELETE FROM timeline_event WHERE id = 2", "its event is missing"),
    ("DELETE FROM timeline_link WHERE seq = 2", "are missing"),
    ("DELETE FROM timeline_link WHERE seq = 2", "was never sealed"),
    ("UPDATE timeline_link SET hash = sha256(hash) WHERE seq = 2", "its hash does not fit"),
    ("UPDATE timeline_link SET prev_hash = sha256(hash) WHERE seq = 2", "does not follow"),
    (SWAP, "its hash does not fit"),
    (COPY, "was never sealed"),
    (COPY + "INSERT INTO timeline_outbox VALUES (999)", "was changed"),
    ("INSERT INTO timeline_outbox VALUES (777)", "it is missing"),
    ("INSERT INTO timeline_outbox VALUES (2)", "it is sealed"),
    ("UPDATE timeline_eventtext SET body = 'Eve'", "its text 'name' was changed"),
    ("DELETE FROM timeline_eventtext", "is gone without an erasure"),
    (f"{PERSON} = 777 WHERE id = 2", "person:2 names an event that is not its newest"),
    (f"{PERSON} = 2 WHERE id = 3", "person:3 names an event that is not its newest"),
    ("DELETE FROM access_person WHERE handle = 'ana'", "is gone"),
]


TABLES = ("timeline_event", "timeline_link", "timeline_eventtext", "timeline_outbox", "access_person")


def test_each_kind_of_tampering_is_named(sealed: Database, subtests: pytest.Subtests) -> None:
    """One database for all, put back after each."""
    for table in TABLES:
        sealed.as_owner(f"CREATE TABLE kept_{table} AS TABLE {table}")
    for sql, what in TAMPERING:
        with subtests.test(sql):
            tamper(sealed, sql)
            assert any(what in finding for finding in found()), found()
        for table in TABLES:
            tamper(sealed, f"DELETE FROM {table}; INSERT INTO {table} TABLE kept_{table}")
    assert found() == []


def test_a_row_that_was_set_back_to_an_older_event_is_named(cast: Cast, sealed: Database) -> None:
    first = Person.objects.get(handle="ana").last_event_id
    ana = cast("ana")
    commands.change_person(cast.id("ana"), {"timezone": "Europe/Madrid"}, actor=ana.actor, at=ana.at)
    tamper(sealed, f"UPDATE access_person SET timezone = 'UTC', last_event_id = {first} WHERE handle = 'ana'")
    assert any("not its newest" in finding for finding in found())


def test_an_effect_that_stands_before_its_cause_is_named(sealed: Database) -> None:
    """Written so from the start, with every digest in order: only the order of the two gives it away."""
    tamper(sealed, "UPDATE timeline_event SET cause = (SELECT max(id) FROM timeline_event) WHERE id = 2")
    assert "stands before its cause" in found()


CUT = (
    "DELETE FROM timeline_link WHERE seq = (SELECT max(seq) FROM timeline_link);"
    "DELETE FROM timeline_event WHERE id NOT IN (SELECT event_id FROM timeline_link);"
    "DELETE FROM timeline_eventtext WHERE event_id NOT IN (SELECT id FROM timeline_event);"
    "DELETE FROM access_person WHERE last_event_id NOT IN (SELECT id FROM timeline_event)"
)


def test_only_an_anchor_catches_a_tail_that_was_cut_with_everything_of_it(
    sealed: Database, tmp_path: Path, at: Callable[[], datetime]
) -> None:
    anchored = anchors.anchor_head(tmp_path, at())
    assert anchored is not None
    assert found(tmp_path) == []
    tamper(sealed, CUT + "; DELETE FROM timeline_anchor")
    assert found() == []  # the negative control: without the anchor nobody can know
    [finding] = verify(tmp_path).findings
    assert (finding.seq, finding.what.partition(":")[0]) == (
        anchored.seq,
        f"an anchor proves link {anchored.seq}, but the chain ends at {anchored.seq - 1}",
    )


def test_an_anchor_catches_a_chain_that_was_written_anew(
    sealed: Database, tmp_path: Path, at: Callable[[], datetime]
) -> None:
    assert anchors.anchor_head(tmp_path, at()) is not None
    tamper(
        sealed,
        "DELETE FROM timeline_link; DELETE FROM timeline_anchor;"
        "INSERT INTO timeline_outbox SELECT id FROM timeline_event WHERE id <> 2;"
        "DELETE FROM timeline_event WHERE id = 2; DELETE FROM timeline_eventtext WHERE event_id = 2;"
        "DELETE FROM access_person WHERE last_event_id = 2",
    )
    seal_all()
    assert any("an anchor proves" in finding for finding in found(tmp_path))


def test_a_forged_anchor_is_named(sealed: Database, tmp_path: Path, at: Callable[[], datetime]) -> None:
    assert anchors.anchor_head(tmp_path, at()) is not None
    file = tmp_path / anchors.ANCHOR_FILE
    file.write_text(file.read_text().replace('"seq": ', '"seq": 1'))
    assert any("not signed by our key" in finding for finding in found(tmp_path))


def test_an_anchor_file_that_is_gone_is_named(
    sealed: Database, tmp_path: Path, at: Callable[[], datetime]
) -> None:
    assert anchors.anchor_head(tmp_path, at()) is not None
    (tmp_path / anchors.ANCHOR_FILE).unlink()
    assert any("is missing in anchors.jsonl" in finding for finding in found(tmp_path))


def test_the_key_is_private_and_the_same_next_time(
    sealed: Database, cast: Cast, tmp_path: Path, at: Callable[[], datetime]
) -> None:
    first = anchors.anchor_head(tmp_path, at())
    assert anchors.anchor_head(tmp_path, at()) is None  # nothing new
    commands.invite(cast.id("ana"), actor=cast("admin").actor, at=queries.now())
    seal_all()
    second = anchors.anchor_head(tmp_path, at())
    assert first is not None and second is not None  # noqa: PT018
    assert first.key == second.key
    assert (tmp_path / anchors.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [a.seq for a in anchors.read(tmp_path)] == [first.seq, second.seq]
    assert Anchor.objects.count() == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [anchors.KEY_FILE, anchors.ANCHOR_FILE]


def test_a_torn_line_is_no_tampering(sealed: Database, tmp_path: Path, at: Callable[[], datetime]) -> None:
    with (tmp_path / anchors.ANCHOR_FILE).open("w") as file:
        file.write('\n{"seq": 3, "ha')
    assert anchors.anchor_head(tmp_path, at()) is not None
    assert found(tmp_path) == []
    assert len(anchors.read(tmp_path)) == 1


def test_an_event_unsealed_for_too_long_is_found(cast: Cast, database: Database) -> None:
    assert unsealed_older_than(5) == []
    database.as_owner("UPDATE muster_clock.shift SET by = '6 s'")
    assert len(unsealed_older_than(5)) == Event.objects.count()
    tamper(database, "DELETE FROM timeline_outbox WHERE event_id = 2")
    assert 2 in unsealed_older_than(5)
    seal_all()
    assert unsealed_older_than(5) == [2]
