"""An alert whose sender named an end ahead and does not repeat it ends of itself, once, with a reason."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest

from calling import Call, answer
from database import Clock, Database
from engine import settle
from muster.core.permissions import system
from muster.detect.commands import (
    Received,
    end_unrepeated_alerts,
    receive_signals,
    spare_alerts,
)
from muster.detect.due import look
from muster.detect.models import Alert, Signal
from muster.evaluate.models import AlertGroup
from muster.foundation.timeline import queries
from muster.foundation.timeline.beats import note_hearing
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from senders import count_repeats, resolve, trigger

MINUTE, LOOK = timedelta(minutes=1), timedelta(seconds=20)
AHEAD = 4 * MINUTE
TESTS = system("tests")

Take = Callable[[Received], None]


def long_way(received: Received) -> None:
    """As `receive_signals` takes what is no mere repeat."""
    receive_signals([received])


def short_way(received: Received) -> None:
    """As most repeats go."""
    assert None not in count_repeats([received])


@pytest.fixture(autouse=True)
def looked(key: str) -> None:
    """A worker looks all along."""
    prepare()
    receive_signals([trigger(key, "before")])
    look()


def ahead(clock: Clock, by: timedelta = AHEAD) -> datetime:
    """The end that a sender names."""
    return clock.now() + by


def passing(clock: Clock, span: timedelta) -> int:
    """How many alerts ended while time passed under a worker."""
    ended = 0
    for _ in range(int(span / LOOK)):
        clock.advance(LOOK)
        ended += look()
    return ended


def hearing(clock: Clock, span: timedelta) -> int:
    """As `passing`, while the doors hear."""
    ended = 0
    for _ in range(int(span / LOOK)):
        clock.advance(LOOK)
        note_hearing()
        ended += look()
    return ended


def states(dedup: str = "k1") -> list[str]:
    """The states of the alerts of a key, oldest first."""
    return list(Alert.objects.filter(dedup_key=dedup).order_by("id").values_list("state", flat=True))


def endings(dedup: str = "k1") -> list[Event]:
    """Every event that ended an alert of the key."""
    subjects = [row.subject for row in Alert.objects.filter(dedup_key=dedup)]
    return list(Event.objects.filter(subject__in=subjects, kind="alert.resolved"))


def test_an_alert_that_nobody_repeats_ends_when_its_end_has_passed(
    key: str, clock: Clock, call: Call
) -> None:
    """By one event that says why; nobody counts as having resolved it."""
    end = ahead(clock)
    receive_signals([trigger(key, holds_until=end)])
    shown = answer(call("GET", "/alerts?dedup_key=k1"))["items"][0]
    assert datetime.fromisoformat(shown["holds_until"]) == end
    assert passing(clock, 3 * MINUTE) == 0
    assert states() == ["triggered"]
    assert passing(clock, 2 * MINUTE) == 1
    row = Alert.objects.get(dedup_key="k1")
    assert (row.state, row.resolved_by) == ("resolved", "system:end_unrepeated")
    assert end <= row.resolved_at < end + 2 * LOOK
    [event] = endings()
    assert (event.actor, event.payload["reason"]) == ("system:end_unrepeated", "not_repeated")
    assert queries.words(event.kind, event.payload) == "resolved the alert: its sender does not repeat it"
    assert passing(clock, MINUTE) == 0
    assert states("before") == ["triggered"]


def test_its_group_ends_with_it_also_where_somebody_had_it(key: str, clock: Clock, call: Call) -> None:
    receive_signals([trigger(key, holds_until=ahead(clock))])
    settle()
    alert = Alert.objects.get(dedup_key="k1")
    answer(call("POST", f"/alerts/{alert.public_id}/acknowledge"))
    settle()
    assert states() == ["acknowledged"]
    passing(clock, 5 * MINUTE)
    settle()
    assert AlertGroup.objects.get(members__alert=alert).state == "resolved"


@pytest.mark.parametrize("take", [long_way, short_way])
def test_each_repeat_moves_the_end_and_an_earlier_one_does_not(key: str, clock: Clock, take: Take) -> None:
    """Two Prometheus servers whose clocks differ say the same alert by turns."""
    receive_signals([trigger(key, holds_until=ahead(clock))])
    for _ in range(5):
        assert passing(clock, MINUTE) == 0
        latest = ahead(clock)
        take(trigger(key, holds_until=latest))
        take(trigger(key, holds_until=latest - 2 * MINUTE))
    assert Alert.objects.get(dedup_key="k1").holds_until == latest
    assert passing(clock, 5 * MINUTE) == 1
    assert len(endings()) == 1


@pytest.mark.parametrize("take", [long_way, short_way])
def test_what_once_came_without_an_end_waits_for_its_resolve(key: str, clock: Clock, take: Take) -> None:
    """Whichever of the two came first."""
    receive_signals([trigger(key, holds_until=ahead(clock)), trigger(key, "k2")])
    take(trigger(key))
    take(trigger(key, holds_until=ahead(clock)))
    take(trigger(key, "k2", holds_until=ahead(clock)))
    assert passing(clock, 5 * MINUTE) == 0
    receive_signals([resolve(key), resolve(key, "k2")])
    assert (states(), states("k2")) == (["resolved"], ["resolved"])


def test_the_end_of_what_was_opened_anew_in_a_batch_counts(key: str, clock: Clock) -> None:
    receive_signals([trigger(key), resolve(key), trigger(key, holds_until=ahead(clock))])
    assert passing(clock, 5 * MINUTE) == 1
    assert states() == ["resolved", "resolved"]


def test_a_repeat_that_was_first_keeps_it_open_and_one_that_is_second_opens_it_anew(
    key: str, clock: Clock
) -> None:
    """The end is judged under the lock that the repeat takes (I4)."""
    receive_signals([trigger(key, holds_until=ahead(clock))])
    at = clock.advance(5 * MINUTE)
    ids = [Alert.objects.get(dedup_key="k1").pk]
    short_way(trigger(key, holds_until=ahead(clock)))
    assert end_unrepeated_alerts(ids, actor=TESTS, at=at) == []
    at = clock.advance(5 * MINUTE)
    assert len(end_unrepeated_alerts(ids, actor=TESTS, at=at)) == 1
    assert count_repeats([trigger(key, holds_until=ahead(clock))]) == [None]
    long_way(trigger(key, holds_until=ahead(clock)))
    assert states() == ["resolved", "triggered"]
    assert end_unrepeated_alerts(ids, actor=TESTS, at=at) == []


def test_a_repeat_at_the_same_moment_leaves_one_open(key: str, clock: Clock) -> None:
    """Twenty alerts ended by two workers, while each is repeated: none is lost and none ends twice."""
    names = [f"k{n}" for n in range(20)]
    receive_signals([trigger(key, name, holds_until=ahead(clock)) for name in names])
    ids = list(Alert.objects.filter(dedup_key__in=names).values_list("id", flat=True))
    at = clock.advance(5 * MINUTE)
    again = [trigger(key, name, holds_until=ahead(clock)) for name in names]

    def repeat() -> None:
        for one in again:
            if count_repeats([one]) == [None]:
                receive_signals([one])

    def end(order: list[int]) -> None:
        for id_ in order:
            end_unrepeated_alerts([id_], actor=TESTS, at=at)

    threads = [threading.Thread(target=repeat)]
    threads += [threading.Thread(target=end, args=(order,)) for order in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        found = states(name)
        assert found.count("triggered") == 1, found
        assert len(endings(name)) == found.count("resolved")
    assert Signal.objects.filter(dedup_key__in=names).count() == 40


def test_while_muster_was_away_nobody_could_repeat_anything(key: str, clock: Clock) -> None:
    """Whoever looks again after nobody did waits once more, for as long as the last repeat had said."""
    receive_signals([trigger(key, holds_until=ahead(clock))])
    back = clock.advance(60 * MINUTE)
    assert look() == 0
    row = Alert.objects.get(dedup_key="k1")
    assert row.state == "triggered"
    assert AHEAD - MINUTE < row.holds_until - back <= AHEAD + timedelta(seconds=1)
    assert passing(clock, 3 * MINUTE) == 0
    assert passing(clock, 2 * MINUTE) == 1


@pytest.mark.parametrize("deaf", [4 * LOOK, 60 * MINUTE])
def test_while_the_doors_are_deaf_no_alert_ends(key: str, clock: Clock, deaf: timedelta) -> None:
    """A worker looks all along, but no web process takes signals, or each turns some away."""
    note_hearing()
    receive_signals([trigger(key, holds_until=(end := ahead(clock)))])
    if deaf < AHEAD:
        hearing(clock, AHEAD - MINUTE)
    assert passing(clock, deaf) == 0
    assert clock.now() > end
    note_hearing()
    assert look() == 0
    assert AHEAD - MINUTE < Alert.objects.get(dedup_key="k1").holds_until - clock.now() <= 5 * MINUTE
    assert hearing(clock, 3 * MINUTE) == 0
    assert hearing(clock, 3 * MINUTE) == 1
    assert states() == ["resolved"]


def test_a_short_pause_of_the_doors_holds_nothing(key: str, clock: Clock) -> None:
    """A pause shorter than half a minute is none."""
    note_hearing()
    receive_signals([trigger(key, holds_until=ahead(clock, MINUTE))])
    hearing(clock, MINUTE - LOOK)
    assert passing(clock, LOOK) == 1


def test_what_was_to_hold_for_hours_is_waited_for_five_minutes_at_most(key: str, clock: Clock) -> None:
    receive_signals([trigger(key, holds_until=ahead(clock, 120 * MINUTE))])
    back = clock.advance(121 * MINUTE)
    assert look() == 0
    until = Alert.objects.get(dedup_key="k1").holds_until
    assert 5 * MINUTE <= until - back < 6 * MINUTE
    receive_signals([trigger(key, "k2", holds_until=(end := ahead(clock, 120 * MINUTE)))])
    clock.advance(2 * MINUTE)
    look()
    assert Alert.objects.get(dedup_key="k2").holds_until == end


def test_one_that_cannot_be_ended_keeps_no_other_open(key: str, clock: Clock, database: Database) -> None:
    """A state of a later version, say."""
    receive_signals([trigger(key, name, holds_until=ahead(clock)) for name in ("k1", "k2")])
    database.as_owner("ALTER TABLE detect_alert DISABLE TRIGGER row_guard")
    database.as_owner("UPDATE detect_alert SET state = 'dormant' WHERE dedup_key = 'k1'")
    passing(clock, 5 * MINUTE)
    assert (states(), states("k2")) == (["dormant"], ["resolved"])


@pytest.mark.parametrize("act", [end_unrepeated_alerts, spare_alerts])
def test_many_are_locked_in_the_order_in_which_a_batch_of_signals_locks_them(
    key: str, clock: Clock, database: Database, act: Callable[..., object]
) -> None:
    """Whoever waits for the first key holds none of the others: nobody waits in a ring."""
    for name in ("k2", "k1"):
        receive_signals([trigger(key, name, holds_until=ahead(clock))])
    ids = list(Alert.objects.filter(dedup_key__in=("k2", "k1")).order_by("id").values_list("id", flat=True))
    at = clock.advance(5 * MINUTE)
    lock = "SELECT 1 FROM detect_alert WHERE id = %s FOR NO KEY UPDATE NOWAIT"
    with psycopg.connect(database.owner_url) as batch:
        batch.execute(lock, [ids[1]])
        thread = threading.Thread(target=lambda: act(ids, actor=TESTS, at=at))
        thread.start()
        waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"
        deadline = time.monotonic() + 10
        while not database.as_owner(waits) and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            assert batch.execute(lock, [ids[0]]).fetchall()
        finally:
            batch.rollback()
            thread.join()
