"""The on-call rules against a second, plain and slow implementation, minute by minute. R39

The oracle shares nothing with the product but the data classes: it goes from UTC to local time only (so
gaps and folds are found by search, not by `fold`), walks every turn from the start, and asks about one
minute at a time.
"""

import csv
import random
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.core.oncall import Effect, Override, ScheduleSpec, on_call_at, segments, shifts
from muster.core.rotation import Day, Layer, Window
from muster.core.wallclock import Every, Unit, instant, zone, zone_names

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
ZONES = (
    "Europe/Madrid",
    "America/Chicago",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "UTC",
)

CHANGES = {
    "Europe/Madrid": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/Chicago": ("2026-03-08T08:00", "2026-11-01T07:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "Pacific/Apia": ("2011-12-30T10:00", "2012-03-31T14:00"),
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-03-22T02:00"),
    "UTC": ("2024-02-29T00:00", "2026-12-31T23:00"),
}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(at: datetime, where: ZoneInfo) -> datetime:
    return at.astimezone(where).replace(tzinfo=None)


@cache
def first_instant(local: datetime, where: ZoneInfo) -> datetime:
    """The earliest instant that shows this local time; for one never shown, the offset before the gap."""
    near = [local.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-50, 51)]
    offsets = {wall(at, where) - at.replace(tzinfo=None) for at in near}
    shown = [local.replace(tzinfo=UTC) - offset for offset in offsets]
    shown = [at for at in shown if wall(at, where) == local]
    return min(shown) if shown else local.replace(tzinfo=UTC) - min(offsets)


def anchored(moment: datetime, where: ZoneInfo) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else first_instant(moment, where)


def nth_start(layer: Layer, where: ZoneInfo, n: int) -> datetime:
    if n == 0 or layer.every.unit is Unit.HOURS:
        return anchored(layer.start, where) + n * timedelta(hours=layer.every.count)
    local = wall(anchored(layer.start, where), where) if layer.start.tzinfo else layer.start
    if layer.every.unit is Unit.MONTHS:
        day, months = local.day, local.month - 1 + n * layer.every.count
        for candidate in range(day, 0, -1):
            try:
                moved = local.replace(year=local.year + months // 12, month=months % 12 + 1, day=candidate)
            except ValueError:
                continue
            return first_instant(moved, where)
    days = n * layer.every.count * {Unit.DAYS: 1, Unit.WEEKS: 7}[layer.every.unit]
    return first_instant(local + timedelta(days=days), where)


def open_at(window: Window, where: ZoneInfo, at: datetime) -> bool:
    for back in range(-1, 4):
        day = wall(at, where).date() - timedelta(days=back)
        if day.weekday() not in {int(d) for d in window.days}:
            continue
        ends = day + timedelta(days=1) if window.to <= window.from_ else day
        start, end = datetime.combine(day, window.from_), datetime.combine(ends, window.to)
        if first_instant(start, where) <= at < first_instant(end, where):
            return True
    return False


def oracle(spec: ScheduleSpec, at: datetime) -> tuple[str, ...]:
    where = zone(spec.timezone)
    winner: tuple[str, ...] = ()
    for layer in spec.layers:
        n = 0
        while nth_start(layer, where, n) <= at:
            n += 1
        if (
            n
            and layer.people
            and (not layer.only or any(open_at(window, where, at) for window in layer.only))
        ):
            winner = (layer.people[(n - 1) % len(layer.people)],)
    for override in spec.overrides:
        if anchored(override.from_, where) <= at < anchored(override.to, where):
            out = {Effect.COVER: set(winner), Effect.ADD: set(), Effect.REMOVE: {override.person}}
            gone = out.get(override.effect, {override.replaces})
            if override.effect is Effect.REPLACE and override.replaces in winner:
                at_place = winner.index(override.replaces)
                winner = (*winner[:at_place], override.person, *winner[at_place + 1 :])
            elif override.effect is not Effect.REPLACE:
                came = () if override.effect is Effect.REMOVE else (override.person,)
                winner = (*(one for one in winner if one not in gone), *came)
            winner = tuple(one for n, one in enumerate(winner) if one not in winner[:n])
    return winner


def assert_agreement(spec: ScheduleSpec, a: datetime, b: datetime, step: timedelta) -> None:
    """The list of shifts covers [a, b) once, and it, the single answers and the oracle say the same."""
    found = shifts(spec, a, b)
    assert found[0].start == a
    assert found[-1].end == b
    for earlier, later in pairwise(found):
        assert earlier.end == later.start
        assert earlier.people != later.people
    for shift in found:
        assert shift.start < shift.end
        for moment in {shift.start, shift.end - MICROSECOND}:
            assert on_call_at(spec, moment) == shift.people == oracle(spec, moment), moment
        moment = shift.start
        while moment < shift.end:
            assert oracle(spec, moment) == shift.people, moment
            moment += step


MINUTES = st.integers(min_value=0, max_value=24 * 60 - 1)


def times() -> st.SearchStrategy[time]:
    return st.one_of(
        st.sampled_from([time(0), time(1, 30), time(2), time(2, 30), time(3), time(9), time(17)]),
        MINUTES.map(lambda minutes: time(minutes // 60, minutes % 60)),
    )


def moments_near(change: datetime, days: int) -> st.SearchStrategy[datetime]:
    """Local times within some days of a clock change, whole minutes, sometimes with an offset."""
    local = st.integers(-days * 1440, days * 1440).map(
        lambda minutes: change.replace(tzinfo=None) + minutes * MINUTE
    )
    return st.one_of(local, local, local.map(lambda moment: moment.replace(tzinfo=UTC)))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[ScheduleSpec, datetime]:
    name = draw(st.sampled_from(ZONES))
    change = utc(draw(st.sampled_from(CHANGES[name])))
    everies = st.builds(Every, st.sampled_from([1, 1, 2, 3, 5, 12]), st.sampled_from(list(Unit)))
    windows = st.builds(Window, st.frozensets(st.sampled_from(list(Day)), min_size=1), times(), times())
    layers = st.builds(
        Layer,
        everies,
        moments_near(change, 4),
        st.lists(st.sampled_from("abcd"), min_size=0, max_size=4).map(tuple),
        st.lists(windows, max_size=2).map(tuple),
    )
    near = moments_near(change, 2)
    overrides = st.builds(
        Override, near, near, st.sampled_from("axyz"), st.sampled_from(list(Effect)), st.sampled_from("abxy")
    )
    spec = ScheduleSpec(
        name,
        tuple(draw(st.lists(layers, min_size=1, max_size=3))),
        tuple(draw(st.lists(overrides, max_size=3))),
    )
    return spec, change


@settings(max_examples=120, deadline=None)
@given(schedules())
def test_any_schedule_around_a_clock_change_agrees_with_the_oracle(
    case: tuple[ScheduleSpec, datetime],
):  # O1-O8
    spec, change = case
    assert_agreement(spec, change - timedelta(days=2), change + timedelta(days=2), timedelta(minutes=97))


@settings(max_examples=60, deadline=None)
@given(schedules(), st.integers(0, 4 * 1440), st.integers(1, 4 * 1440))
def test_a_part_of_a_span_is_the_whole_cut_to_it(case: tuple[ScheduleSpec, datetime], skip: int, length: int):
    spec, change = case
    a, b = change - timedelta(days=2), change + timedelta(days=8)
    inner_a, inner_b = a + skip * MINUTE, a + (skip + length) * MINUTE
    whole = [
        (max(s.start, inner_a), min(s.end, inner_b), s.people)
        for s in shifts(spec, a, b)
        if s.end > inner_a and s.start < inner_b
    ]
    assert [(s.start, s.end, s.people) for s in shifts(spec, inner_a, inner_b)] == whole


@settings(max_examples=60, deadline=None)
@given(schedules())
def test_segments_are_the_shifts_with_their_causes(case: tuple[ScheduleSpec, datetime]):
    spec, change = case
    a, b = change - timedelta(days=3), change + timedelta(days=3)
    found = segments(spec, a, b)
    assert [s.end for s in found][:-1] == [s.start for s in found][1:]
    for segment in found:
        if segment.people:
            group = spec.layers if segment.why == "layer" else spec.overrides
            claimed = group[segment.index]
            if isinstance(claimed, Layer):
                assert segment.people[0] in claimed.people
            else:
                assert (claimed.person in segment.people) == (claimed.effect is not Effect.REMOVE)


@pytest.mark.parametrize("name", [name for name in ZONES if name != "UTC"])
@pytest.mark.parametrize("number", [0, 1])
def test_two_layers_agree_with_the_oracle_at_every_minute_of_the_day_of_change(name: str, number: int):
    change = utc(CHANGES[name][number])
    local = wall(change, zone(name)).replace(minute=0)
    spec = ScheduleSpec(
        name,
        (
            Layer(Every(1, Unit.DAYS), local - timedelta(days=2, minutes=30), ("a", "b", "c")),
            Layer(
                Every(5, Unit.HOURS),
                local - timedelta(days=1),
                ("d", "e"),
                (Window(from_=time(1, 30), to=time(2, 15)),),
            ),
        ),
        (Override(local - timedelta(minutes=20), local + timedelta(minutes=20), "x"),),
    )
    assert_agreement(spec, change - timedelta(hours=12), change + timedelta(hours=12), MINUTE)


def clock_changes(where: ZoneInfo, first: int, last: int) -> list[datetime]:
    """The instants at which the zone's offset changes, found by looking at it and halving."""
    found = []
    a = datetime(first, 1, 1, tzinfo=UTC)
    while a.year <= last:
        b = a + timedelta(days=9)
        low, high = a, b
        if low.astimezone(where).utcoffset() != high.astimezone(where).utcoffset():
            while high - low > MINUTE:
                middle = low + (high - low) / 2
                same = middle.astimezone(where).utcoffset() == a.astimezone(where).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        a = b
    return found


def distinct_behaviours() -> dict[tuple[object, ...], str]:
    """One zone for each different sequence of offsets in the years looked at."""
    months = [datetime(year, month, 1, tzinfo=UTC) for year in range(2015, 2038) for month in range(1, 13)]
    return {
        tuple(month.astimezone(zone(name)).utcoffset() for month in months): name
        for name in sorted(zone_names())
    }


def test_local_times_around_every_kind_of_clock_change_are_the_earliest_instant_that_shows_them():  # O1, M11
    names = [name for offsets, name in distinct_behaviours().items() if len(set(offsets)) > 1]
    assert len(names) > 50
    dice = random.Random(20260105)
    compared = 0
    for name in names:
        where = zone(name)
        for change in dice.sample(changes := clock_changes(where, 2025, 2027), min(3, len(changes))):
            for minutes in (-181, -61, -60, -31, -30, -1, 0, 1, 29, 30, 59, 60, 61, 121):
                local = wall(change, where) + minutes * MINUTE
                assert instant(local, where) == first_instant(local, where), (name, local)
                compared += 1
    assert compared > 1500


def test_instants_are_those_of_java_time():  # O1: a second program, whose defaults are RFC 5545's
    """Written by OpenJDK 17: `LocalDateTime.parse(local).atZone(ZoneId.of(zone)).toEpochSecond()`."""
    with (Path(__file__).parent / "java_instants.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 900
    for row in rows:
        found = instant(datetime.fromisoformat(row["local"]), zone(row["zone"]))
        assert found.timestamp() == int(row["epoch_seconds"]), row
