"""Reactions that take many events at once: one command for all, and none fails its neighbours (design 4)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from muster.core.change import Change
from muster.core.permissions import Actor, system
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Grant
from muster.foundation.timeline import lanes
from muster.foundation.timeline.lanes import Reaction, Sealed, gathered, together
from muster.foundation.timeline.models import Event, Parked
from muster.foundation.timeline.pen import command, lock_many, record_many
from muster.foundation.timeline.reactor import prepare, react
from muster.foundation.timeline.sealer import seal_all
from people import Cast

GROUP = "tests"
TESTS = system("tests")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = ("ana", "ben", "sam", "cleo", "pia")


@pytest.fixture
def table() -> Iterator[dict[str, Reaction]]:
    """This test's own group of reactions, and no other."""
    reactions: dict[str, Reaction] = {}
    known = dict(lanes._groups)
    lanes._groups.clear()
    lanes._groups[GROUP] = reactions
    yield reactions
    lanes._groups.clear()
    lanes._groups.update(known)


def give_all(cast: Cast) -> None:
    """One event for each of the people, none of which anybody has reacted to."""
    seal_all()
    prepare()
    for handle in PEOPLE:
        commands.give_grant(cast.id(handle), "member", "team:1", actor=TESTS, at=queries.now())
    seal_all()


@command
def end_all(causes: dict[int, int], *, actor: Actor, at: datetime) -> None:
    """End these grants, each because of an event of its own."""
    rows = lock_many(Grant, causes)
    change = Change("grant.ended", {"ended_at": at})
    record_many(rows, [change] * len(rows), actor=actor, at=at, causes=[causes[row.pk] for row in rows])


def event(seq: int, kind: str, subject: str) -> Sealed:
    """An event as far as gathering looks at it."""
    return Sealed(seq, seq, UUID(int=seq), kind, subject, None, "system:tests", BEGINNING, {})


def test_events_are_gathered_by_reaction_and_a_subject_keeps_its_order(table: dict[str, Reaction]) -> None:
    """What comes second about a subject waits until what came first has been reacted to."""

    def on_a(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None: ...

    def on_b(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None: ...

    table |= {"a": on_a, "b": on_b}
    said = [("a", "x:1"), ("b", "x:2"), ("a", "x:3"), ("nobody's", "x:1"), ("b", "x:1"), ("a", "x:4")]
    events = [event(n, kind, subject) for n, (kind, subject) in enumerate(said, 1)]
    found = [(fn.__name__, [e.seq for e in some]) for fn, some in gathered(events, GROUP)]
    assert found == [("on_a", [1, 3]), ("on_b", [2]), ("on_b", [5]), ("on_a", [6])]


def test_many_events_are_one_call_and_each_effect_names_its_own_cause(
    cast: Cast, table: dict[str, Reaction]
) -> None:
    calls: list[int] = []

    @together
    def on_grants_given(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
        calls.append(len(events))
        end_all(lanes.causes_of(events), actor=actor, at=at)

    table["grant.given"] = on_grants_given
    give_all(cast)
    assert react() == len(PEOPLE)
    assert calls == [len(PEOPLE)]
    given = {e.subject: e.pk for e in Event.objects.filter(kind="grant.given", actor="system:tests")}
    ended = {e.subject: e.cause for e in Event.objects.filter(kind="grant.ended")}
    assert ended == given
    assert react() == 0


def test_one_event_never_fails_its_neighbours(cast: Cast, table: dict[str, Reaction]) -> None:
    """One failure undoes what was done for all; then each goes by itself, and only that one is parked."""
    broken = cast.id("sam")
    calls: list[int] = []

    @together
    def on_grants_given(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
        calls.append(len(events))
        for one in events:
            row = Grant.objects.get(pk=one.subject_id)
            commands.give_grant(row.person_id, "member", "team:2", actor=actor, at=at)
            if row.person_id == broken and row.scope == "team:1":
                raise RuntimeError("not today")

    table["grant.given"] = on_grants_given
    give_all(cast)
    assert react() == len(PEOPLE)
    assert calls == [len(PEOPLE), 1, 1, 1, 1, 1]
    assert Grant.objects.filter(scope="team:2").count() == len(PEOPLE) - 1
    [parked] = Parked.objects.all()
    assert parked.error == "RuntimeError: not today"
