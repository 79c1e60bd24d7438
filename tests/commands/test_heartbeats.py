"""Jobs that report, fall silent and report again; who may expect them; many pings at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from database import Clock
from engine import settle
from jobs import HOUR, MINUTE, TESTS, add, said
from muster.core.change import Change
from muster.core.heartbeats import HeartbeatRefusal, PingKind
from muster.core.permissions import Actor, ActorKind, Denied
from muster.core.refusal import Refused
from muster.detect import commands
from muster.detect.commands import Heard, judge_heartbeats, receive_pings
from muster.detect.commands.pings import KEPT, NAMING_KIND
from muster.detect.models import Alert, Heartbeat, Integration, Ping
from muster.detect.models import Signal as Kept
from muster.detect.queries import integrations, pings_of
from muster.detect.reasons import Detect
from muster.foundation.access import queries
from muster.foundation.catalog.commands import retire
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.reasons import Invalid, Retiring, Taken
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.pen import command, record
from muster.foundation.timeline.verify import verify
from people import Cast
from senders import make_service


@command
def opsgenie_key(service: Service, *, actor: Actor, at: datetime) -> str:
    """The key of an integration of the kind that may ping by name."""
    key = commands.new_key()
    columns = {
        "handle": "og",
        "kind": NAMING_KIND,
        "service_id": service.pk,
        "key_hash": commands.key_hash(key),
    }
    record(Integration(), Change("integration.added", columns, {"handle": "og"}), actor=actor, at=at)
    return key


def look() -> None:
    """What a worker that never stood does: judge whatever is due."""
    due = Heartbeat.objects.filter(due_at__lte=queries.now()).values_list("id", flat=True)
    judge_heartbeats(list(due), actor=TESTS, at=queries.now())


def kinds(row: Heartbeat) -> list[str]:
    """The events of a heartbeat."""
    return list(Event.objects.filter(subject=row.subject).order_by("id").values_list("kind", flat=True))


def test_a_job_that_falls_silent_has_an_alert_until_it_reports_again(service: Service, clock: Clock) -> None:
    """One event for each change of state; the alert is opened and ended by the intake, as any sender's."""
    row, key = add(service, severity="critical", labels={"tier": "1"})
    assert receive_pings([said(key)]) == [Heard.KEPT]
    clock.advance(HOUR + 4 * MINUTE)
    look()
    assert not Alert.objects.exists()
    clock.advance(MINUTE)
    look()
    look()
    [alert] = Alert.objects.all()
    assert (alert.dedup_key, alert.state, alert.severity) == ("heartbeat:backup", "triggered", "critical")
    assert alert.summary.startswith("Backup has not reported since ")
    assert alert.labels == {"tier": "1", "heartbeat": "backup"}
    assert alert.integration is not None
    assert (alert.integration.handle, alert.service_id, alert.count) == ("backup", service.pk, 1)
    assert [kept.disposition for kept in Kept.objects.all()] == ["opened"]
    receive_pings([said(key)])
    alert.refresh_from_db()
    assert alert.state == "resolved"
    assert kinds(row) == ["heartbeat.added", "heartbeat.began", "heartbeat.missed", "heartbeat.recovered"]
    settle()
    assert not verify().findings


def test_pings_in_time_write_no_event_and_no_signal(service: Service, clock: Clock) -> None:
    row, key = add(service)
    for _ in range(5):
        receive_pings([said(key, PingKind.START), said(key)])
        clock.advance(30 * MINUTE)
        look()
    assert kinds(row) == ["heartbeat.added", "heartbeat.began"]
    assert not Kept.objects.exists()
    row.refresh_from_db()
    assert row.pings == 10


def test_a_failure_opens_at_once_and_counts_up(service: Service) -> None:
    row, key = add(service)
    receive_pings([said(key), said(key, PingKind.FAIL, exit_status=3)])
    receive_pings([said(key, PingKind.FAIL, exit_status=3), said(key, PingKind.LOG, body="disk full")])
    [alert] = Alert.objects.all()
    assert (alert.summary, alert.count) == ("Backup failed with exit status 3", 2)
    row.refresh_from_db()
    assert (row.state, row.due_at) == ("down", None)
    assert [(ping.kind, ping.exit_status, ping.body) for ping in pings_of(row)] == [
        ("log", None, "disk full"),
        ("fail", 3, ""),
        ("fail", 3, ""),
        ("success", None, ""),
    ]


def test_a_run_that_does_not_end_opens_one_too(service: Service, clock: Clock) -> None:
    row, key = add(service)
    receive_pings([said(key, PingKind.START)])
    clock.advance(2 * MINUTE)
    receive_pings([said(key)])
    row.refresh_from_db()
    assert row.took is not None
    assert 2 * MINUTE <= row.took < 3 * MINUTE
    receive_pings([said(key, PingKind.START)])
    clock.advance(5 * MINUTE)
    look()
    [alert] = Alert.objects.all()
    assert "has not finished it" in alert.summary


def test_an_unknown_key_keeps_nothing_and_fails_nobody_else(service: Service) -> None:
    _, key = add(service)
    assert receive_pings([said("x" * 32), said(key)]) == [Heard.KEY_UNKNOWN, Heard.KEPT]
    assert Ping.objects.count() == 1


def test_the_key_of_another_sender_pings_nothing_unless_it_speaks_opsgenie(service: Service) -> None:
    """By name: what is of its own service (of two that are called alike, too), or came by its protocol."""
    other = make_service(actor=TESTS, at=queries.now(), handle="shop")
    add(other, "backup-2", name="Backup")
    add(service, "backup")
    add(other, "reports", made_by=NAMING_KIND)
    add(other, "by-hand")
    given = {"actor": TESTS, "at": queries.now(), "service_id": service.pk}
    _, alertmanager = commands.add_integration(handle="am", kind="alertmanager", **given)
    opsgenie = opsgenie_key(service, actor=TESTS, at=queries.now())
    assert receive_pings(
        [
            said(alertmanager),
            said(alertmanager, name="Backup"),
            said(opsgenie),
            said(opsgenie, name="Backup"),
            said(opsgenie, name="Reports"),
            said(opsgenie, name="By-Hand"),
            said(opsgenie, name="Nothing"),
        ]
    ) == [*[Heard.KEY_UNKNOWN] * 3, *[Heard.KEPT] * 2, *[Heard.NAME_UNKNOWN] * 2]
    assert set(Ping.objects.values_list("heartbeat__name", "heartbeat__integration__service__handle")) == {
        ("Backup", "checkout"),
        ("Reports", "shop"),
    }


def test_only_the_last_hundred_are_kept(service: Service) -> None:
    row, key = add(service)
    receive_pings([said(key)] * 7)
    receive_pings([said(key, PingKind.LOG, body=str(n)) for n in range(KEPT + 20)])
    found = pings_of(row)
    assert (len(found), found[0].number, found[0].body) == (KEPT, KEPT + 27, str(KEPT + 19))
    assert Ping.objects.count() == KEPT


def test_what_a_job_says_is_made_fit_to_be_kept(service: Service) -> None:
    row, key = add(service)
    receive_pings([said(key, PingKind.LOG, body="a\x00b" + "c" * 20_000)])
    [ping] = pings_of(row)
    assert ping.body.startswith("a\ufffdb")
    assert len(ping.body) == 10_000


def test_a_ping_and_the_clock_at_once_agree(service: Service, clock: Clock) -> None:
    """Whoever comes second sees what the first has done: never an open alert of a job that is up."""
    pairs = [add(service, f"job-{n}") for n in range(20)]
    receive_pings([said(key) for _, key in pairs])
    clock.advance(2 * HOUR)
    ids = [row.pk for row, _ in pairs]
    at = queries.now()
    judge_heartbeats(ids[:1], actor=TESTS, at=at)
    with ThreadPoolExecutor(3) as threads:
        done = [
            threads.submit(judge_heartbeats, ids, actor=TESTS, at=at),
            threads.submit(receive_pings, [said(key) for _, key in reversed(pairs)]),
            threads.submit(judge_heartbeats, ids, actor=TESTS, at=at),
        ]
        for one in done:
            one.result(30)
    assert Alert.objects.filter(state="resolved").exists()
    assert set(Heartbeat.objects.values_list("state", flat=True)) == {"up"}
    assert not Alert.objects.exclude(state="resolved").exists()


def test_a_pause_ends_the_alert_and_a_resumed_job_is_counted_from_now(service: Service, clock: Clock) -> None:
    row, key = add(service)
    receive_pings([said(key, PingKind.FAIL)])
    commands.pause_heartbeat(row.pk, actor=TESTS, at=queries.now())
    commands.pause_heartbeat(row.pk, actor=TESTS, at=queries.now())
    assert Alert.objects.get().state == "resolved"
    receive_pings([said(key, PingKind.FAIL)])
    clock.advance(10 * HOUR)
    look()
    assert Alert.objects.count() == 1
    commands.resume_heartbeat(row.pk, actor=TESTS, at=queries.now())
    look()
    row.refresh_from_db()
    assert row.due_at is not None
    assert (row.state, Alert.objects.count()) == ("up", 1)
    assert row.due_at - queries.now() > 59 * MINUTE
    assert kinds(row)[-2:] == ["heartbeat.paused", "heartbeat.resumed"]


def test_another_rhythm_begins_the_clock_anew(service: Service, clock: Clock) -> None:
    row, key = add(service)
    receive_pings([said(key)])
    clock.advance(50 * MINUTE)
    commands.change_heartbeat(row.pk, {"schedule": "10m"}, actor=TESTS, at=queries.now())
    look()
    assert not Alert.objects.exists()
    clock.advance(15 * MINUTE)
    look()
    assert Alert.objects.count() == 1
    [event] = Event.objects.filter(kind="heartbeat.changed")
    assert event.payload["schedule"] == {"before": "1h", "after": "10m"}
    commands.change_heartbeat(row.pk, {"schedule": "10m"}, actor=TESTS, at=queries.now())
    assert Event.objects.filter(kind="heartbeat.changed").count() == 1


def test_an_open_alert_goes_along_to_another_service(service: Service) -> None:
    row, key = add(service)
    receive_pings([said(key, PingKind.FAIL)])
    other = make_service(actor=TESTS, at=queries.now(), handle="shop")
    commands.change_heartbeat(row.pk, {"service_id": other.pk}, actor=TESTS, at=queries.now())
    states = Alert.objects.order_by("id").values_list("service__handle", "state")
    assert list(states) == [("checkout", "resolved"), ("shop", "triggered")]
    receive_pings([said(key)])
    assert not Alert.objects.exclude(state="resolved").exists()


def test_a_new_address_and_the_old_one_work_and_a_retired_one_does_not(
    service: Service, clock: Clock
) -> None:
    row, key = add(service)
    new = commands.rotate_address(row.pk, actor=TESTS, at=queries.now())
    assert receive_pings([said(key), said(new, PingKind.FAIL)]) == [Heard.KEPT, Heard.KEPT]
    commands.retire_heartbeat(row.pk, actor=TESTS, at=queries.now())
    assert Alert.objects.get().state == "resolved"
    assert receive_pings([said(new)]) == [Heard.KEY_UNKNOWN]
    clock.advance(10 * HOUR)
    look()
    commands.restore_heartbeat(row.pk, actor=TESTS, at=queries.now())
    look()
    assert receive_pings([said(new)]) == [Heard.KEPT]
    assert Alert.objects.count() == 1


def test_a_retired_one_is_neither_paused_nor_changed(service: Service) -> None:
    row, _ = add(service)
    commands.retire_heartbeat(row.pk, actor=TESTS, at=queries.now())
    commands.retire_heartbeat(row.pk, actor=TESTS, at=queries.now())
    for act in (commands.pause_heartbeat, commands.resume_heartbeat, commands.rotate_address):
        with pytest.raises(Refused) as refused:
            act(row.pk, actor=TESTS, at=queries.now())
        assert refused.value.reason is Detect.HEARTBEAT_RETIRED


def test_a_service_with_a_heartbeat_is_not_retired(service: Service) -> None:
    row, _ = add(service)
    with pytest.raises(Refused) as refused:
        retire(Service, service.pk, actor=TESTS, at=queries.now())
    assert refused.value.reason is Retiring.POINTED_AT
    assert "heartbeat:backup" in refused.value.detail["by"]
    commands.retire_heartbeat(row.pk, actor=TESTS, at=queries.now())
    retire(Service, service.pk, actor=TESTS, at=queries.now())


def test_its_way_in_is_no_integration_of_its_own(service: Service, cast: Cast) -> None:
    """Nobody rotates or retires it past the heartbeat; the handle is taken all the same."""
    add(service)
    assert not integrations(cast("admin").actor).exists()
    with pytest.raises(Refused) as refused:
        commands.add_integration(
            actor=TESTS, at=queries.now(), handle="backup", kind="alertmanager", service_id=service.pk
        )
    assert refused.value.reason is Taken.HANDLE


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"schedule": "often"}, HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ({"schedule": "0 0 31 2 *"}, HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ({"schedule": "5s"}, HeartbeatRefusal.SCHEDULE_TOO_SHORT),
        ({"timezone": "Mars"}, HeartbeatRefusal.ZONE_UNKNOWN),
        ({"grace": timedelta(days=400)}, HeartbeatRefusal.GRACE_OUT_OF_RANGE),
        ({"severity": "SEV1"}, Detect.SEVERITY_UNKNOWN),
        ({"name": ""}, Invalid.NAME),
        ({"handle": "No Handle", "name": "x"}, Invalid.HANDLE),
    ],
)
def test_what_makes_no_sense_is_refused(service: Service, more: dict[str, Any], reason: Any) -> None:
    with pytest.raises(Refused) as refused:
        add(service, more.pop("handle", "backup"), **more)
    assert refused.value.reason is reason
    assert not Heartbeat.objects.exists()


def test_a_name_stands_once_in_a_service(service: Service) -> None:
    add(service)
    with pytest.raises(Refused) as refused:
        add(service, "backup-2", name="Backup")
    assert refused.value.reason is Detect.HEARTBEAT_NAME_TAKEN
    other = make_service(actor=TESTS, at=queries.now(), handle="shop")
    row, _ = add(other, "backup-2", name="Backup")
    with pytest.raises(Refused):
        commands.change_heartbeat(row.pk, {"service_id": service.pk}, actor=TESTS, at=queries.now())


def test_strangers_expect_nothing(service: Service, cast: Cast) -> None:
    """A responder, and a sender of another service; a sender of this one may."""
    row, _ = add(service)
    other = make_service(actor=TESTS, at=queries.now(), handle="shop")
    given = {"actor": TESTS, "at": queries.now(), "kind": "alertmanager"}
    strange, _ = commands.add_integration(handle="am", service_id=other.pk, **given)
    own, _ = commands.add_integration(handle="am-2", service_id=service.pk, **given)
    for actor in (cast("ana").actor, Actor(kind=ActorKind.INTEGRATION, id=strange.pk)):
        for act in (commands.pause_heartbeat, commands.retire_heartbeat, commands.rotate_address):
            with pytest.raises(Refused) as refused:
                act(row.pk, actor=actor, at=queries.now())
            assert isinstance(refused.value.reason, Denied)
        with pytest.raises(Refused):
            add(service, "mine", actor=actor)
    commands.pause_heartbeat(row.pk, actor=Actor(kind=ActorKind.INTEGRATION, id=own.pk), at=queries.now())
    row.refresh_from_db()
    assert row.state == "paused"
