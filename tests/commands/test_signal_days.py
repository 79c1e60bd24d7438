"""Days of signals: made ahead, used at their edges, dropped when old, by one worker, in nobody's way."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import resources

import psycopg
import pytest
from django.db import connections
from django.test import Client

from calling import Call, answer
from database import Clock, Database
from muster.core.permissions import system
from muster.core.retention import MADE_AHEAD_DAYS, day_of, missing, part_of
from muster.core.signals import Action, Signal
from muster.detect import commands, queries, signal_days
from muster.detect.commands import Received, receive_signals
from muster.detect.models import Alert, SignalDay
from muster.detect.models import Signal as Kept
from muster.foundation.access.commands import set_password
from muster.foundation.timeline.models import Event
from people import Cast
from senders import resolve, trigger


def days(database: Database) -> list[str]:
    """The parts that are named after a day."""
    return sorted(part for part in queries.signal_parts() if part != "detect_signal_default")


def held_in(database: Database) -> dict[str, int]:
    """How many signals stand in which part."""
    rows = database.as_owner("SELECT tableoid::regclass::text, count(*) FROM detect_signal GROUP BY 1")
    return {part.rpartition(".")[2]: count for part, count in rows}


def lone(key: str, number: int) -> Received:
    """A trigger with a key of its own."""
    signal = Signal(Action.TRIGGER, f"k{number}", summary="x", raw={"n": number})
    return Received(commands.key_hash(key), "alertmanager", (signal,))


def test_a_fresh_installation_has_its_first_days_before_any_worker_runs(
    database: Database, clock: Clock
) -> None:
    parts = queries.signal_parts()
    assert missing(parts, clock.now(), ahead=1) == []
    assert "detect_signal_default" in parts


def test_the_worker_makes_the_days_ahead_and_then_has_nothing_to_do(database: Database, clock: Clock) -> None:
    assert signal_days.make_signal_days() > 0
    assert missing(queries.signal_parts(), clock.now()) == []
    assert signal_days.make_signal_days() == 0
    clock.advance(timedelta(days=1))
    assert signal_days.make_signal_days() == 1
    clock.advance(timedelta(days=40))
    assert signal_days.make_signal_days() == MADE_AHEAD_DAYS + 1


def test_signals_stand_on_both_sides_of_midnight(key: str, database: Database, clock: Clock) -> None:
    """By the database's clock, in UTC."""
    midnight = datetime.combine(clock.now().date() + timedelta(days=1), datetime.min.time(), UTC)
    clock.set(midnight - timedelta(seconds=30))
    signal_days.make_signal_days()
    receive_signals([lone(key, 1)])
    clock.advance(timedelta(seconds=31))
    receive_signals([lone(key, 2), lone(key, 3)])
    before, after = day_of(midnight - timedelta(seconds=1)), day_of(midnight)
    assert held_in(database) == {part_of(before): 1, part_of(after): 2}
    assert Kept.objects.count() == 3


def test_what_came_without_a_day_moves_to_its_own(key: str, database: Database, clock: Clock) -> None:
    """No worker ran for a month, and senders went on."""
    clock.advance(timedelta(days=30))
    receive_signals([lone(key, 1)])
    clock.advance(timedelta(days=1))
    receive_signals([lone(key, 2)])
    assert held_in(database) == {"detect_signal_default": 2}
    signal_days.make_signal_days()
    today = day_of(clock.now())
    assert held_in(database) == {part_of(today - timedelta(days=1)): 1, part_of(today): 1}
    assert Kept.objects.count() == 2
    receive_signals([lone(key, 3)])
    assert held_in(database)[part_of(today)] == 2


def test_old_days_are_dropped_each_with_its_event_and_alerts_stay(
    key: str, database: Database, clock: Clock, call: Call
) -> None:
    signal_days.make_signal_days()
    receive_signals([trigger(key), trigger(key), resolve(key)])
    first = day_of(clock.now())
    clock.advance(timedelta(days=90))
    signal_days.make_signal_days()
    receive_signals([trigger(key)])
    assert signal_days.drop_old_signals(90) == 0
    clock.advance(timedelta(days=1))
    signal_days.make_signal_days()
    assert signal_days.drop_old_signals(90) == 1
    [dropped] = SignalDay.objects.all()
    assert (dropped.part, dropped.last_day, dropped.signals) == (part_of(first), first, 3)
    [event] = Event.objects.filter(subject=dropped.subject)
    assert (event.kind, event.payload["signals"]) == ("signal_day.dropped", 3)
    assert event.actor == "system:drop_old_signals"
    assert Kept.objects.count() == 1
    old, new = Alert.objects.order_by("id")
    assert queries.signals_of(old) == []
    assert len(queries.signals_of(new)) == 1
    assert answer(call("GET", f"/alerts/{old.public_id}"))["count"] == 2
    assert signal_days.drop_old_signals(90) == 0


def test_a_backlog_goes_a_few_days_at_a_time_oldest_first(database: Database, clock: Clock) -> None:
    signal_days.make_signal_days()
    clock.advance(timedelta(days=200))
    first = days(database)
    assert signal_days.drop_old_signals(90) == signal_days.DROPPED_AT_ONCE
    assert days(database) == first[signal_days.DROPPED_AT_ONCE :]


def test_two_workers_make_and_drop_each_day_once(database: Database, clock: Clock) -> None:
    def work(found: list[int]) -> None:
        found.append(signal_days.make_signal_days() + signal_days.drop_old_signals(1))
        connections.close_all()

    for _ in range(4):
        clock.advance(timedelta(days=3))
        wanted = len(missing(queries.signal_parts(), clock.now()))
        found: list[int] = []
        threads = [threading.Thread(target=work, args=(found,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        signal_days.make_signal_days()
        signal_days.drop_old_signals(1)
        assert wanted > 0
        assert missing(queries.signal_parts(), clock.now()) == []
    parts = list(SignalDay.objects.values_list("part", flat=True))
    assert len(parts) == len(set(parts)) > 0


@pytest.fixture
def reader(database: Database) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """Somebody who reads for a long time and does not end."""
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("SELECT count(*) FROM detect_signal")
        yield connection


def test_whoever_reads_is_not_disturbed_and_senders_do_not_wait(
    key: str, database: Database, clock: Clock, reader: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    """The drop gives way at once, and succeeds when the reader has gone."""
    clock.advance(timedelta(days=200))
    begun = datetime.now(UTC)
    dropping = threading.Thread(target=lambda: (signal_days.drop_old_signals(90), connections.close_all()))
    dropping.start()
    for number in range(20):
        receive_signals([lone(key, number)])
    dropping.join()
    assert (datetime.now(UTC) - begun).total_seconds() < 8
    assert Kept.objects.count() == 20
    assert SignalDay.objects.count() == 0
    reader.rollback()
    assert signal_days.drop_old_signals(90) > 0


def test_senders_that_never_pause_do_not_keep_a_day_from_being_made(
    key: str, database: Database, clock: Clock
) -> None:
    """Also the day that is under way, from the default part."""
    clock.advance(timedelta(days=50))
    stop, sent = threading.Event(), [0]

    def send() -> None:
        while not stop.is_set():
            receive_signals([lone(key, sent[0])])
            sent[0] += 1
        connections.close_all()

    sender = threading.Thread(target=send)
    sender.start()
    try:
        deadline = time.monotonic() + 10
        while sent[0] < 5:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for _ in range(20):
            signal_days.make_signal_days()
            if not missing(queries.signal_parts(), clock.now()):
                break
    finally:
        stop.set()
        sender.join()
    assert missing(queries.signal_parts(), clock.now()) == []
    assert Kept.objects.count() == sent[0]
    assert "detect_signal_default" not in held_in(database)


def test_nobody_else_may_make_or_drop_a_day(database: Database) -> None:
    """A role that merely connects: the functions run as the owner, so they are the application's only."""
    database.as_owner("CREATE ROLE passer_by")
    try:
        for call_ in (
            "detect_make_signal_day('2020-01-01')",
            "detect_drop_signal_part('detect_signal_20200101')",
        ):
            with psycopg.connect(database.owner_url, autocommit=True) as connection:
                connection.execute("SET ROLE passer_by")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"SELECT {call_}")
    finally:
        database.as_owner("DROP ROLE passer_by")


@pytest.mark.parametrize(
    "name", ["detect_signal_default", "detect_alert", "detect_signal", "x'; DROP TABLE y"]
)
def test_only_days_can_be_dropped(database: Database, clock: Clock, name: str) -> None:
    assert commands.drop_signal_part(name, actor=system("tests"), at=clock.now()) is None
    assert "detect_signal_default" in queries.signal_parts()


def test_what_an_earlier_version_stored_becomes_one_part_and_grows_old(
    key: str, owner: Database, clock: Clock
) -> None:
    """The migration's own statement, on a table as version 0.1.0 left it."""
    for part in days(owner):
        owner.as_owner(f"DROP TABLE {part}")
    owner.as_owner(
        """INSERT INTO detect_signal
               (received_at, integration_id, action, dedup_key, disposition, reason, raw)
           SELECT now() - n * interval '1 day', 1, 'trigger', 'k', 'merged', 'already_open', '{}'
           FROM generate_series(0, 9) n"""
    )
    owner.as_owner(_first_days().replace("%", "%%"))
    today = day_of(clock.now())
    old = f"detect_signal_until_{today + timedelta(days=1):%Y%m%d}"
    assert held_in(owner) == {old: 10}
    assert missing(queries.signal_parts(), clock.now(), ahead=1) == []
    signal_days.make_signal_days()
    assert missing(queries.signal_parts(), clock.now()) == []


def _first_days() -> str:
    text = resources.files("muster.detect").joinpath("signal_days.sql").read_text()
    return text.partition("-- What an earlier version stored")[2].partition("\n")[2]


def test_days_are_dates_of_utc_whatever_the_session_says(database: Database) -> None:
    day = date(2031, 5, 5)
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        connection.execute("SELECT detect_make_signal_day(%s)", [day])
        row = connection.execute(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = %s", [part_of(day)]
        ).fetchone()
    assert row is not None
    assert "2031-05-04 20:00:00-04" in row[0]
    assert "2031-05-05 20:00:00-04" in row[0]


def test_the_health_page_says_until_when_days_are_made(cast: Cast, database: Database, clock: Clock) -> None:
    signal_days.make_signal_days()
    browser = Client()
    account = set_password(cast.id("admin"), "a long secret", actor=system("tests"), at=clock.now())
    browser.force_login(account)
    newest = day_of(clock.now()) + timedelta(days=MADE_AHEAD_DAYS)
    assert f"Days are made until {newest}" in browser.get("/health").content.decode()
    clock.advance(timedelta(days=MADE_AHEAD_DAYS + 1))
    assert "Tomorrow has no day of its own yet" in browser.get("/health").content.decode()
