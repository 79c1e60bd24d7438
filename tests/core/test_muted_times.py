"""The days of a calendar of what is muted, on somebody's wall clock; and ends that people moved."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.muted_times import before, day_of, days_touched, first_day, following, stretch
from muster.core.recurrence import Span, with_ends
from muster.core.silence import Caught, catches_more

MADRID = ZoneInfo("Europe/Madrid")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-10-20", date(2026, 10, 20)),
        ("", date(2026, 1, 1)),
        ("yesterday", date(2026, 1, 1)),
        ("0001-01-01", date(2026, 1, 1)),
        ("9999-12-31", date(2026, 1, 1)),
    ],
)
def test_an_address_names_a_day_or_another_is_shown(text: str, found: date) -> None:
    assert day_of(text, date(2026, 1, 1)) == found


@given(day=st.dates(min_value=date(2000, 1, 1), max_value=date(2200, 1, 1)), month=st.booleans())
def test_weeks_and_months_follow_each_other_without_a_gap(day: date, month: bool) -> None:
    first = first_day(day, month=month)
    after = following(first, month=month)
    assert first <= day < after
    assert before(after, month=month) == first
    assert first_day(after, month=month) == after
    assert stretch(first, MADRID, month=month).end == stretch(after, MADRID, month=month).start


def test_a_week_in_which_the_clocks_go_back_is_an_hour_longer() -> None:
    found = stretch(date(2026, 10, 19), MADRID, month=False)
    assert found == Span(at("2026-10-18T22:00:00"), at("2026-10-25T23:00:00"))


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-10-20T01:00:00", "2026-10-20T03:00:00", [20]),
        ("2026-10-20T20:00:00", "2026-10-20T22:00:00", [20]),
        ("2026-10-20T20:00:00", "2026-10-20T22:00:01", [20, 21]),
        ("2026-10-01T00:00:00", "2026-10-20T00:00:00", [19, 20]),
        ("2026-10-25T20:00:00", "2026-11-20T00:00:00", [25]),
        ("2026-11-20T00:00:00", "2026-11-21T00:00:00", []),
    ],
)
def test_the_days_on_which_something_goes_on_are_those_of_the_wall(
    start: str, end: str, days: list[int]
) -> None:
    """Midnight in Madrid is 22:00 in UTC; what ends then ends the day before."""
    week = stretch(date(2026, 10, 19), MADRID, month=False)
    found = days_touched(Span(at(start), at(end)), week, MADRID)
    assert [day.day for day in found] == days


def test_an_end_that_was_moved_takes_the_place_of_the_planned_one() -> None:
    one, two = Span(at("2026-10-20T01:00:00"), at("2026-10-20T03:00:00")), at("2026-10-27T01:00:00")
    spans = [one, Span(two, two + HOUR)]
    assert with_ends(spans, {}) == spans
    assert with_ends(spans, {one.start: one.start + HOUR}) == [Span(one.start, one.start + HOUR), spans[1]]
    assert with_ends(spans, {two: two}) == [one]


@pytest.mark.parametrize(
    ("made", "now", "more"),
    [
        (None, Caught(9, 9), False),
        (Caught(0, 0), Caught(9, 3), False),
        (Caught(3, 1), Caught(3, 1), False),
        (Caught(3, 1), Caught(4, 1), True),
        (Caught(3, 1), Caught(2, 2), True),
        (Caught(3, 2), Caught(1, 1), False),
    ],
)
def test_matchers_that_catch_more_than_when_they_were_made_are_told(
    made: Caught | None, now: Caught, more: bool
) -> None:
    assert catches_more(made, now) is more
