"""Signals become alerts, durably and in batches."""

import threading

from django.db import transaction

from database import Database
from muster.core.permissions import system
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.detect import commands
from muster.detect.commands import Received, intake, receive_signals
from muster.detect.models import Alert, Integration
from muster.detect.models import Signal as Kept
from muster.foundation.access.queries import now
from muster.foundation.timeline.models import Event
from people import Cast
from senders import make_service, resolve, trigger


def test_a_trigger_opens_one_alert_with_one_event(key: str) -> None:
    """The signal is kept with its disposition."""
    [taken] = receive_signals([trigger(key)])
    assert taken.known
    [alert] = Alert.objects.all()
    assert (alert.state, alert.count, alert.summary) == ("triggered", 1, "Checkout fails")
    [event] = Event.objects.filter(subject=alert.subject)
    assert (event.kind, event.actor) == ("alert.opened", f"integration:{alert.integration_id}")
    [kept] = Kept.objects.all()
    assert (kept.disposition, kept.alert_id, kept.raw) == ("opened", alert.pk, {"a": 1})


def test_repeats_are_counted_without_an_event(key: str) -> None:
    """A storm on one key is one alert, and writes no timeline."""
    receive_signals([trigger(key)] * 3)
    receive_signals([trigger(key)] * 4)
    [alert] = Alert.objects.all()
    assert alert.count == 7
    assert Event.objects.filter(subject=alert.subject).count() == 1
    assert Kept.objects.filter(disposition="merged").count() == 6


def test_a_resolve_ends_it_and_a_new_trigger_opens_another(key: str) -> None:
    """Also within one batch."""
    receive_signals([trigger(key), resolve(key), trigger(key)])
    assert sorted(Alert.objects.values_list("state", flat=True)) == ["resolved", "triggered"]


def test_a_resolve_of_nothing_is_accepted_and_kept_with_its_reason(key: str) -> None:
    """Wire rule 13."""
    [taken] = receive_signals([resolve(key, "never-seen")])
    assert taken.known
    [kept] = Kept.objects.all()
    assert (kept.disposition, kept.reason) == ("rejected", "nothing_open")


def test_an_unknown_key_keeps_nothing_and_fails_nobody_else(key: str) -> None:
    """The neighbours in the batch are taken."""
    taken = receive_signals([trigger("x" * 32), trigger(key)])
    assert [t.known for t in taken] == [False, True]
    assert Kept.objects.count() == 1


def test_a_rotated_key_and_the_old_one_work_and_a_retired_one_does_not(key: str, cast: Cast) -> None:
    """The batch reads its keys anew."""
    admin = cast("admin")
    integration = Integration.objects.get()
    new = commands.rotate_key(integration.pk, actor=admin.actor, at=admin.at)
    assert [t.known for t in receive_signals([trigger(new), trigger(key)])] == [True, True]
    commands.retire_integration(integration.pk, actor=admin.actor, at=admin.at)
    assert [t.known for t in receive_signals([trigger(new), trigger(key)])] == [False, False]


def test_a_worse_severity_is_one_event(key: str) -> None:
    """Warning, then critical."""
    receive_signals([trigger(key, severity=SignalSeverity.WARNING)])
    receive_signals([trigger(key, severity=SignalSeverity.CRITICAL), resolve(key)])
    [alert] = Alert.objects.all()
    assert alert.severity == "critical"
    kinds = Event.objects.filter(subject=alert.subject).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["alert.opened", "alert.worsened", "alert.resolved"]


def test_alerts_that_change_together_keep_each_what_the_other_changes(key: str) -> None:
    """One batch resolves what a sender had acknowledged, worsens a second and acknowledges a third."""
    acknowledged = make_signal(Action.ACKNOWLEDGE, "k1", raw={})
    warning, critical = SignalSeverity.WARNING, SignalSeverity.CRITICAL
    receive_signals([trigger(key, dedup, severity=warning) for dedup in ("k1", "k2", "k3")])
    receive_signals([Received(commands.key_hash(key), "alertmanager", (acknowledged,))])
    third = make_signal(Action.ACKNOWLEDGE, "k3", raw={})
    receive_signals(
        [
            resolve(key, "k1"),
            trigger(key, "k2", severity=critical),
            Received(commands.key_hash(key), "alertmanager", (third,)),
        ]
    )
    first, second, last = Alert.objects.order_by("dedup_key")
    assert (first.state, first.severity, first.acknowledged_at is not None) == ("resolved", "warning", True)
    assert (second.state, second.severity, second.resolved_at) == ("triggered", "critical", None)
    assert (last.state, last.severity, last.acknowledged_at is not None) == ("acknowledged", "warning", True)


def test_each_event_of_a_batch_names_its_own_sender(key: str) -> None:
    """Two integrations of two services, taken in one transaction."""
    actor = system("tests")
    other = make_service(actor=actor, at=now(), handle="search")
    _, second = commands.add_integration(
        actor=actor, at=now(), handle="am2", kind="alertmanager", service_id=other.pk
    )
    receive_signals([trigger(key), trigger(second), trigger(key, "k2")])
    receive_signals([resolve(key), resolve(second)])
    for alert in Alert.objects.all():
        said = Event.objects.filter(subject=alert.subject).values_list("actor", flat=True)
        assert set(said) == {f"integration:{alert.integration_id}"}
        if alert.state == "resolved":
            assert alert.resolved_by == f"integration:{alert.integration_id}"
    assert Alert.objects.filter(state="resolved").count() == 2


def test_nul_in_a_payload_is_kept_cleaned(key: str) -> None:
    """PostgreSQL's jsonb refuses NUL; nothing is lost for it."""
    signal = Signal(Action.TRIGGER, "nul", summary="x", raw={"a": "b\x00c"})
    assert receive_signals([Received(commands.key_hash(key), "alertmanager", (signal,)), trigger(key)])[
        0
    ].known
    assert Kept.objects.count() == 2


def test_two_processes_that_open_the_same_keys_at_once_make_one_alert_each(
    key: str, database: Database
) -> None:
    """I4: a partial unique index and another try."""
    keys = [f"k{n}" for n in range(40)]
    threads = [
        threading.Thread(target=receive_signals, args=([trigger(key, k) for k in order],))
        for order in (keys, keys[::-1], keys, keys[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Alert.objects.count() == 40
    assert set(Alert.objects.values_list("count", flat=True)) == {4}


def test_identical_repeats_beyond_sixty_a_minute_are_counted_without_a_row(key: str) -> None:
    """Every signal is accounted for: by its row, or on its alert (design section 5)."""
    for _ in range(3):
        receive_signals([trigger(key)] * 80)
    [alert] = Alert.objects.all()
    assert alert.count == 240
    assert Kept.objects.count() + alert.unkept == 240
    assert Kept.objects.count() < 240 - 50
    receive_signals([Received(commands.key_hash(key), "alertmanager", (other_body(),))])
    assert Kept.objects.latest("id").raw == {"b": 2}


def test_what_differs_is_kept_however_often_it_comes(key: str) -> None:
    """Only identical bodies are left out."""
    for start in (0, 80):
        signals = tuple(other_body(number) for number in range(start, start + 80))
        receive_signals([Received(commands.key_hash(key), "alertmanager", signals)])
    assert Kept.objects.count() == 160
    assert Alert.objects.get().unkept == 0


def test_a_batch_that_is_not_kept_teaches_nothing(key: str) -> None:
    """What was counted towards the sixty is rolled back with the batch."""
    receive_signals([trigger(key)])
    for _ in range(3):
        with transaction.atomic():
            intake._receive([trigger(key)] * 60)
            transaction.set_rollback(True)
    receive_signals([trigger(key)] * 59)
    assert (Kept.objects.count(), Alert.objects.get().unkept) == (60, 0)


def other_body(number: int = 2) -> Signal:
    """A trigger of the same key with a body of its own."""
    return Signal(Action.TRIGGER, "k1", summary="Checkout fails", raw={"b": number})
