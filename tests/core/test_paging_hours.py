"""Quiet and working hours, and throttles: they hold what can wait, and never what is urgent (R44)."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.calendar import WEEKDAYS, Calendar
from muster.core.hold import (
    LOW_THROTTLE,
    HoldReason,
    PersonHours,
    Throttle,
    begin_page,
    throttled_until,
)
from muster.core.urgency import Urgency

MADRID = "Europe/Madrid"
NIGHT = Calendar(MADRID, frozenset(WEEKDAYS), time(22), time(7))
OFFICE = Calendar(MADRID)
MORNINGS = Calendar(MADRID, frozenset(WEEKDAYS[:5]), time(5), time(6))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("hours", "when", "begins", "reason"),
    [
        (PersonHours(), "2026-01-06T03:00+01:00", "2026-01-06T03:00+01:00", HoldReason.NOT_HELD),
        (
            PersonHours(quiet=(NIGHT,)),
            "2026-01-06T03:00+01:00",
            "2026-01-06T07:00+01:00",
            HoldReason.QUIET_HOURS,
        ),
        (
            PersonHours(quiet=(NIGHT,)),
            "2026-01-06T22:00+01:00",
            "2026-01-07T07:00+01:00",
            HoldReason.QUIET_HOURS,
        ),
        (
            PersonHours(quiet=(NIGHT,)),
            "2026-01-06T07:00+01:00",
            "2026-01-06T07:00+01:00",
            HoldReason.NOT_HELD,
        ),
        (
            PersonHours(working=(OFFICE,)),
            "2026-01-09T17:00+01:00",  # a Friday's end
            "2026-01-12T09:00+01:00",
            HoldReason.OUTSIDE_WORKING_HOURS,
        ),
        # The night in which the clocks go forward, and the one in which they go back.
        (
            PersonHours(quiet=(NIGHT,)),
            "2026-03-29T01:30+01:00",
            "2026-03-29T07:00+02:00",
            HoldReason.QUIET_HOURS,
        ),
        (
            PersonHours(quiet=(NIGHT,)),
            "2026-10-25T01:30+02:00",
            "2026-10-25T07:00+01:00",
            HoldReason.QUIET_HOURS,
        ),
        # Both: the office opens after the night is over.
        (
            PersonHours((OFFICE,), (NIGHT,)),
            "2026-01-06T03:00+01:00",
            "2026-01-06T09:00+01:00",
            HoldReason.OUTSIDE_WORKING_HOURS,
        ),
        # Working hours that lie wholly in quiet hours would never begin: rather too early than never.
        (
            PersonHours((MORNINGS,), (NIGHT,)),
            "2026-01-06T12:00+01:00",
            "2026-01-06T12:00+01:00",
            HoldReason.NOT_HELD,
        ),
    ],
)
def test_what_can_wait_is_held(hours, when, begins, reason):
    found = begin_page(Urgency.LOW, hours, at(when))
    assert (found.at, found.reason) == (at(begins), reason)


instants = st.integers(0, 366 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(instants)
def test_nothing_urgent_is_ever_held_or_throttled(when):
    assert begin_page(Urgency.HIGH, PersonHours((OFFICE,), (NIGHT,)), when).at == when
    assert throttled_until(Urgency.HIGH, [when] * 99, when) is None


@given(instants)
def test_what_is_held_begins_when_both_allow_it_and_never_before_it_came(when):
    begins = begin_page(Urgency.LOW, PersonHours((OFFICE,), (NIGHT,)), when).at
    assert begins >= when
    assert OFFICE.is_open(begins)
    assert not NIGHT.is_open(begins)


@given(st.lists(st.integers(0, 7200), max_size=40).map(sorted))
def test_no_window_ever_holds_more_than_the_throttle_allows(seconds):
    start = datetime(2026, 1, 5, tzinfo=UTC)
    throttle = Throttle(3, timedelta(minutes=10))
    sent: list[datetime] = []
    for second in seconds:
        due = start + timedelta(seconds=second)
        while (later := throttled_until(Urgency.LOW, sent, due, throttle)) is not None:
            assert later > due
            due = later
        sent.append(due)
    sent.sort()
    assert all(sent[n + 3] - sent[n] >= throttle.per for n in range(len(sent) - 3))


def test_the_throttle_counts_from_the_oldest_that_is_one_too_many():
    start = datetime(2026, 1, 5, tzinfo=UTC)
    sent = [start + timedelta(minutes=n) for n in range(LOW_THROTTLE.messages)]
    assert throttled_until(Urgency.LOW, sent[1:], sent[-1]) is None
    assert throttled_until(Urgency.LOW, sent, sent[-1]) == start + LOW_THROTTLE.per
    assert throttled_until(Urgency.LOW, sent, start + LOW_THROTTLE.per) is None
