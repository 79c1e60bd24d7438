"""Nothing is held for longer than its reason lasts (I12), and a sender leaves the alerts of others alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from database import Clock, Database
from engine import settle
from muster.core.lifecycle import Refusal
from muster.core.permissions import Actor, ActorKind, system
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.detect.commands import receive_signals
from muster.evaluate import commands
from muster.evaluate.due import decide_again, decide_held
from muster.evaluate.models import Decision, Rule
from muster.foundation.access import queries
from muster.foundation.catalog.commands import change_service
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import reassign_alert, snooze_alert
from people import Cast
from ruling import alert, groups, local, sender
from senders import resolve, trigger

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CRITICAL, WARNING = SignalSeverity.CRITICAL, SignalSeverity.WARNING


@pytest.fixture(autouse=True)
def lanes(database) -> None:
    """Lanes stand at the head."""
    prepare()


@pytest.mark.parametrize("hours", [1.5, 3])
def test_work_that_is_said_to_take_another_time_holds_for_that_time(
    rule: Callable[..., Rule], cast: Cast, key: str, clock: Clock, hours: float
) -> None:
    """Shorter or longer, while the alert was held all along."""
    began = clock.now() - HOUR
    said = {"starts": local(began), "timezone": "UTC", "services": ["checkout"]}
    row = rule("work", "maintenance", lasts="2h", **said)
    receive_signals([trigger(key)])
    settle()
    admin = cast("admin")
    fields = said | {"lasts": f"{int(hours * 60)}m"}
    commands.change_rule(row.pk, {"fields": fields}, actor=admin.actor, at=admin.at)
    settle()
    assert alert().suppressed_by == "maintenance:work"
    clock.set(began + hours * HOUR - 2 * MINUTE)
    assert decide_again() == 0
    assert alert().suppressed_by == "maintenance:work"
    clock.advance(3 * MINUTE)
    assert decide_again() == 1
    assert alert().suppressed_by is None


def test_what_two_explain_is_held_until_both_are_over(rule: Callable[..., Rule], key: str) -> None:
    rule("cluster", "inhibition", ["severity=warning"], source=["severity=critical"])
    receive_signals([trigger(key, name, severity=CRITICAL) for name in ("root1", "root2")])
    settle()
    receive_signals([trigger(key, "k1", severity=WARNING)])
    settle()
    causes = {alert(name).pk: name for name in ("root1", "root2")}
    first = causes[Decision.objects.get(alert=alert()).because]  # type: ignore[index]
    other = "root2" if first == "root1" else "root1"
    receive_signals([resolve(key, first)])
    settle()
    assert alert().suppressed_by == "inhibition:cluster"
    assert Decision.objects.get(alert=alert()).because == alert(other).pk
    receive_signals([resolve(key, other)])
    settle()
    assert alert().suppressed_by is None


@pytest.mark.parametrize("change", ["switch", "edge"])
def test_a_service_that_no_longer_waits_for_another_pages(key: str, change: str) -> None:
    below = sender("orders-db")
    service = Service.objects.get(handle="checkout")
    depends = {
        "depends_on": [Service.objects.get(handle="orders-db").pk],
        "hold_when_dependency_down": True,
    }
    change_service(service.pk, depends, actor=system("tests"), at=queries.now())
    receive_signals([trigger(below, "db", severity=CRITICAL)])
    settle()
    receive_signals([trigger(key)])
    settle()
    assert alert().suppressed_by == "dependency:orders-db"
    changes = {"hold_when_dependency_down": False} if change == "switch" else {"depends_on": []}
    change_service(service.pk, changes, actor=system("tests"), at=queries.now())
    settle()
    assert alert().suppressed_by is None
    assert groups().get(service__handle="checkout").state == "triggered"


def test_what_was_held_by_what_ended_at_the_same_moment_is_found(
    rule: Callable[..., Rule], key: str, database: Database
) -> None:
    """Whoever decided still saw the cause, and whoever looked for what it explained did not see it yet."""
    rule("cluster", "inhibition", ["severity=warning"], source=["severity=critical"])
    receive_signals([trigger(key, "root", severity=CRITICAL)])
    settle()
    receive_signals([trigger(key, "k1", severity=WARNING)])
    settle()
    late = Decision.objects.get(alert=alert())
    database.as_owner("ALTER TABLE evaluate_decision DISABLE TRIGGER row_guard")
    database.as_owner(f"UPDATE evaluate_decision SET because = NULL WHERE id = {late.pk}")
    receive_signals([resolve(key, "root")])
    settle()
    assert alert().suppressed_by == "inhibition:cluster"
    decide_held()
    assert alert().suppressed_by is None
    assert groups().exists()


def test_looking_again_at_what_is_rightly_held_writes_nothing(rule: Callable[..., Rule], key: str) -> None:
    rule("cluster", "inhibition", ["severity=warning"], source=["severity=critical"])
    receive_signals([trigger(key, "root", severity=CRITICAL)])
    settle()
    receive_signals([trigger(key, "k1", severity=WARNING)])
    settle()
    before = Decision.objects.get(alert=alert()).last_event_id
    decide_held()
    assert Decision.objects.get(alert=alert()).last_event_id == before


def test_a_sender_does_nothing_to_a_group_with_alerts_of_others(rule: Callable[..., Rule], key: str) -> None:
    """Until what is open is all its own."""
    other = sender("orders-db")
    rule("move", "event", ["service=orders-db"], service="checkout")
    rule("one", "grouping", ["service=checkout"], by=["class"])
    receive_signals([trigger(key, "k1"), trigger(other, "k2")])
    settle()
    assert groups().get().members.count() == 2
    at, scope = queries.now(), alert("k1").dedup_scope
    theirs = Actor(kind=ActorKind.INTEGRATION, id=1, scope=scope)
    acts = (
        lambda: snooze_alert(alert("k1").pk, at + HOUR, actor=theirs, at=at),
        lambda: reassign_alert(alert("k1").pk, "person:ana", actor=theirs, at=at),
    )
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.reason is Refusal.GROUP_OF_OTHERS
    assert groups().get().state == "triggered"
    receive_signals([resolve(other, "k2")])
    settle()
    at = queries.now()
    snooze_alert(alert("k1").pk, at + HOUR, actor=theirs, at=at)
    assert groups().get().state == "acknowledged"
