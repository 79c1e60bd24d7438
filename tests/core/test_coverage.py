"""Holes in a rota: within the hours it means to hold, and not those it leaves on purpose. O9; peers 9c"""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.coverage import WEEK, coverage, hours_meant
from muster.core.oncall import Effect, Override, ScheduleSpec, gaps
from muster.core.rotation import Day, Layer, Window
from muster.core.wallclock import Every, Unit

MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
WORKDAYS = frozenset({Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI})
OFFICE = Window(WORKDAYS, time(9), time(17))
WEEKLY = Every(1, Unit.WEEKS)


def rota(*layers: Layer, overrides: tuple[Override, ...] = ()) -> ScheduleSpec:
    return ScheduleSpec("UTC", layers, overrides)


def layer(start: datetime = MONDAY - timedelta(days=70), *only: Window) -> Layer:
    return Layer(WEEKLY, start, ("ana", "ben"), only)


def hour(day: int, at: int) -> datetime:
    return MONDAY + timedelta(days=day, hours=at)


def found(spec: ScheduleSpec):
    return coverage(spec, spec, MONDAY, MONDAY + WEEK)


def test_somebody_always_is_no_hole():
    assert (found(rota(layer())).holes, found(rota(layer())).share) == ((), 0)


def test_hours_left_on_purpose_are_no_holes():
    office = found(rota(layer(MONDAY - timedelta(days=70), OFFICE)))
    assert office.holes == ()
    assert len(office.meant) == 6
    assert office.share == pytest.approx(128 / 168)
    assert not office.is_empty


def test_who_was_taken_off_leaves_a_hole_within_the_hours():
    off = Override(hour(1, 12), hour(2, 10), "ana", Effect.REMOVE)
    spec = rota(layer(MONDAY - timedelta(days=70), OFFICE), overrides=(off,))
    everybody_off = rota(
        *spec.layers, overrides=(off, Override(hour(1, 12), hour(2, 10), "ben", Effect.REMOVE))
    )
    holes = found(everybody_off).holes
    assert holes == ((hour(1, 12), hour(1, 17)), (hour(2, 9), hour(2, 10)))


def test_a_week_with_nobody_is_one_hole_of_a_hundred_per_cent():
    later = found(rota(layer(MONDAY + timedelta(days=20), OFFICE)))
    nobody = found(rota())
    for one in (later, nobody):
        assert (one.holes, one.share, one.is_empty) == (((MONDAY, MONDAY + WEEK),), 1, True)


def test_a_rota_that_begins_within_the_week_has_a_hole_before():
    begins = found(rota(layer(hour(2, 9))))
    assert begins.holes == ((MONDAY, hour(2, 9)),)


def test_hours_of_several_layers_are_one():
    nights = Window(WORKDAYS, time(17), time(9))
    spec = rota(layer(MONDAY, OFFICE), layer(MONDAY, nights))
    assert hours_meant(spec, MONDAY, MONDAY + WEEK)[0] == (hour(0, 9), hour(5, 9))


spans = st.lists(st.tuples(st.integers(0, 160), st.integers(1, 40)), max_size=6)


@given(spans, st.booleans())
def test_holes_and_what_is_meant_are_exactly_the_gaps(removed, by_hours):
    offs = tuple(
        Override(hour(0, at), hour(0, at + length), person, Effect.REMOVE)
        for at, length in removed
        for person in ("ana", "ben")
    )
    spec = rota(layer(MONDAY - timedelta(days=70), *([OFFICE] if by_hours else [])), overrides=offs)
    told = found(spec)
    pieces = sorted((*told.holes, *told.meant))
    assert all(before[1] <= after[0] for before, after in pairwise(pieces))
    total = sum((end - start for start, end in pieces), timedelta(0))
    assert total == sum((g.end - g.start for g in gaps(spec, MONDAY, MONDAY + WEEK)), timedelta(0))
