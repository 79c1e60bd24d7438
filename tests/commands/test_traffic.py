"""Signals are counted once, some seconds after they came; what could not be read at once; test signals."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from database import Clock, Database
from engine import settle
from muster.core.intake import IntakeReason
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.core.traffic import KNOWN_HOURS, Doing
from muster.core.unreadable import unreadable
from muster.detect import commands
from muster.detect.commands import Received, count_signals, forget_traffic, receive_signals
from muster.detect.models import Alert, Integration, Traffic, TrafficMark
from muster.detect.models import Signal as Kept
from muster.detect.queries_traffic import UNCOUNTED, Figures, last_mistakes, last_test, traffic_of
from muster.detect.reasons import Detect
from muster.evaluate.models import Decision
from muster.foundation.access import queries
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import resolve, trigger

HOUR, LATER = timedelta(hours=1), timedelta(seconds=11)


def broken(key: str) -> Received:
    """A request that its door could not read."""
    errors = ["'alerts' must be a list"]
    rest = unreadable(IntakeReason.NOT_UNDERSTOOD, b'{"alerts": 7}', errors=errors, secret=key)
    return Received(commands.key_hash(key), "alertmanager", (), rest)


def figures(handle: str = "am") -> Figures:
    """What the screen says of an integration now."""
    row = Integration.objects.select_related("service").get(handle=handle)
    return traffic_of([row], queries.now())[row.pk]


def counted() -> int:
    """How many signals stand in the counts by the hour."""
    return sum(Traffic.objects.filter(seconds=3600).values_list("signals", flat=True))


def test_every_signal_is_counted_once_and_is_seen_before_it_is(key: str, clock: Clock) -> None:
    receive_signals([trigger(key, f"k{n}") for n in range(5)])
    assert count_signals() == 0  # too new to be sure that none before it is still to come
    assert (figures().last_hour, figures().last_day, counted()) == (5, 5, 0)
    clock.advance(LATER)
    assert count_signals() == 5
    assert count_signals() == 0
    assert (figures().last_hour, figures().last_day, counted()) == (5, 5, 5)
    receive_signals([resolve(key, "k1"), resolve(key, "nothing")])
    assert figures().last_hour == 7
    clock.advance(LATER)
    assert count_signals() == 2
    assert figures().refused == {("rejected", "nothing_open"): 1}


def test_nothing_behind_a_signal_that_is_too_new_is_counted(key: str, clock: Clock) -> None:
    """A lower number may be that of a younger transaction: both wait."""
    receive_signals([trigger(key, "k1")])
    clock.advance(LATER)
    receive_signals([trigger(key, "k2")])
    clock.advance(-2 * LATER)
    receive_signals([trigger(key, "k3")])  # the clock was set back: younger by its number only
    clock.advance(2 * LATER)
    assert count_signals() == 1
    clock.advance(LATER)
    assert count_signals() == 2
    assert counted() == 3


def test_two_workers_count_nothing_twice(key: str, database: Database, clock: Clock) -> None:
    receive_signals([trigger(key, f"k{n}") for n in range(50)])
    clock.advance(LATER)
    done: list[int] = []

    def work() -> None:
        try:
            done.append(count_signals())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 50
    assert counted() == 50


def test_who_is_counting_keeps_no_other_waiting(key: str, database: Database, clock: Clock) -> None:
    """The mark is held by somebody else: this worker goes on."""
    receive_signals([trigger(key)])
    clock.advance(LATER)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM detect_trafficmark FOR UPDATE")
        found: list[int] = []

        def work() -> None:
            try:
                found.append(count_signals())
            finally:
                connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(10)
    assert found == [0]
    assert count_signals() == 1


def test_what_cannot_be_read_is_counted_at_once_and_in_full(key: str, clock: Clock) -> None:
    """Of thirty a minute, ten get a row; all are counted."""
    receive_signals([broken(key) for _ in range(30)])
    assert Kept.objects.count() == 10
    assert figures().unreadable == 30
    assert figures().doing is Doing.WRONG
    clock.advance(LATER)
    count_signals()
    assert figures().unreadable == 30
    assert figures().last_day == 30


def test_the_last_that_was_refused_is_told_with_its_reason(key: str, cast: Cast, clock: Clock) -> None:
    receive_signals([trigger(key), resolve(key, "gone")])
    clock.advance(timedelta(seconds=1))
    receive_signals([broken(key)])
    row = Integration.objects.get(handle="am")
    first, second = last_mistakes(cast("ana").actor, row)
    assert (first.reason, first.errors) == ("not_understood", ("'alerts' must be a list",))
    assert first.alert == Alert.objects.get(labels__kind="unreadable_payload").pk
    assert (second.reason, second.key, second.alert) == ("nothing_open", "gone", None)


def test_who_never_sent_and_who_went_quiet(key: str, clock: Clock) -> None:
    """Its own rhythm says what is quiet: every hour, then nothing for more than two."""
    assert figures().doing is Doing.NEVER
    assert figures().last_day == 0
    for n in range(KNOWN_HOURS):
        receive_signals([trigger(key, f"k{n}")])
        clock.advance(HOUR)
        count_signals()
    assert figures().doing is Doing.SENDING
    clock.advance(2 * HOUR)
    assert figures().doing is Doing.QUIET
    assert figures().last_hour == 0
    assert figures().last_day == KNOWN_HOURS


def test_old_counts_go_and_those_of_the_last_week_stay(key: str, clock: Clock) -> None:
    receive_signals([trigger(key)])
    clock.advance(LATER)
    count_signals()
    clock.advance(timedelta(hours=4))
    assert forget_traffic() == 1  # the short span
    assert counted() == 1
    clock.advance(timedelta(days=9))
    assert forget_traffic() == 1
    assert counted() == 0


def test_ten_million_signals_make_the_figures_no_slower(key: str, database: Database, clock: Clock) -> None:
    """What is read is bounded, whatever is stored: the plan touches no more than the newest by their number.

    Here it is two hundred thousand, uncounted; `bench` has the ten million.
    """
    row = Integration.objects.get(handle="am")
    database.as_owner(
        """INSERT INTO detect_signal
               (received_at, integration_id, action, dedup_key, disposition, reason, raw)
           SELECT muster_clock.now() - interval '1 minute', %s, 'trigger', 'k' || n, 'merged',
               'already_open', '{}' FROM generate_series(1, 200000) AS n""",
        row.pk,
    )
    found = figures()
    assert found.last_day == UNCOUNTED
    assert not found.is_whole
    while count_signals():
        pass
    assert figures().last_day == 200_000
    assert figures().is_whole
    [(mark,)] = TrafficMark.objects.values_list("signal")
    assert mark == Kept.objects.order_by("-id").values_list("id", flat=True)[0]


def test_a_test_signal_takes_the_way_of_every_signal(key: str, cast: Cast) -> None:
    """It opens an alert of severity info, is decided about, and ends by a signal too."""
    prepare()
    admin = cast("admin")
    row = Integration.objects.get(handle="am")
    number = commands.send_test_signal(row.pk, actor=admin.actor, at=admin.at)
    settle()
    alert = last_test(admin.actor, row)
    assert alert is not None
    assert alert.pk == number
    assert (alert.severity, alert.state, alert.labels) == ("info", "triggered", {"muster_test": "true"})
    assert alert.summary == "Test signal of am: nothing is wrong"
    assert Event.objects.get(kind="integration.tested").actor == f"person:{admin.actor.id}"
    assert Event.objects.get(kind="alert.opened", subject=alert.subject).actor == f"integration:{row.pk}"
    assert Integration.objects.get().last_seen_at is not None
    again = commands.send_test_signal(row.pk, actor=admin.actor, at=queries.now())
    assert again == number
    assert commands.end_test_signal(row.pk, actor=admin.actor, at=queries.now()) == number
    alert.refresh_from_db()
    assert (alert.state, alert.resolved_by) == ("resolved", f"integration:{row.pk}")
    assert commands.end_test_signal(row.pk, actor=admin.actor, at=queries.now()) == 0
    assert Decision.objects.get(alert=alert).urgency == "low"


def test_only_who_manages_it_tests_it_and_nobody_what_is_disconnected(key: str, cast: Cast) -> None:
    row = Integration.objects.get(handle="am")
    for handle in ("ana", "sam", "ada"):
        somebody = cast(handle)
        with pytest.raises(Refused) as refused:
            commands.send_test_signal(row.pk, actor=somebody.actor, at=somebody.at)
        assert refused.value.reason is Denied.NOT_YOUR_TEAM
    tests, at = system("tests"), queries.now()
    commands.retire_integration(row.pk, actor=tests, at=at)
    for act in (commands.send_test_signal, commands.end_test_signal):
        with pytest.raises(Refused) as refused:
            act(row.pk, actor=tests, at=at)
        assert refused.value.reason is Detect.INTEGRATION_RETIRED
    assert not Alert.objects.exists()


def test_the_figures_of_many_are_read_together(key: str, cast: Cast, clock: Clock) -> None:
    """Three statements, however many integrations are shown."""
    tests = system("tests")
    service = Integration.objects.get().service_id
    for n in range(12):
        commands.add_integration(
            actor=tests, at=queries.now(), handle=f"g{n}", kind="generic", service_id=service
        )
    rows = list(Integration.objects.select_related("service"))
    at: datetime = queries.now()
    statements: list[str] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        found = traffic_of(rows, at)
    assert len(statements) == 3
    assert {one.doing for one in found.values()} == {Doing.NEVER}
