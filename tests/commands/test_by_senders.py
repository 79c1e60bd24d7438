"""What an integration does to its alerts: happy, refused, stranger, twice at once."""

import threading
from collections.abc import Callable

import pytest

from database import Database
from muster.core.lifecycle import Refusal, Verb
from muster.core.permissions import Actor, ActorKind, Denied
from muster.core.refusal import Refused
from muster.detect.commands import (
    change_alert,
    key_hash,
    move_alert,
    note_alert,
    receive_signals,
    withdraw_alert,
)
from muster.detect.models import Alert
from muster.detect.queries import Caller, alerts_of_sender, caller_by_key
from muster.detect.reasons import Detect
from muster.foundation.timeline.models import Event, EventText
from people import Cast
from senders import trigger

Act = Callable[[int, Actor], object]


@pytest.fixture
def caller(key: str) -> Caller:
    """The sender of one alert."""
    receive_signals([trigger(key)])
    found = caller_by_key(key_hash(key))
    assert found is not None
    return found


def alert() -> Alert:
    return Alert.objects.get()


def acts(caller: Caller) -> dict[str, Act]:
    return {
        "move": lambda pk, actor: move_alert(pk, Verb.RESOLVE, actor=actor, at=caller.at),
        "note": lambda pk, actor: note_alert(pk, "looking", actor=actor, at=caller.at),
        "change": lambda pk, actor: change_alert(pk, lambda row: {"tags": ["a"]}, actor=actor, at=caller.at),
        "withdraw": lambda pk, actor: withdraw_alert(pk, actor=actor, at=caller.at),
    }


def test_a_key_is_an_actor_within_the_scope_of_its_alerts(caller: Caller) -> None:
    assert caller.kind == "alertmanager"
    assert caller.actor.scope == alert().dedup_scope
    assert [row.pk for row in alerts_of_sender(caller.actor)] == [alert().pk]
    assert caller_by_key(key_hash("x" * 32)) is None


@pytest.mark.parametrize("act", ["move", "note", "change", "withdraw"])
def test_each_act_is_one_event_by_the_integration(caller: Caller, act: str) -> None:
    acts(caller)[act](alert().pk, caller.actor)
    opened, acted = Event.objects.filter(subject=alert().subject).order_by("id")
    assert opened.kind == "alert.opened"
    assert acted.actor == f"integration:{caller.integration_id}"
    assert alert().last_event_id == acted.pk


@pytest.mark.parametrize("act", ["move", "note", "change", "withdraw"])
def test_a_stranger_is_refused(caller: Caller, cast: Cast, act: str) -> None:
    """Another scope, no scope, and people without the right."""
    strangers = [
        Actor(kind=ActorKind.INTEGRATION, id=99, scope="organisation"),
        Actor(kind=ActorKind.INTEGRATION, id=99),
        cast("sam").actor,
    ]
    for actor in strangers:
        with pytest.raises(Refused) as caught:
            acts(caller)[act](alert().pk, actor)
        assert caught.value.reason in (Denied.NOT_FOUND, Denied.ROLE)
    hidden = Actor(kind=ActorKind.INTEGRATION, id=1, scope=caller.actor.scope, audiences=frozenset({2}))
    with pytest.raises(Alert.DoesNotExist):
        acts(caller)[act](alert().pk, hidden)
    assert Event.objects.filter(subject=alert().subject).count() == 1


def test_moves_follow_the_life_of_an_alert(caller: Caller) -> None:
    def move(verb: Verb) -> Alert:
        return move_alert(alert().pk, verb, actor=caller.actor, at=caller.at, why="because")

    with pytest.raises(Refused) as caught:
        move(Verb.UNACKNOWLEDGE)
    assert caught.value.reason is Refusal.NOT_ACKNOWLEDGED
    assert move(Verb.ACKNOWLEDGE).acknowledged_by_id is None
    assert move(Verb.UNACKNOWLEDGE).state == "triggered"
    assert move(Verb.RESOLVE).resolved_by == f"integration:{caller.integration_id}"
    with pytest.raises(Refused) as caught:
        move(Verb.RESOLVE)
    assert caught.value.reason is Refusal.ALREADY_RESOLVED
    assert EventText.objects.filter(name="why", body="because").count() == 3


def test_text_that_people_wrote_can_be_erased(caller: Caller) -> None:
    """Nothing of it stands in a payload (design section 4)."""
    note_alert(alert().pk, "call Zoe", by="Ben", actor=caller.actor, at=caller.at)
    new = {"summary": "Zoe's disk", "description": "of Zoe", "labels": {"owner": "Zoe"}, "tags": ["Zoe"]}
    change_alert(alert().pk, lambda row: new, actor=caller.actor, at=caller.at)
    for event in Event.objects.filter(subject=alert().subject):
        assert "Zoe" not in str(event.payload)
    assert EventText.objects.filter(body__contains="Zoe").count() == 5


def test_a_change_that_changes_nothing_is_refused_and_an_unknown_column_is_a_fault(caller: Caller) -> None:
    with pytest.raises(Refused) as caught:
        change_alert(alert().pk, lambda row: {"summary": row.summary}, actor=caller.actor, at=caller.at)
    assert caught.value.reason is Detect.ALERT_UNCHANGED
    with pytest.raises(ValueError, match="state"):
        change_alert(alert().pk, lambda row: {"state": "resolved"}, actor=caller.actor, at=caller.at)


@pytest.mark.parametrize(
    ("severity", "kind"),
    [("critical", "alert.worsened"), ("info", "alert.changed"), ("warning", "alert.changed")],
)
def test_only_a_worse_severity_is_decided_about_anew(caller: Caller, severity: str, kind: str) -> None:
    change_alert(alert().pk, lambda row: {"severity": severity}, actor=caller.actor, at=caller.at)
    event = Event.objects.latest("id")
    assert (event.kind, event.payload["from"], event.payload["to"]) == (kind, "error", severity)


def test_a_withdrawn_alert_is_over_and_out_of_its_senders_sight(caller: Caller) -> None:
    withdraw_alert(alert().pk, actor=caller.actor, at=caller.at)
    assert (alert().state, list(alerts_of_sender(caller.actor))) == ("resolved", [])
    withdraw_alert(alert().pk, actor=caller.actor, at=caller.at)
    kinds = Event.objects.filter(subject=alert().subject).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["alert.opened", "alert.resolved", "alert.withdrawn"]


def test_what_many_add_at_once_is_all_there(caller: Caller, database: Database) -> None:
    """Each edit is made of the locked row."""

    def add(tag: str) -> None:
        change_alert(alert().pk, lambda row: {"tags": [*row.tags, tag]}, actor=caller.actor, at=caller.at)

    threads = [threading.Thread(target=add, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(alert().tags) == [f"t{number}" for number in range(8)]
