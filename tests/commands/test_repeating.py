"""The short way of mere repeats ends where the long way ends."""

import asyncio
import functools
import random
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from asking import told
from muster.core.signals import Action, Signal, SignalSeverity
from muster.detect import commands
from muster.detect.commands import Received, add_up_repeats, receive_signals
from muster.detect.commands.repeating import MANY
from muster.detect.commands.sifting import Sieve
from muster.detect.models import Alert, Integration
from muster.detect.models import Signal as Kept
from muster.foundation.access import queries
from muster.foundation.timeline.models import Event
from people import Cast
from senders import count_repeats, count_together, resolve, trigger

FIRED = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def take(batch: Sequence[Received]) -> list[bool]:
    """As the flusher does it: the short way first, then the long way with what is left."""
    short = count_repeats(batch)
    rest = iter(receive_signals([r for r, taken in zip(batch, short, strict=True) if taken is None]))
    return [(taken or next(rest)).known for taken in short]


@pytest.fixture(autouse=True)
def knows_the_time(key: str) -> None:
    """The short way opens with the first batch of a process, which says what time it is."""
    receive_signals([trigger(key, "before")])


def test_a_repeat_is_counted_and_kept(key: str) -> None:
    """Count, time, the latest firing, its row; and no event."""
    receive_signals([trigger(key)])
    before = Alert.objects.get(dedup_key="k1")
    signal = Signal(Action.TRIGGER, "k1", summary="Checkout fails", raw={"b": 1}, occurred_at=FIRED)
    batch = [Received(commands.key_hash(key), "alertmanager", (signal,))] * 2
    taken = count_repeats(batch)
    assert [(one.dedup_keys, one.alerts) for one in taken if one] == [(("k1",), (before.pk,))] * 2
    alert = Alert.objects.get(dedup_key="k1")
    assert (alert.count, alert.unkept, alert.fired_at) == (3, 0, FIRED)
    assert alert.last_seen_at > before.last_seen_at
    rows = Kept.objects.filter(dedup_key="k1", raw={"b": 1})
    assert set(rows.values_list("disposition", "reason", "action", "alert_id", "integration_id")) == {
        ("merged", "already_open", "trigger", alert.pk, alert.integration_id)
    }
    assert Event.objects.filter(subject=alert.subject).count() == 1


def test_what_was_read_at_a_glance_is_read_in_full_when_it_opens_an_alert(key: str) -> None:
    """A repeat is counted without; what the short way leaves alone brings its summary and labels."""
    whole = Signal(Action.TRIGGER, "seen", summary="Checkout fails", labels={"rate": "38 %"})
    asked: list[Signal] = []

    def read() -> list[Signal]:
        asked.append(whole)
        return [whole]

    seen = Received(commands.key_hash(key), "alertmanager", (Signal(Action.TRIGGER, "seen"),), whole=read)
    assert take([seen]) == [True]
    alert = Alert.objects.get(dedup_key="seen")
    assert (alert.summary, alert.labels, len(asked)) == ("Checkout fails", {"rate": "38 %"}, 1)
    assert take([seen]) == [True]
    alert.refresh_from_db()
    assert (alert.count, len(asked)) == (2, 1)


def test_an_earlier_firing_does_not_turn_the_clock_back(key: str) -> None:
    """Late repeats of older news."""
    for fired in (FIRED, FIRED - timedelta(hours=1)):
        signal = Signal(Action.TRIGGER, "before", summary="Checkout fails", occurred_at=fired)
        assert None not in count_repeats([Received(commands.key_hash(key), "alertmanager", (signal,))])
    assert Alert.objects.get(dedup_key="before").fired_at == FIRED


@pytest.mark.parametrize("what", ["new", "resolve", "worse", "unknown", "kind", "over", "past"])
def test_what_is_no_repeat_is_left_untouched(key: str, what: str) -> None:
    """And its neighbour in the batch is taken all the same."""
    receive_signals([trigger(key, "mild", severity=SignalSeverity.WARNING)])
    receive_signals([trigger(key, "over"), resolve(key, "over")])
    other = {
        "new": trigger(key, "new"),
        "resolve": resolve(key, "mild"),
        "worse": trigger(key, "mild", severity=SignalSeverity.CRITICAL),
        "unknown": trigger("x" * 32, "mild", severity=SignalSeverity.WARNING),
        "kind": Received(commands.key_hash(key), "pagerduty", trigger(key, "mild").signals),
        "over": trigger(key, "over"),
        "past": trigger(key, "mild", severity=SignalSeverity.WARNING, holds_until=FIRED),
    }[what]
    rows, events = Kept.objects.count(), Event.objects.count()
    taken = count_repeats([other, trigger(key, "before")])
    assert taken[0] is None
    assert taken[1] is not None
    assert taken[1].dedup_keys == ("before",)
    assert (Kept.objects.count() - rows, Event.objects.count()) == (1, events)


def test_what_held_until_now_resolves_and_what_still_holds_is_a_repeat(key: str) -> None:
    """Prometheus says both by the end of its alert (wire facts 3.1)."""
    now = queries.now()
    for hours, state in ((1, "triggered"), (1, "triggered"), (-1, "resolved")):
        assert take([trigger(key, "k1", holds_until=now + timedelta(hours=hours))]) == [True]
        assert Alert.objects.get(dedup_key="k1").state == state
    assert Alert.objects.get(dedup_key="k1").count == 2
    kept = Kept.objects.filter(dedup_key="k1").order_by("-id").values_list("action", "disposition")
    assert kept[0] == ("resolve", "resolved")


def test_what_a_batch_says_of_a_key_goes_one_way_in_order(key: str) -> None:
    """Trigger, resolve, trigger: the last one must not be counted on the alert that ends."""
    receive_signals([trigger(key)])
    assert count_repeats([trigger(key), resolve(key), trigger(key)]) == [None] * 3
    take([trigger(key), resolve(key), trigger(key)])
    assert sorted(Alert.objects.filter(dedup_key="k1").values_list("state", flat=True)) == [
        "resolved",
        "triggered",
    ]


def test_a_retired_key_is_refused(key: str, cast: Cast) -> None:
    """However fresh it is in anybody's memory."""
    admin = cast("admin")
    commands.retire_integration(Integration.objects.get().pk, actor=admin.actor, at=admin.at)
    assert take([trigger(key, "before")]) == [False]


def test_two_keys_of_one_service_are_counted_together(key: str, cast: Cast) -> None:
    """The old and the new key of one integration mean the same alert."""
    admin = cast("admin")
    new = commands.rotate_key(Integration.objects.get().pk, actor=admin.actor, at=admin.at)
    assert None not in count_repeats([trigger(key, "before"), trigger(new, "before"), trigger(new, "before")])
    assert Alert.objects.get(dedup_key="before").count == 4


def test_the_storm_is_sieved_the_same_way(key: str) -> None:
    """Sixty identical bodies a minute get a row, then every hundredth; all are counted."""
    for _ in range(4):
        assert None not in count_repeats([trigger(key, "before")] * 60)
    alert = Alert.objects.get(dedup_key="before")
    assert alert.count == 241
    assert Kept.objects.filter(dedup_key="before").count() + alert.unkept == 241
    assert Kept.objects.filter(dedup_key="before").count() < 130


def test_batches_on_their_way_together_are_sieved_as_if_one_came_after_the_other(key: str) -> None:
    """The sixty rows of a minute are shared by all; a batch that fails takes nothing from the others."""
    said = [trigger(key, "before")] * 40
    assert all(None not in found for found in count_together([said] * 4))
    alert = Alert.objects.get(dedup_key="before")
    rows = Kept.objects.filter(dedup_key="before").count()
    assert (alert.count, rows + alert.unkept) == (161, 161)
    assert rows < 70
    receive_signals([trigger(key, "other")])

    def away(statement: str, values: object, tell: Callable[[Exception], None]) -> None:
        tell(ConnectionError("away"))

    def fails(statement: str, values: object, tell: object) -> None:
        raise ConnectionError("away")

    def odd(statement: str, values: object, tell: Callable[[tuple[int, ...]], None]) -> None:
        tell((1, 2))

    for ask in (away, fails, odd) * 50:
        with pytest.raises((ConnectionError, ValueError)):
            asyncio.run(told(functools.partial(commands.count_repeats, [trigger(key, "other")], ask=ask)))
    assert None not in count_repeats([trigger(key, "other")])
    assert Kept.objects.filter(dedup_key="other").count() == 2


def test_what_follows_a_batch_that_failed_forgets_what_that_brought() -> None:
    """Else the body would have no row: the one counted it among those of the other."""
    sieve, at, one = Sieve(), datetime(2026, 3, 1, 12, tzinfo=UTC), (b"key", "k1")
    first, second = sieve.following(), sieve.following()
    assert all(first.keeps(one, b"{}", 1) for _ in range(60))
    assert not second.keeps(one, b"{}", 1)
    sieve.drop(first)
    sieve.remember(second, at)
    assert sieve.following().keeps(one, b"{}", 1)


def test_a_storm_that_was_rolled_back_is_forgotten(key: str) -> None:
    """The first body that is committed then has its row."""
    receive_signals([trigger(key)])
    with transaction.atomic():
        receive_signals([trigger(key)] * 100)
        transaction.set_rollback(True)
    receive_signals([trigger(key)])
    alert = Alert.objects.get(dedup_key="k1")
    assert (alert.count, alert.unkept) == (2, 0)


def test_any_story_ends_the_same_by_both_ways(key: str) -> None:
    """A hundred random batches: the same alerts, counts and dispositions as by the long way alone."""
    chance = random.Random(7)
    for number in range(100):
        said = [_anything(chance) for _ in range(chance.randint(1, 8))]
        take([_received(key, f"short-{number}", *one) for one in said])
        receive_signals([_received(key, f"long-{number}", *one) for one in said])
        assert _ended(f"short-{number}-") == _ended(f"long-{number}-"), said


@pytest.mark.parametrize("many", [MANY - 1, 20])
def test_two_processes_count_every_repeat(key: str, many: int) -> None:
    """Counting is locked in the order of the keys, so nobody waits in a ring."""
    names = [f"k{n}" for n in range(many)]
    receive_signals([trigger(key, name) for name in names])
    orders = (names, names[::-1]) * 2
    threads = [
        threading.Thread(target=lambda o=order: [take([trigger(key, k) for k in o]) for _ in range(5)])
        for order in orders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    add_up_repeats()
    assert set(Alert.objects.filter(dedup_key__in=names).values_list("count", flat=True)) == {21}


_Said = tuple[str, Action, SignalSeverity, int, int]


def _anything(chance: random.Random) -> _Said:
    action = chance.choices([Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE], [8, 1, 1])[0]
    return (
        chance.choice("ab"),
        action,
        chance.choice(list(SignalSeverity)),
        chance.randint(0, 3),
        chance.randint(0, 20),
    )


def _received(
    key: str, story: str, name: str, action: Action, severity: SignalSeverity, body: int, hours: int
) -> Received:
    end = FAR + timedelta(hours=hours) if hours else None
    signal = Signal(
        action, f"{story}-{name}", summary="x", severity=severity, raw={"n": body}, holds_until=end
    )
    return Received(commands.key_hash(key), "alertmanager", (signal,))


def _ended(story: str) -> list[tuple[object, ...]]:
    """What is left of a story: alerts and rows without their numbers."""
    alerts = Alert.objects.filter(dedup_key__startswith=story).order_by("id")
    rows = Kept.objects.filter(dedup_key__startswith=story).order_by("id")
    return [
        *((a.dedup_key[len(story) :], a.state, a.severity, a.count, a.unkept, a.holds_until) for a in alerts),
        *sorted((r.dedup_key[len(story) :], r.disposition, r.reason, r.raw["n"]) for r in rows),
    ]
