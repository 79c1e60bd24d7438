"""What doors could not read is kept, told once an hour, bounded, and fails nobody (I1, I14, I26)."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from django.db import DataError, OperationalError, connection, connections

from database import Clock, Database
from engine import settle
from muster.core.intake import IntakeReason
from muster.core.permissions import system
from muster.core.signals import Action, Signal
from muster.core.unreadable import KEPT_A_MINUTE, unreadable
from muster.detect import commands
from muster.detect.commands import Received, Taken, receive_signals, remains_of
from muster.detect.models import Alert, Integration
from muster.detect.models import Signal as Kept
from muster.detect.queries import recent_payloads
from muster.detect.signal_days import clear_unreadable
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.escalation.models import Escalation
from muster.web.batching import Flusher
from muster.web.store import NotStored, Refusal, Store
from people import Cast
from senders import trigger


def broken(key: str, body: bytes = b'{"alerts": 7}', error: str = "'alerts' must be a list") -> Received:
    """A request that its door could not read."""
    rest = unreadable(IntakeReason.NOT_UNDERSTOOD, body, errors=[error], secret=key)
    return Received(commands.key_hash(key), "alertmanager", (), rest)


def told() -> Alert:
    """The one alert about what could not be read."""
    return Alert.objects.get(labels__kind="unreadable_payload")


def test_it_is_kept_with_its_reason_under_one_alert_of_the_senders_service(key: str) -> None:
    [taken] = receive_signals([broken(key)])
    assert taken.known
    [row] = Kept.objects.all()
    assert (row.disposition, row.reason, row.action) == ("unreadable", "not_understood", "unknown")
    assert row.raw["body"] == {"alerts": 7}
    assert row.raw["errors"] == ["'alerts' must be a list"]
    alert = told()
    assert row.alert_id == alert.pk
    assert alert.service.handle == "checkout"
    assert (alert.dedup_scope, alert.severity, alert.source) == ("meta", "warning", "muster")
    assert alert.summary == "am sent what cannot be read: 'alerts' must be a list"
    [event] = Event.objects.filter(subject=alert.subject)
    assert (event.kind, event.actor) == ("alert.opened", "system:keep_unreadable")
    assert Integration.objects.get().last_seen_at is not None


def test_it_pages_the_services_own_people(key: str, cast: Cast, clock: Clock) -> None:
    """As any alert does; and the end of its ladder raises no alert about an alert of our own (I26)."""
    prepare()
    receive_signals([broken(key)])
    settle()
    assert AlertGroup.objects.get().service.handle == "checkout"
    for _ in range(6):
        climb_due_escalations()
        settle()
        clock.advance(timedelta(minutes=20))
    assert Escalation.objects.get(about=AlertGroup.objects.get().subject).state == "exhausted"
    assert Alert.objects.count() == 1


def test_one_alert_an_hour_counts_them_all_and_few_get_a_row(key: str, clock: Clock) -> None:
    """A sender that is wrong every second fills neither the disk nor the inbox."""
    for _ in range(5):
        receive_signals([broken(key) for _ in range(20)])
    alert = told()
    assert (alert.count, alert.unkept) == (100, 100 - KEPT_A_MINUTE)
    assert Kept.objects.count() == KEPT_A_MINUTE
    assert Event.objects.filter(subject=alert.subject).count() == 1
    clock.advance(timedelta(minutes=1, seconds=1))
    receive_signals([broken(key, b'{"later": true}')])
    assert Kept.objects.latest("id").raw["body"] == {"later": True}


def test_the_next_hour_has_its_own_alert_and_ends_the_one_before(key: str, clock: Clock) -> None:
    clock.set(clock.now().replace(minute=30, second=0))
    receive_signals([broken(key)])
    first = told()
    clock.advance(timedelta(hours=1))
    receive_signals([broken(key)])
    first.refresh_from_db()
    assert first.state == "resolved"
    assert Alert.objects.filter(labels__kind="unreadable_payload").exclude(state="resolved").count() == 1
    assert Alert.objects.count() == 2


def test_what_somebody_put_aside_is_not_raised_again_within_the_hour(key: str, clock: Clock) -> None:
    clock.set(clock.now().replace(minute=5, second=0))
    receive_signals([broken(key)])
    commands.clear_meta_alerts(
        [("unreadable_payload", told().labels["about"])], actor=system("tests"), at=queries.now()
    )
    receive_signals([broken(key)])
    assert (told().state, told().count) == ("resolved", 2)


def test_it_ends_by_itself_when_the_sender_is_mended(key: str, clock: Clock) -> None:
    receive_signals([broken(key)])
    clock.advance(timedelta(minutes=59))
    assert clear_unreadable() == 0
    clock.advance(timedelta(minutes=2))
    assert clear_unreadable() == 1
    assert told().state == "resolved"
    assert clear_unreadable() == 0


def test_strangers_leave_nothing(key: str) -> None:
    """Neither with an unknown key, nor with one of another kind, nor with a revoked one."""
    stranger = broken("x" * 32)
    other_kind = msgspec.structs.replace(broken(key), kind="generic")
    assert [one.known for one in receive_signals([stranger, other_kind])] == [False, False]
    [row] = Integration.objects.all()
    commands.retire_integration(row.pk, actor=system("tests"), at=queries.now())
    assert [one.known for one in receive_signals([broken(key)])] == [False]
    assert (Kept.objects.count(), Alert.objects.count()) == (0, 0)


def test_a_mapping_can_be_tried_on_what_was_not_understood(key: str) -> None:
    """The body as it came, not as it is kept; what is no JSON cannot be tried."""
    no_json = msgspec.structs.replace(broken(key), unread=unreadable(IntakeReason.NOT_JSON, b"{"))
    receive_signals([broken(key), no_json, trigger(key)])
    assert recent_payloads(Integration.objects.get()) == [{"alerts": 7}, {"a": 1}]


def test_its_neighbours_in_the_batch_are_taken(key: str) -> None:
    taken = receive_signals([trigger(key, "one"), broken(key), trigger(key, "two")])
    assert [one.known for one in taken] == [True, True, True]
    assert set(
        Alert.objects.filter(dedup_scope__startswith="service:").values_list("dedup_key", flat=True)
    ) == {
        "one",
        "two",
    }


def test_two_processes_that_find_the_first_one_at_once_open_one_alert(key: str, database: Database) -> None:
    threads = [
        threading.Thread(target=receive_signals, args=([broken(key) for _ in range(5)],)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told().count == 20
    assert Kept.objects.count() + told().unkept == 20


def poison(key: str) -> Received:
    """A signal that passed its door and that PostgreSQL refuses: half a surrogate pair, spelled out."""
    signal = Signal(Action.TRIGGER, "poison", summary="x", raw={"a": msgspec.Raw(b'"\\ud800"')})
    return Received(commands.key_hash(key), "alertmanager", (signal,))


async def _send(batch: Sequence[Received]) -> list[Taken | NotStored]:
    """Everything at once through the product's own flusher and its own store."""
    store = Store(
        receive=receive_signals,
        reset=connection.close,
        lost=(OperationalError,),
        unfit=(DataError, ValueError),
        remains=remains_of,
    )
    flusher: Flusher[Received, Taken] = Flusher(store)
    flusher.start()

    async def put(one: Received) -> Taken | NotStored:
        try:
            return await flusher.put(one)
        except Refusal as refusal:
            return refusal.why

    answers = await asyncio.gather(*(put(one) for one in batch))
    await flusher.stop()
    return list(answers)


def test_what_the_database_refuses_fails_no_neighbour_and_does_not_disappear(key: str) -> None:
    """I14, on the real path: the signal is refused, and what it said is kept and told."""
    batch = [poison(key) if n in (7, 8, 61) else trigger(key, f"k{n}") for n in range(80)]
    answers = asyncio.run(_send(batch))
    connections.close_all()
    assert [n for n, answer in enumerate(answers) if answer is NotStored.UNFIT] == [7, 8, 61]
    assert all(isinstance(a, Taken) and a.known for n, a in enumerate(answers) if n not in (7, 8, 61))
    assert Alert.objects.filter(dedup_scope__startswith="service:").count() == 77
    rows = Kept.objects.filter(disposition="unreadable")
    assert [(row.reason, row.alert_id) for row in rows] == [("cannot_be_stored", told().pk)] * 3
    assert told().count == 3
