"""What is owed: armed, met in time or late, breached, reminded of, superseded, excused."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from database import Clock
from muster.core.obligations import Kind, ObligationRefusal, Owed, SupersededBy, reminders
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.foundation.access import queries as access
from muster.foundation.obligations import commands, queries
from muster.foundation.obligations.commands import OwedOn
from muster.foundation.obligations.due import breach_due_obligations, remind_due_obligations
from muster.foundation.obligations.models import Obligation
from muster.foundation.timeline.models import Event
from people import Cast

TESTS = system("tests")
ON = OwedOn("incident:42", incident=42)
HOUR = timedelta(hours=1)


def arm(*kinds: Kind, within: timedelta = HOUR, on: OwedOn = ON) -> Sequence[Obligation]:
    """Arm these, due in an hour."""
    at = access.now()
    owed = [Owed(kind, at, at + within, reminders=reminders(at, at + within)) for kind in kinds]
    return commands.arm_obligations(owed, on, actor=TESTS, at=at)


def state_of(row: Obligation) -> str:
    """As it stands now."""
    return Obligation.objects.get(pk=row.pk).state


def test_what_is_done_in_time_is_met(database: object) -> None:
    [row] = arm(Kind.UPDATE_BY)
    [met] = commands.meet_obligations("incident:42", [Kind.UPDATE_BY], actor=TESTS, at=access.now())
    assert (met.pk, met.state, met.breached_at) == (row.pk, "met", None)
    assert Event.objects.get(subject=met.subject, kind="obligation.met").payload["reason"] == "in_time"


def test_the_due_instant_itself_is_in_time(database: object) -> None:
    [row] = arm(Kind.UPDATE_BY)
    assert row.due_at is not None
    assert list(commands.breach_obligations([row.pk], actor=TESTS, at=row.due_at)) == []
    late = commands.breach_obligations([row.pk], actor=TESTS, at=row.due_at + timedelta(microseconds=1))
    assert [one.state for one in late] == ["breached"]


def test_what_was_breached_can_still_be_met_late_and_stays_a_breach(database: object, clock: Clock) -> None:
    [row] = arm(Kind.UPDATE_BY)
    clock.advance(HOUR + timedelta(seconds=1))
    assert breach_due_obligations() == 1
    assert breach_due_obligations() == 0
    assert state_of(row) == "breached"
    [met] = commands.meet_obligations("incident:42", [Kind.UPDATE_BY], actor=TESTS, at=access.now())
    assert (met.state, met.breached_at) == ("met", row.due_at)


def test_its_owner_is_reminded_once_on_the_way(database: object, clock: Clock) -> None:
    [row] = arm(Kind.UPDATE_BY)
    assert remind_due_obligations() == 0
    clock.advance(timedelta(minutes=41))
    assert (remind_due_obligations(), remind_due_obligations()) == (1, 0)
    assert Event.objects.filter(subject=row.subject, kind="obligation.reminded").count() == 1


def test_fifty_are_done_at_a_time(database: object, clock: Clock) -> None:
    for number in range(60):
        arm(Kind.UPDATE_BY, on=OwedOn(f"incident:{number}", incident=number))
    clock.advance(HOUR + timedelta(seconds=1))
    assert (breach_due_obligations(), breach_due_obligations(), breach_due_obligations()) == (50, 10, 0)


def test_the_same_thing_is_owed_once_at_a_time(database: object) -> None:
    """Arming again renews: the older one gives way."""
    [first] = arm(Kind.HANDOVER_BY)
    [second] = arm(Kind.HANDOVER_BY, within=2 * HOUR)
    assert (state_of(first), state_of(second)) == ("superseded", "armed")


def test_what_is_owed_by_different_people_stands_side_by_side(database: object, cast: Cast) -> None:
    on = [OwedOn("incident:42", 42, person=cast.id(handle)) for handle in ("ana", "ben")]
    rows = [arm(Kind.READY_BY, on=one)[0] for one in on]
    commands.meet_obligations(
        "incident:42", [Kind.READY_BY], actor=TESTS, at=access.now(), person=cast.id("ana")
    )
    assert [state_of(row) for row in rows] == ["met", "armed"]
    ben = cast("ben")
    assert [row.pk for row in queries.obligations_of(ben.actor, cast.id("ben"))] == [rows[1].pk]


def test_what_is_due_comes_first_and_what_is_over_not_at_all(database: object, cast: Cast) -> None:
    later, sooner = arm(Kind.HANDOVER_BY, within=4 * HOUR)[0], arm(Kind.UPDATE_BY)[0]
    gone = arm(Kind.FIX_BY)[0]
    commands.supersede_obligations(
        "incident:42", [Kind.FIX_BY], SupersededBy.RESOLVED, actor=TESTS, at=access.now()
    )
    found = queries.what_is_due(cast("ana").actor, 42)
    assert [row.pk for row in found] == [sooner.pk, later.pk]
    assert state_of(gone) == "superseded"


def test_a_manager_excuses_with_a_reason(database: object, cast: Cast) -> None:
    [row] = arm(Kind.POSTMORTEM_DRAFT_BY)
    cleo = cast("cleo")
    with pytest.raises(Refused) as refused:
        commands.waive_obligation(row.pk, actor=cleo.actor, at=cleo.at, why=" ")
    assert refused.value.reason is ObligationRefusal.REASON_NEEDED
    waived = commands.waive_obligation(row.pk, actor=cleo.actor, at=cleo.at, why="merged with another")
    assert waived.state == "waived"
    with pytest.raises(Refused) as over:
        commands.waive_obligation(row.pk, actor=cleo.actor, at=cleo.at, why="again")
    assert over.value.reason is ObligationRefusal.OVER


@pytest.mark.parametrize("handle", ["ana", "sam", "ada"])
def test_nobody_else_excuses(database: object, cast: Cast, handle: str) -> None:
    [row] = arm(Kind.POSTMORTEM_DRAFT_BY)
    who = cast(handle)
    with pytest.raises(Refused) as refused:
        commands.waive_obligation(row.pk, actor=who.actor, at=who.at, why="no time")
    assert refused.value.reason is Denied.NOT_COMMANDER
    assert state_of(row) == "armed"


def test_what_is_not_yours_to_see_is_not_there(database: object, cast: Cast) -> None:
    [row] = arm(Kind.UPDATE_BY, on=OwedOn("incident:42", 42, audience_id=77))
    ana = cast("ana")
    assert queries.what_is_due(ana.actor, 42) == []
    with pytest.raises(Refused) as refused:
        commands.waive_obligation(row.pk, actor=ana.actor, at=ana.at, why="why not")
    assert str(refused.value.reason) == "obligation_not_found"
