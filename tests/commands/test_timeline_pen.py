"""The single pen: one row, one event, one transaction; what PostgreSQL refuses whoever asks."""

from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from database import Clock, Database
from muster.core.change import Change
from muster.core.permissions import Role, system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import ApiToken, Grant, Person
from muster.foundation.timeline import hints
from muster.foundation.timeline.erasure import erase_text
from muster.foundation.timeline.models import Event, EventText, Outbox
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many, touch
from muster.foundation.timeline.repair import NotTheOwner, repair
from muster.foundation.timeline.sealer import seal_all
from muster.foundation.timeline.verify import verify
from people import Cast

TESTS = system("tests")


@command
def give_many(people: list[int], scope: str, *, actor: object = TESTS, at: datetime) -> list[Grant]:
    """Grants for several people at once."""
    rows = [Grant() for _ in people]
    changes = [
        Change(
            "grant.given",
            {"person_id": person, "role": "member", "scope": scope, "granted_at": at},
            {"person": person, "role": "member", "scope": scope},
        )
        for person in people
    ]
    return list(record_many(rows, changes, actor=TESTS, at=at))


def test_many_rows_are_written_with_two_statements_and_one_command_id(
    cast: Cast, django_assert: Callable[[], list[str]]
) -> None:
    people = [cast.id(handle) for handle in ("ana", "ben", "cleo")]
    at = queries.now()
    statements = django_assert()
    grants = give_many(people, "team:1", at=at)
    assert len([s for s in statements if "timeline" in s]) == 2
    events = list(Event.objects.filter(subject__in=[g.subject for g in grants]))
    assert len(events) == 3
    assert len({event.command for event in events}) == 1
    assert [g.person_id for g in Grant.objects.order_by("id")] == people


@pytest.fixture
def django_assert() -> Callable[[], list[str]]:
    """Collect the SQL of this connection from now on."""

    def begin() -> list[str]:
        seen: list[str] = []

        def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
            seen.append(sql)
            return execute(sql, params, many, context)

        connection.execute_wrappers.append(note)
        return seen

    yield begin
    connection.execute_wrappers.clear()


def test_recording_outside_a_command_is_refused(cast: Cast) -> None:
    with pytest.raises(RuntimeError, match="commands only"):
        record(Grant(), Change("grant.given"), actor=TESTS, at=queries.now())


@command
def rename(person_id: int, columns: dict[str, object], *, actor: object = TESTS, at: datetime) -> Person:
    """Write any columns of a person."""
    return record(lock(Person, person_id), Change("person.changed", columns), actor=TESTS, at=at)


def test_a_column_that_does_not_exist_is_refused(cast: Cast) -> None:
    with pytest.raises(ValueError, match="no columns"):
        rename(cast.id("ana"), {"nickname": "x"}, at=queries.now())


def test_a_kind_that_no_stage_registered_is_refused(cast: Cast) -> None:
    @command
    def invent(*, at: datetime) -> None:
        record(lock(Person, 1), Change("person.invented"), actor=TESTS, at=at)

    with pytest.raises(LookupError, match=r"person\.invented"):
        invent(at=queries.now())


def test_a_command_within_a_command_joins_it(cast: Cast) -> None:
    @command
    def both(*, at: datetime) -> None:
        rename(cast.id("ana"), {"timezone": "Europe/Madrid"}, at=at)
        rename(cast.id("ben"), {"timezone": "Europe/Madrid"}, at=at)

    both(at=queries.now())
    assert len({e.command for e in Event.objects.order_by("-id")[:2]}) == 1


def test_what_a_command_wrote_before_it_failed_is_gone(cast: Cast) -> None:
    count = Event.objects.count()

    @command
    def half(*, at: datetime) -> None:
        rename(cast.id("ana"), {"timezone": "Europe/Madrid"}, at=at)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half(at=queries.now())
    assert Event.objects.count() == count == Outbox.objects.count()
    assert Person.objects.get(handle="ana").timezone == "UTC"


def test_a_deadlock_is_tried_again_in_place(cast: Cast) -> None:
    tries = []

    @command
    def unlucky(*, at: datetime) -> None:
        tries.append(at)
        if len(tries) == 1:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
        rename(cast.id("ana"), {"timezone": "Europe/Madrid"}, at=at)

    unlucky(at=queries.now())
    assert len(tries) == 2
    assert Person.objects.get(handle="ana").timezone == "Europe/Madrid"


def test_a_row_that_the_actor_may_not_see_is_as_if_it_were_not_there(cast: Cast) -> None:
    rename(cast.id("ana"), {"audience_id": 7}, at=queries.now())
    with transaction.atomic():
        assert lock(Person, cast.id("ana")).handle == "ana"
        with pytest.raises(Person.DoesNotExist):
            lock(Person, cast.id("ana"), seen_by=cast("ben").actor)
        with pytest.raises(Person.DoesNotExist):
            lock(Person, 999_999, seen_by=cast("ben").actor)


def test_rows_are_locked_in_the_order_of_their_ids(cast: Cast) -> None:
    ids = [cast.id("cleo"), cast.id("ana")]
    with transaction.atomic():
        assert [row.pk for row in lock_many(Person, ids)] == sorted(ids)
        with CaptureQueriesContext(connection) as asked:
            assert lock_many(Person, []) == []
    assert len(asked) == 0, "for no rows nothing is asked"


def test_of_wide_rows_no_more_is_read_than_is_asked_for(cast: Cast) -> None:
    with transaction.atomic():
        [row] = lock_many(Person, [cast.id("ana")], only=("timezone",))
    read = row.__dict__.keys() - {"_state"}
    assert read == {"id", "audience_id", "timezone"}, "who may see it is part of its events"


def test_touch_writes_counters_without_an_event_and_nothing_else(cast: Cast) -> None:
    token = ApiToken.objects.get()
    count = Event.objects.count()
    token.last_used_at = at = queries.now()
    touch([token], "last_used_at")
    assert ApiToken.objects.get().last_used_at == at
    assert Event.objects.count() == count
    with pytest.raises(ValueError, match="state"):
        touch([token], "revoked_at")


ROW = "UPDATE access_person SET timezone = 'UTC', last_event_id = {} WHERE handle = 'ana'"


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ("999999", "is not a new event of person"),
        ("2", "is not a new event of person"),
        ("last_event_id", "without an event"),
    ],
)
def test_a_row_may_name_only_a_new_event_of_its_own(cast: Cast, event: str, what: str) -> None:
    with pytest.raises(DatabaseError, match=what), connection.cursor() as cursor:
        cursor.execute(ROW.format(event))


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM access_person WHERE handle = 'ana'",
        "TRUNCATE timeline_event",
        "TRUNCATE access_person",
        "UPDATE timeline_link SET seq = 7",
        "DELETE FROM timeline_anchor",
        "UPDATE timeline_eventtext SET body = 'x'",
    ],
)
def test_the_application_has_no_right_to(cast: Cast, sql: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("sql", ["DELETE FROM access_person WHERE handle = 'ana'", "TRUNCATE timeline_event"])
def test_the_owner_is_refused_as_well(cast: Cast, database: Database, sql: str) -> None:
    with pytest.raises(psycopg.DatabaseError, match=r"kept for ever|append-only"):
        database.as_owner(sql)


def test_only_repair_lifts_the_guard_and_says_so(cast: Cast, as_owner: None) -> None:
    with repair("a slip of the hand", actor=TESTS, at=queries.now()), connection.cursor() as cursor:
        cursor.execute("UPDATE access_person SET timezone = 'Europe/Rome' WHERE handle = 'ana'")
    assert Person.objects.get(handle="ana").timezone == "Europe/Rome"
    event = Event.objects.get(kind="timeline.repaired")
    assert EventText.objects.get(event_id=event.pk).body == "a slip of the hand"
    with pytest.raises(DatabaseError, match="without an event"), connection.cursor() as cursor:
        cursor.execute("UPDATE access_person SET timezone = 'UTC' WHERE handle = 'ana'")


def test_repair_lifts_nothing_from_events(cast: Cast, as_owner: None) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        repair("x", actor=TESTS, at=queries.now()),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE timeline_event SET kind = 'x.y'")


def test_the_application_may_not_repair(cast: Cast) -> None:
    with pytest.raises(NotTheOwner), repair("x", actor=TESTS, at=queries.now()):
        pass
    assert not Event.objects.filter(kind="timeline.repaired").exists()


@pytest.fixture
def as_owner(database: Database) -> None:
    """This connection as the owner of the database, for one test."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SET ROLE postgres")


def test_a_commit_wakes_and_a_rollback_does_not(cast: Cast) -> None:
    woken: list[int] = []
    stop = hints.listen(lambda: woken.append(1))
    try:
        with transaction.atomic():
            rename(cast.id("ana"), {"timezone": "Europe/Rome"}, at=queries.now())
            transaction.set_rollback(True)
        assert woken == []
        rename(cast.id("ana"), {"timezone": "Europe/Rome"}, at=queries.now())
        assert woken
    finally:
        stop()


def test_the_row_is_a_cache_and_the_timeline_is_the_truth(cast: Cast) -> None:
    """Fold every event of every person, grant and token: it must give what the rows say."""
    admin = cast("admin").actor
    ana, ben = cast.id("ana"), cast.id("ben")
    commands.change_person(ana, {"timezone": "Europe/Madrid"}, actor=admin, at=queries.now())
    commands.change_person(ana, {"role": Role.MANAGER, "name": "Ana R"}, actor=admin, at=queries.now())
    commands.give_grant(ana, "member", "team:1", actor=admin, at=queries.now())
    commands.give_grant(ben, "member", "team:1", actor=admin, at=queries.now())
    commands.end_grant(ben, "member", "team:1", actor=admin, at=queries.now())
    commands.end_access(ben, actor=admin, at=queries.now())
    folded: dict[str, dict[str, object]] = {}
    for event in Event.objects.order_by("id"):
        fold(folded.setdefault(event.subject, {}), event)
    for person in Person.objects.all():
        said = folded[person.subject]
        for column in ("handle", "role", "timezone", "rules"):
            assert said[column] == getattr(person, column), (person, column)
        assert said["name"] == person.name
        assert said.get("retired", False) is (person.retired_at is not None)
        assert said["last"] == person.last_event_id
    for grant in Grant.objects.all():
        said = folded[grant.subject]
        assert (said["person"], said["role"], said["scope"]) == (grant.person_id, grant.role, grant.scope)
        assert said.get("ended", False) is (grant.ended_at is not None)


def fold(state: dict[str, object], event: Event) -> None:
    """What one event says of its subject: facts, before and after, texts, and that it ended."""
    texts = dict(event.texts.values_list("name", "body"))
    for name, value in event.payload.items():
        if isinstance(value, dict) and set(value) == {"before", "after"}:
            assert state[name] == value["before"], (event.kind, name)
            state[name] = value["after"]
        else:
            state[name] = texts.get(name, value)
    if event.kind.endswith((".ended", ".retired")):
        state["ended" if event.kind.endswith(".ended") else "retired"] = True
    state["last"] = event.pk


def test_erased_text_is_gone_and_the_chain_still_holds(cast: Cast, at: Callable[[], datetime]) -> None:
    @command
    def forget(person_id: int, *, at: datetime) -> int:
        row = lock(Person, person_id)
        return erase_text(row, subjects=[row.subject], actor=TESTS, at=at)

    ana = cast.id("ana")
    seal_all()
    assert EventText.objects.filter(body="Ana").exists()
    assert forget(ana, at=at()) == 2
    assert not EventText.objects.filter(body="Ana").exists()
    assert EventText.objects.filter(body="Ben").exists()
    seal_all()
    assert verify().findings == ()


def test_time_is_the_databases_and_is_kept_to_the_microsecond(cast: Cast, clock: Clock) -> None:
    clock.advance(timedelta(days=400))
    at = queries.now()
    rename(cast.id("ana"), {"timezone": "Europe/Rome"}, at=at)
    event = Event.objects.order_by("-id")[0]
    assert event.at == at
    assert timedelta(0) <= event.recorded_at - at < timedelta(seconds=30)
    seal_all()
    assert verify().ok
