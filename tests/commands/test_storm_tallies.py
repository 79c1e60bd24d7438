"""In a storm repeats are noted with their rows, and counted on their alerts a moment later: each once."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections

from muster.core.lifecycle import Verb
from muster.core.permissions import system
from muster.core.signals import SignalSeverity
from muster.detect import commands
from muster.detect.accounting import account
from muster.detect.commands import Received, add_up_repeats, receive_signals, repeating
from muster.detect.commands.repeating import MANY
from muster.detect.models import Alert, Integration
from muster.detect.models import Signal as Kept
from muster.foundation.access import queries
from senders import count_repeats, count_together, resolve, trigger

NAMES = [f"k{n}" for n in range(MANY)]
FAR = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def opened(key: str) -> None:
    """The alerts of a storm."""
    receive_signals([trigger(key, name) for name in NAMES])


def storm(key: str) -> list[Received]:
    """A batch that repeats all of them."""
    return [trigger(key, name) for name in NAMES]


def counts() -> set[tuple[int, int]]:
    """How often each was seen, and how often without a row."""
    return set(Alert.objects.filter(dedup_key__in=NAMES).values_list("count", "unkept"))


def noted() -> int:
    """How many notes wait to be counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM detect_noted")
        return int(cursor.fetchone()[0])


def test_a_storm_has_its_rows_at_once_and_is_counted_a_moment_later(key: str) -> None:
    """What was answered is stored and accounted for, also before it is counted; the last time goes along."""
    before = Alert.objects.get(dedup_key="k1")
    Integration.objects.update(last_seen_at=before.last_seen_at - timedelta(minutes=1))
    taken = count_repeats(storm(key))
    assert [one.dedup_keys for one in taken if one] == [(name,) for name in NAMES]
    assert {one.alerts[0] for one in taken if one} == set(
        Alert.objects.filter(dedup_key__in=NAMES).values_list("pk", flat=True)
    )
    assert (Kept.objects.filter(dedup_key__in=NAMES).count(), noted()) == (2 * MANY, MANY)
    assert counts() == {(1, 0)}
    assert account().amiss == ()
    assert add_up_repeats() == 1
    assert (counts(), noted(), add_up_repeats()) == ({(2, 0)}, 0, 0)
    after = Alert.objects.get(dedup_key="k1")
    assert after.last_seen_at > before.last_seen_at
    assert Integration.objects.get().last_seen_at == after.last_seen_at
    assert account().amiss == ()


def test_repeats_without_a_row_are_accounted_for_before_and_after(key: str) -> None:
    """A hundred identical bodies a key: sixty rows, and the rest counted as `unkept`."""
    for _ in range(2):
        assert None not in count_repeats(storm(key) * 50)
    told = account()
    assert (told.signals, told.amiss) == (101 * MANY, ())
    add_up_repeats()
    assert {count for count, _ in counts()} == {101}
    again = account()
    assert (again.signals, again.amiss) == (101 * MANY, ())
    assert Kept.objects.count() + sum(Alert.objects.values_list("unkept", flat=True)) == 101 * MANY


def test_what_is_over_or_worse_or_held_goes_the_long_way(key: str) -> None:
    """Neither counted nor kept by the short way; its neighbours are."""
    receive_signals([resolve(key, "k0"), resolve(key, "k1")])
    receive_signals([trigger(key, "k1", holds_until=FAR)])
    worse = trigger(key, "k2", severity=SignalSeverity.CRITICAL)
    rows = Kept.objects.count()
    taken = count_repeats([*storm(key)[:2], worse, *storm(key)[3:]])
    assert [one is None for one in taken] == [True] * 3 + [False] * (MANY - 3)
    assert (Kept.objects.count() - rows, noted()) == (MANY - 3, MANY - 3)


@pytest.mark.parametrize("more", [{"holds_until": FAR}, {"occurred_at": FAR - timedelta(days=1)}])
def test_a_batch_that_brings_more_than_its_number_is_counted_at_once(
    key: str, more: dict[str, datetime]
) -> None:
    """When it fired, and until when it holds, decide what happens next."""
    receive_signals([trigger(key, name, **more) for name in NAMES])
    assert None not in count_repeats([trigger(key, name, **more) for name in NAMES])
    assert (counts(), noted()) == ({(3, 0)}, 0)


def test_few_are_counted_at_once(key: str) -> None:
    """Who looks at a quiet alert sees all of it."""
    assert None not in count_repeats(storm(key)[1:])
    assert (Alert.objects.get(dedup_key="k1").count, noted()) == (2, 0)


def test_what_was_noted_counts_on_an_alert_that_ended_meanwhile(key: str) -> None:
    """It was open when they came; the next trigger opens another, which has none of them."""
    count_repeats(storm(key))
    receive_signals([resolve(key, "k1"), trigger(key, "k1")])
    add_up_repeats()
    seen = Alert.objects.filter(dedup_key="k1").order_by("id").values_list("state", "count")
    assert list(seen) == [("resolved", 2), ("triggered", 1)]
    assert account().amiss == ()


def test_a_change_of_the_alert_meanwhile_is_kept(key: str) -> None:
    """Counting adds to what stands there, and writes nothing else."""
    count_repeats(storm(key))
    receive_signals([trigger(key, "k1")])
    commands.move_alert(
        Alert.objects.get(dedup_key="k1").pk, Verb.ACKNOWLEDGE, actor=system("tests"), at=queries.now()
    )
    add_up_repeats()
    alert = Alert.objects.get(dedup_key="k1")
    assert (alert.count, alert.state) == (3, "acknowledged")


def test_two_workers_count_each_note_once(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While more come in, and while others lock the same alerts in their own order."""
    monkeypatch.setattr(repeating, "ADDED_UP", 2)
    chance = random.Random(3)
    over = threading.Event()

    def add() -> None:
        try:
            while not over.is_set():
                Integration.objects.update(last_seen_at=None)
                add_up_repeats()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(add) for _ in range(2)]
        try:
            for _ in range(20):
                batches = [chance.sample(storm(key), MANY) for _ in range(2)]
                assert all(None not in found for found in count_together(batches))
                receive_signals(chance.sample(storm(key), MANY))
        finally:
            over.set()
        for worker in workers:
            worker.result()
    while add_up_repeats():
        pass
    assert {count for count, _ in counts()} == {1 + 20 * 3}
    assert account().amiss == ()
