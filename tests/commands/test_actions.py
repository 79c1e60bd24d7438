"""Action items: owned, due within the severity's sprints, done, dropped with a reason (R57)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from learning import declared, publish_default, set_audience
from muster.core.action_items import ActionRefusal
from muster.core.obligations import Kind
from muster.core.permissions import Denied
from muster.core.refusal import Refused
from muster.core.review import ReviewRefusal
from muster.evaluate.models import Incident
from muster.evaluate.reasons import Evaluate
from muster.foundation.access import queries
from muster.foundation.access.models import Audience
from muster.foundation.obligations.due import breach_due_obligations
from muster.foundation.obligations.models import Obligation
from muster.foundation.timeline.models import Event
from muster.review.actions import commands
from muster.review.actions.commands import Wanted
from muster.review.actions.models import ActionItem
from muster.review.actions.queries import action_item_of, action_items, overdue_action_items
from muster.review.actions.reasons import Acting
from people import Cast

SPRINT = timedelta(weeks=2)


@pytest.fixture
def incident(cast: Cast) -> Incident:
    """A SEV1 under the default Standard."""
    publish_default(queries.now())
    return declared(cast("ana"), severity="SEV1")


def add(cast: Cast, incident: Incident, *, who: str = "ana", owner: str = "ben", **more: Any) -> ActionItem:
    """Add an action item as somebody."""
    someone = cast(who)
    said = {"title": "Refuse unknown settings", "owner": cast.id(owner), "tag": "prevention"} | more
    return commands.add_action_item(incident.pk, Wanted(**said), actor=someone.actor, at=someone.at)


def owed(row: ActionItem) -> list[tuple[str, int | None]]:
    """The item's obligations, oldest first."""
    found = Obligation.objects.filter(about=row.subject, kind=Kind.ACTION_ITEM_BY).order_by("id")
    return [(one.state, one.person_id) for one in found]


def test_a_sev1_s_item_is_due_within_one_sprint_and_owed_by_its_owner(incident: Incident, cast: Cast) -> None:
    # R57
    row = add(cast, incident, ticket="PAY-2214")
    assert row.due_at == row.created_at + SPRINT
    assert (row.state, row.ticket, row.public_id) == ("open", "PAY-2214", f"ACT-{row.pk}")
    [armed] = Obligation.objects.filter(kind=Kind.ACTION_ITEM_BY)
    assert (armed.due_at, armed.person_id, armed.incident) == (row.due_at, cast.id("ben"), incident.pk)


def test_a_sev2_s_item_has_two_sprints(cast: Cast, incident: Incident) -> None:
    # R57
    second = declared(cast("ana"), severity="SEV2")
    row = add(cast, second)
    assert row.due_at == row.created_at + 2 * SPRINT


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"title": "  "}, Acting.TITLE_NEEDED),
        ({"tag": "hope"}, ReviewRefusal.UNKNOWN_TAG),
        ({"owner": None}, ReviewRefusal.OWNER_NEEDED),
        ({"owner": 999}, Acting.OWNER_UNKNOWN),
    ],
)
def test_an_item_needs_words_a_known_tag_and_an_owner(
    incident: Incident, cast: Cast, more: dict[str, Any], reason: Any
) -> None:
    ana = cast("ana")
    said = {"title": "x", "owner": cast.id("ben"), "tag": "detection"} | more
    with pytest.raises(Refused) as refused:
        commands.add_action_item(incident.pk, Wanted(**said), actor=ana.actor, at=ana.at)
    assert refused.value.reason is reason
    assert not ActionItem.objects.exists()


def test_the_day_is_neither_past_nor_later_than_the_standard_allows(incident: Incident, cast: Cast) -> None:
    now = cast("ana").at
    for due_at, reason in (
        (now - timedelta(days=1), ActionRefusal.DUE_IN_THE_PAST),
        (now + SPRINT + timedelta(minutes=1), ActionRefusal.DUE_TOO_LATE),
    ):
        with pytest.raises(Refused) as refused:
            add(cast, incident, due_at=due_at)
        assert refused.value.reason is reason
    assert add(cast, incident, due_at=now + timedelta(days=3)).due_at == now + timedelta(days=3)


def test_its_owner_completes_it_and_owes_it_no_longer(incident: Incident, cast: Cast) -> None:
    row = add(cast, incident, owner="sam")
    sam = cast("sam")
    assert commands.complete_action_item(row.pk, actor=sam.actor, at=sam.at).done_at == sam.at
    assert owed(row) == [("met", cast.id("sam"))]
    with pytest.raises(Refused) as refused:
        commands.complete_action_item(row.pk, actor=sam.actor, at=sam.at)
    assert refused.value.reason is ActionRefusal.NO_SUCH_MOVE


def test_completed_twice_at_once_it_is_done_once(incident: Incident, cast: Cast) -> None:
    row, gate, outcomes = add(cast, incident), threading.Barrier(2), []

    def complete() -> None:
        ben = cast("ben")
        gate.wait()
        try:
            commands.complete_action_item(row.pk, actor=ben.actor, at=ben.at)
            outcomes.append("done")
        except Refused as refused:
            outcomes.append(str(refused.reason))
        finally:
            connection.close()

    threads = [threading.Thread(target=complete) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["action_item_no_such_move", "done"]
    assert Event.objects.filter(kind="action_item.completed").count() == 1


def test_a_day_moves_only_with_a_reason_and_leaves_a_trace(incident: Incident, cast: Cast) -> None:
    row, ana = add(cast, incident, due_at=cast("ana").at + timedelta(days=2)), cast("ana")
    later = ana.at + timedelta(days=9)
    with pytest.raises(Refused) as refused:
        commands.change_action_item(row.pk, {"due_at": later}, actor=ana.actor, at=ana.at)
    assert refused.value.reason is ActionRefusal.REASON_NEEDED
    commands.change_action_item(row.pk, {"due_at": later}, actor=ana.actor, at=ana.at, why="a holiday")
    assert ActionItem.objects.get().due_at == later
    assert owed(row) == [("superseded", cast.id("ben")), ("armed", cast.id("ben"))]
    event = Event.objects.get(kind="action_item.changed")
    assert set(event.payload["due_at"]) == {"before", "after"}


def test_another_owner_owes_it_from_then_on(incident: Incident, cast: Cast) -> None:
    row, ana = add(cast, incident), cast("ana")
    changes = {"owner": cast.id("cleo"), "title": "Refuse unknown settings at start", "tag": "detection"}
    changed = commands.change_action_item(row.pk, changes, actor=ana.actor, at=ana.at)
    assert (changed.owner_id, changed.tag) == (cast.id("cleo"), "detection")
    assert owed(row) == [("superseded", cast.id("ben")), ("armed", cast.id("cleo"))]
    commands.change_action_item(row.pk, changes, actor=ana.actor, at=ana.at)
    assert Event.objects.filter(kind="action_item.changed").count() == 1


def test_it_is_dropped_with_a_reason_and_can_be_taken_up_again(incident: Incident, cast: Cast) -> None:
    row, ana = add(cast, incident), cast("ana")
    with pytest.raises(Refused) as refused:
        commands.drop_action_item(row.pk, actor=ana.actor, at=ana.at, why="")
    assert refused.value.reason is ActionRefusal.REASON_NEEDED
    commands.drop_action_item(row.pk, actor=ana.actor, at=ana.at, why="the service is retired")
    assert owed(row) == [("superseded", cast.id("ben"))]
    with pytest.raises(Refused) as over:
        commands.change_action_item(row.pk, {"ticket": "X-1"}, actor=ana.actor, at=ana.at)
    assert over.value.reason is Acting.OVER
    commands.reopen_action_item(row.pk, actor=ana.actor, at=ana.at, why="it is back")
    assert owed(row)[-1] == ("armed", cast.id("ben"))


def test_overdue_begins_after_the_due_instant(incident: Incident, cast: Cast, clock: Any) -> None:
    # R57: overdue tracking
    row = add(cast, incident)
    assert row.due_at is not None
    ana = cast("ana")
    assert list(overdue_action_items(ana.actor, row.due_at)) == []
    assert list(overdue_action_items(ana.actor, row.due_at + timedelta(microseconds=1))) == [row]
    clock.advance(SPRINT + timedelta(minutes=1))
    assert breach_due_obligations() >= 1
    assert owed(row) == [("breached", cast.id("ben"))]


@pytest.mark.parametrize("who", ["sam", "ada"])
def test_a_stakeholder_and_an_auditor_do_not_write(incident: Incident, cast: Cast, who: str) -> None:
    with pytest.raises(Refused) as refused:
        add(cast, incident, who=who)
    assert refused.value.reason is Denied.ROLE
    row = add(cast, incident)
    someone = cast(who)
    with pytest.raises(Refused) as moving:
        commands.complete_action_item(row.pk, actor=someone.actor, at=someone.at)
    assert moving.value.reason is Denied.ROLE


def test_a_restricted_incident_s_items_are_as_if_they_were_not(incident: Incident, cast: Cast) -> None:
    row = add(cast, incident)
    set_audience(incident, Audience.objects.create(name="INC").pk)
    ana = cast("ana")
    for public_id in (row.public_id, "ACT-999", "nonsense"):
        with pytest.raises(Refused) as refused:
            action_item_of(ana.actor, public_id)
        assert refused.value.reason is Acting.NOT_FOUND
    with pytest.raises(Refused) as writing:
        commands.complete_action_item(row.pk, actor=ana.actor, at=ana.at)
    assert writing.value.reason is Acting.NOT_FOUND
    with pytest.raises(Refused) as adding:
        add(cast, incident)
    assert adding.value.reason is Evaluate.INCIDENT_NOT_FOUND
    assert list(action_items(ana.actor)) == []
