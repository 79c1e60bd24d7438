"""Reactions: in order per subject, once, parked when they fail, never stuck (design section 4)."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from database import Clock, Database
from muster.core.permissions import Actor, system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Grant
from muster.foundation.timeline import lanes
from muster.foundation.timeline.lanes import Sealed
from muster.foundation.timeline.models import Event, Lane, Link, Parked
from muster.foundation.timeline.reactor import BATCH, pass_idle_lanes, prepare, react, retry_due_parked
from muster.foundation.timeline.sealer import LANES, seal_all
from people import Cast

GROUP = "tests"
TESTS = system("tests")
Table = dict[str, lanes.Reaction]


@pytest.fixture
def table(cast: Cast) -> Iterator[Table]:
    """This test's own group of reactions, beginning at the head."""
    reactions: Table = {}
    known = dict(lanes._groups)
    lanes._groups.clear()
    lanes._groups[GROUP] = reactions
    seal_all()
    prepare()
    yield reactions
    lanes._groups.clear()
    lanes._groups.update(known)


def drain() -> int:
    """Seal and react until nothing waits."""
    total = 0
    while seal_all() + (passed := react()):
        total += passed
    return total


def give(cast: Cast, *handles: str, scope: str = "team:1") -> None:
    """One event for each person."""
    for handle in handles:
        commands.give_grant(cast.id(handle), "member", scope, actor=TESTS, at=queries.now())


def test_a_reaction_names_its_cause_and_itself(cast: Cast, table: Table) -> None:
    def on_grant_given(event: Sealed, *, actor: Actor, at: datetime) -> None:
        row = Grant.objects.get(pk=event.subject_id)
        commands.end_grant(row.person_id, row.role, row.scope, actor=actor, at=at)

    table["grant.given"] = on_grant_given
    give(cast, "ana")
    drain()
    cause, effect = Event.objects.order_by("-id")[:2][::-1]
    assert (effect.kind, effect.cause, effect.actor) == ("grant.ended", cause.pk, "system:on_grant_given")
    assert Link.objects.get(event=effect).seq > Link.objects.get(event=cause).seq
    assert effect.command != cause.command


def test_links_say_the_kind_and_those_of_an_older_version_are_looked_up(
    cast: Cast, table: Table, database: Database
) -> None:
    seen: list[int] = []
    table["grant.given"] = lambda event, *, actor, at: seen.append(event.seq)
    give(cast, "ana")
    commands.change_person(cast.id("ana"), {"timezone": "Europe/Rome"}, actor=TESTS, at=queries.now())
    give(cast, "ben")
    seal_all()
    wanted = Link.objects.filter(event__kind="grant.given").order_by("seq")
    assert set(wanted.values_list("kind", flat=True)) == {"grant.given"}
    quiet = Link.objects.filter(lane=-1)
    assert set(quiet.values_list("kind", flat=True)) == {None}

    older = f"UPDATE timeline_link SET kind = NULL WHERE seq = {wanted[0].seq}"
    database.as_owner(f"SET session_replication_role = replica; {older}")
    assert drain() == 2
    assert seen == [link.seq for link in wanted]


def test_a_backlog_of_many_lanes_is_worked_in_the_order_of_the_chain(cast: Cast, table: Table) -> None:
    """A full batch stops at its last event in every claimed lane, and the next one goes on from there."""
    seen: list[int] = []
    table["person.changed"] = lambda event, *, actor, at: seen.append(event.seq)
    people, rounds = [cast.id(handle) for handle in ("ana", "ben", "sam")], 2 * BATCH // 3 + 10
    for number in range(rounds):
        zone = ("Europe/Rome", "Europe/Paris")[number % 2]
        for person in people:
            commands.change_person(person, {"timezone": zone}, actor=TESTS, at=queries.now())
    seal_all()
    counts = []
    while done := react():
        counts.append(done)
    total = len(people) * rounds
    assert counts == [BATCH, BATCH, total - 2 * BATCH]
    assert seen == sorted(seen)
    assert len(set(seen)) == total


def test_events_of_one_subject_are_reacted_to_in_order_and_once(cast: Cast, table: Table) -> None:
    seen: list[tuple[str, int]] = []

    def note(event: Sealed, *, actor: Actor, at: datetime) -> None:
        seen.append((event.subject, event.seq))

    table["person.changed"] = note
    for zone in ("Europe/Rome", "Europe/Paris", "Europe/Madrid"):
        for handle in ("ana", "ben", "sam"):
            commands.change_person(cast.id(handle), {"timezone": zone}, actor=TESTS, at=queries.now())
    drain()
    assert len(seen) == 9
    for handle in ("ana", "ben", "sam"):
        mine = [seq for subject, seq in seen if subject == f"person:{cast.id(handle)}"]
        assert mine == sorted(mine)
        assert len(mine) == 3
    assert drain() == 0


def test_a_failing_reaction_is_parked_and_delays_only_its_subject(
    cast: Cast, table: Table, clock: Clock
) -> None:
    broken = {"ana"}
    seen: list[str] = []

    def fragile(event: Sealed, *, actor: Actor, at: datetime) -> None:
        handle = next(h for h in ("ana", "ben") if event.subject == f"person:{cast.id(h)}")
        commands.give_grant(cast.id("sam"), "member", f"team:{event.seq}", actor=actor, at=at)
        if handle in broken:
            raise RuntimeError("not today")
        seen.append(f"{handle} {event.payload['timezone']['after']}")

    table["person.changed"] = fragile
    for zone in ("Europe/Rome", "Europe/Paris"):
        for handle in ("ana", "ben"):
            commands.change_person(cast.id(handle), {"timezone": zone}, actor=TESTS, at=queries.now())
    drain()
    assert seen == ["ben Europe/Rome", "ben Europe/Paris"]
    assert [p.subject for p in Parked.objects.order_by("id")] == [f"person:{cast.id('ana')}"] * 2
    assert Grant.objects.filter(person_id=cast.id("sam")).count() == 2  # what the failures wrote is gone
    assert retry_due_parked() == 0  # not yet
    broken.clear()
    clock.advance(timedelta(seconds=2))
    while retry_due_parked():
        pass
    assert [s for s in seen if s.startswith("ana")] == ["ana Europe/Rome", "ana Europe/Paris"]
    assert not Parked.objects.exists()


def test_what_another_worker_has_just_freed_holds_nothing_up(
    cast: Cast, table: Table, database: Database
) -> None:
    """What is parked is asked once the lane is ours, else an event waits for ever behind one that is done."""
    seen: list[int] = []
    table["grant.given"] = lambda event, *, actor, at: seen.append(event.seq)
    give(cast, "ana")
    seal_all()
    last = Link.objects.order_by("-seq")[0]
    Parked.objects.create(group=GROUP, subject=last.event.subject, seq=0, event_id=0)

    def freed_by_another(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if "SKIP LOCKED" in sql:
            database.as_owner("DELETE FROM timeline_parked")
        return found

    with connection.execute_wrapper(freed_by_another):
        assert react() == 1
    assert seen == [last.seq]
    assert not Parked.objects.exists()


def test_after_the_last_attempt_a_person_is_told_once(cast: Cast, table: Table, clock: Clock) -> None:
    def never(event: Sealed, *, actor: Actor, at: datetime) -> None:
        raise RuntimeError("never")

    table["grant.given"] = never
    give(cast, "ana")
    drain()
    told: list[str] = []
    for _ in range(6):
        clock.advance(timedelta(minutes=1))
        retry_due_parked(lambda event, group, error: told.append(error))
    assert told == ["RuntimeError: never"]
    [parked] = Parked.objects.all()
    assert parked.due_at is None
    assert parked.attempts == 4


def test_a_statement_that_fails_in_the_database_parks_its_event_only(cast: Cast, table: Table) -> None:
    def slow(event: Sealed, *, actor: Actor, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'too slow' USING ERRCODE = '57014'; END $$")

    table["grant.given"] = slow
    give(cast, "ana", "ben")
    drain()
    assert Parked.objects.count() == 2


def test_a_deadlock_is_tried_again_in_place_and_parked_when_it_stays(cast: Cast, table: Table) -> None:
    tries: list[int] = []

    def ring(event: Sealed, *, actor: Actor, at: datetime) -> None:
        tries.append(event.seq)
        if len(tries) < 3 or event.payload["person"] == cast.id("ben"):
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'ring' USING ERRCODE = '40P01'; END $$")

    table["grant.given"] = ring
    give(cast, "ana")
    drain()
    assert len(tries) == 3
    assert not Parked.objects.exists()
    give(cast, "ben")
    drain()
    assert Parked.objects.count() == 1


def test_a_new_group_begins_at_the_head(cast: Cast, table: Table) -> None:
    give(cast, "ana")
    seal_all()
    lanes._groups["later"] = {}
    prepare()
    prepare()
    later = Lane.objects.filter(group="later")
    assert later.count() == LANES
    assert set(later.values_list("seq", flat=True)) == {Link.objects.order_by("-seq")[0].seq}


def test_lanes_in_which_nothing_is_wanted_follow_the_head_all_at_once(cast: Cast, table: Table) -> None:
    table["person.retired"] = lambda event, *, actor, at: None
    before = set(Lane.objects.filter(group=GROUP).values_list("seq", flat=True))
    for n in range(101):
        give(cast, "ana", scope=f"team:{n}")
    seal_all()
    assert react() == pass_idle_lanes() == 0
    head = Link.objects.order_by("-seq")[0].seq
    after = set(Lane.objects.filter(group=GROUP).values_list("seq", flat=True))
    assert before != after == {head}


def test_two_workers_share_the_lanes_and_react_once(cast: Cast, table: Table) -> None:
    seen: list[int] = []

    def note(event: Sealed, *, actor: Actor, at: datetime) -> None:
        seen.append(event.seq)

    table["grant.given"] = note
    for n in range(40):
        give(cast, "ana", scope=f"team:{n}")
    seal_all()
    in_threads(lambda: [react() for _ in range(40)])
    assert len(seen) == len(set(seen)) == 40


def test_another_worker_finds_work_while_one_is_busy(cast: Cast, table: Table) -> None:
    found: list[int] = []
    begun = threading.Event()

    def busy(event: Sealed, *, actor: Actor, at: datetime) -> None:
        if not begun.is_set():
            begun.set()
            in_threads(lambda: found.append(react()), threads=1)

    table["grant.given"] = busy
    for n in range(100):
        give(cast, "ana", scope=f"team:{n}")
    seal_all()
    first = react()
    assert found[0] > 0
    assert first + found[0] + drain() == 100


def in_threads(work: Callable[[], object], *, threads: int = 2) -> None:
    """Run in threads at once, each with its own connection."""

    def run() -> None:
        work()
        connections["default"].close()

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def test_only_one_seals_at_a_time_and_nothing_is_sealed_twice(cast: Cast, table: Table) -> None:
    for n in range(30):
        give(cast, "ana", scope=f"team:{n}")
    in_threads(seal_all)
    seal_all()
    assert list(Link.objects.order_by("seq").values_list("seq", flat=True)) == list(
        range(1, Event.objects.count() + 1)
    )
