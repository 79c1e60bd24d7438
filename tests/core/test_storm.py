"""A storm: where it began and ended, its lanes, its groups, what was held back."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.storm import (
    LULL,
    MANY,
    MOST_BARS,
    MOST_TICKS,
    WITHIN,
    LaneKind,
    Run,
    Seen,
    Storm,
    Window,
    latest_storm,
    storm_of,
    ticks_of,
    window_of,
    window_until,
)

NOW = datetime.fromisoformat("2026-10-20T03:25:00+00:00")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def burst(start: datetime, count: int = MANY, apart: timedelta = SECOND) -> list[datetime]:
    return [start + n * apart for n in range(count)]


def hour() -> Window:
    return window_until(NOW, timedelta(hours=1))


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([], None),
        (burst(NOW, MANY - 1), None),
        (burst(NOW, MANY, timedelta(minutes=1)), None),
        (burst(NOW), Run(NOW, NOW + (MANY - 1) * SECOND)),
        ([*burst(NOW, MANY - 1), NOW + WITHIN], Run(NOW, NOW + WITHIN)),
        ([*burst(NOW, MANY - 1), NOW + WITHIN + SECOND], None),
    ],
)
def test_many_within_minutes_are_a_storm(times: list[datetime], found: Run | None) -> None:
    assert latest_storm(times) == found


def test_a_lull_ends_a_storm_and_the_latest_is_told() -> None:
    """A pause shorter than the lull belongs to it; after a longer one another begins."""
    first, second = burst(NOW), burst(NOW + LULL)
    together = latest_storm([*second, *first])
    assert together == Run(NOW, second[-1])
    later = burst(first[-1] + LULL + SECOND)
    assert latest_storm([*first, *later]) == Run(later[0], later[-1])


def test_what_trickles_before_is_not_its_beginning() -> None:
    trickle = [NOW - n * timedelta(minutes=30) for n in range(1, 40)]
    found = latest_storm([*trickle, *burst(NOW)])
    assert found is not None
    assert found.since == NOW


def test_it_goes_on_until_it_was_calm_for_a_while() -> None:
    run = Run(NOW, NOW + MINUTE)
    assert run.goes_on(run.last + LULL)
    assert not run.goes_on(run.last + LULL + SECOND)


@given(
    length=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=1)),
    after=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=1)),
)
def test_a_picture_has_few_bars_and_holds_all_of_the_storm(length: timedelta, after: timedelta) -> None:
    run = Run(NOW, NOW + length)
    window = window_of(run, run.last + after)
    assert 1 <= window.steps <= MOST_BARS + 1
    assert window.start < run.since <= run.last <= window.end
    assert window.start + window.steps * window.step >= window.end
    assert 0 <= window.place(run.since) <= window.place(run.last) < window.steps
    assert len(ticks_of(window)) <= MOST_TICKS + 1
    assert all(window.start <= tick <= window.end for tick in ticks_of(window))


def test_lanes_say_how_each_service_stands_and_where_it_began() -> None:
    seen = [
        Seen(1, 10, NOW - 30 * MINUTE, group=1),
        Seen(2, 10, NOW - 29 * MINUTE, group=1),
        Seen(3, 20, NOW - 20 * MINUTE, held_by="dependency:db"),
        Seen(4, 20, NOW - 20 * MINUTE, held_by="dependency:db"),
        Seen(5, 20, NOW - 10 * MINUTE, held_by="silence:7"),
        Seen(6, 30, NOW - 5 * MINUTE, waits=True, group=2),
        Seen(7, 40, NOW - 2 * timedelta(hours=1), group=3),
    ]
    made = storm_of(seen, hour(), most_lanes=8)
    assert (made.alerts, made.services, made.waiting, made.held_alerts) == (6, 3, 1, 3)
    assert made.first == seen[0]
    assert [(lane.service, lane.kind) for lane in made.lanes] == [
        (30, LaneKind.NOW),
        (10, LaneKind.HAD),
        (20, LaneKind.HELD),
    ]
    assert made.held == (("dependency:db", 2, 3), ("silence:7", 1, 5))
    assert [(sum(lane.filled), sum(lane.hollow)) for lane in made.lanes] == [(1, 0), (2, 0), (0, 3)]
    assert made.rest is None


def test_a_thousand_services_are_a_few_lanes_and_one_for_the_rest() -> None:
    """The one where it began is always drawn, then those that need somebody, then the largest."""
    seen = [Seen(n, n, NOW - 30 * MINUTE + n * SECOND) for n in range(1000)]
    seen += [Seen(2000 + n, 900 + n // 10, NOW, held_by="silence:1") for n in range(50)]
    seen.append(Seen(3000, 999, NOW - MINUTE, waits=True, group=9))
    made = storm_of(seen, hour(), most_lanes=4)
    assert [lane.service for lane in made.lanes] == [999, 0, 900, 901]
    assert made.rest is not None
    assert (made.rest.services, made.rest.alerts) == (996, made.alerts - sum(n.alerts for n in made.lanes))
    assert len(made.rest.filled) == len(made.lanes[0].filled) == hour().steps


def test_groups_come_first_seen_first_and_the_largest_can_be_asked_for() -> None:
    seen = [
        Seen(1, 10, NOW - 9 * MINUTE, group=5),
        Seen(2, 10, NOW - 8 * MINUTE, group=4, waits=True),
        Seen(3, 11, NOW - 7 * MINUTE, group=4),
        Seen(4, 12, NOW - 6 * MINUTE, group=6, is_open=False),
        Seen(5, 12, NOW - 6 * MINUTE, group=6, is_open=False),
        Seen(6, 12, NOW - 5 * MINUTE),
    ]
    made = storm_of(seen, hour(), most_lanes=8)
    assert [(one.id, one.alerts, one.waits, one.is_open) for one in made.groups] == [
        (5, 1, False, True),
        (4, 2, True, True),
        (6, 2, False, False),
    ]
    assert made.groups[1].services == {10, 11}
    assert [one.id for one in made.largest(3)] == [4, 5]


def test_nothing_seen_is_no_storm() -> None:
    assert storm_of([Seen(1, 1, NOW - timedelta(days=2))], hour(), most_lanes=3) == Storm()
