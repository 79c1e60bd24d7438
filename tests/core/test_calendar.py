"""Business time: days, hours, holidays and changes of the clocks (R10, R44, R53)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from muster.core.calendar import Calendar, NoBusinessTime, business_calendar
from muster.core.wallclock import UnknownZone
from muster.foundation.standard.presets import preset

MADRID = ZoneInfo("Europe/Madrid")
OFFICE = Calendar("Europe/Madrid", holidays=frozenset({date(2026, 1, 6)}))
MICRO = timedelta(microseconds=1)


def local(day: int, hour: int, minute: int = 0, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=MADRID)


# January 2026: Thursday the 1st, Monday the 5th, Tuesday the 6th is a holiday, Saturday the 10th
DAYS = [
    (local(5, 10), 1, local(7, 10)),
    (local(5, 10), 5, local(13, 10)),
    (local(9, 18), 1, local(12, 18)),
    (local(10, 12), 1, local(12, 12)),
    (local(5, 10), 0, local(5, 10)),
]


@pytest.mark.parametrize(("start", "count", "due"), DAYS)
def test_business_days_leave_out_weekends_and_holidays(start: datetime, count: int, due: datetime) -> None:
    assert OFFICE.plus_business_days(start, count) == due


SPANS = [
    (local(9, 18), 24, local(12, 18)),
    (local(7, 10), 24, local(8, 10)),
    (local(10, 12), 24, local(13, 0)),
    (local(5, 18), 24, local(7, 18)),
    (local(9, 23, 59), 0, local(9, 23, 59)),
    (local(9, 0), 24, local(10, 0)),
]


@pytest.mark.parametrize(("start", "hours", "due"), SPANS)
def test_hours_on_working_days_stand_still_on_days_off(start: datetime, hours: int, due: datetime) -> None:
    # the answer to a SEV3 of Friday 18:00 is due on Monday 18:00
    assert OFFICE.plus_on_business_days(start, timedelta(hours=hours)) == due


def test_a_change_of_the_clocks_does_not_move_a_working_day() -> None:
    friday = datetime(2026, 3, 27, 10, tzinfo=MADRID)
    assert OFFICE.plus_business_days(friday, 1) == datetime(2026, 3, 30, 10, tzinfo=MADRID)


def test_the_opening_counts_and_the_closing_does_not() -> None:
    assert OFFICE.is_open(local(5, 9))
    assert not OFFICE.is_open(local(5, 9) - MICRO)
    assert OFFICE.is_open(local(5, 17) - MICRO)
    assert not OFFICE.is_open(local(5, 17))
    assert not OFFICE.is_open(local(6, 12))


def test_a_page_outside_hours_is_held_until_they_open() -> None:
    # R44
    assert OFFICE.next_opening(local(5, 17)) == local(7, 9)
    assert OFFICE.next_opening(local(5, 8)) == local(5, 9)
    assert OFFICE.next_opening(local(5, 12)) == local(5, 12)


def test_hours_may_run_past_midnight() -> None:
    night = Calendar("Europe/Madrid", opens=time(22), closes=time(6))
    assert night.is_open(local(10, 3))
    assert not night.is_open(local(11, 3))
    assert night.next_opening(local(10, 7)) == local(12, 22)


def test_a_calendar_without_days_is_refused() -> None:
    with pytest.raises(NoBusinessTime):
        Calendar("Europe/Madrid", days=frozenset())
    with pytest.raises(NoBusinessTime):
        Calendar("Europe/Madrid", days=frozenset({"monday"}))
    with pytest.raises(UnknownZone):
        Calendar("Europe/Atlantis")


def test_a_calendar_that_never_opens_says_so() -> None:
    start = date(2026, 1, 1)
    never = Calendar("UTC", holidays=frozenset(start + timedelta(days=n) for n in range(-1, 4000)))
    for call in (
        lambda: never.plus_business_days(datetime(2026, 1, 1, tzinfo=UTC), 1),
        lambda: never.plus_on_business_days(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)),
        lambda: never.next_opening(datetime(2026, 1, 1, tzinfo=UTC)),
    ):
        with pytest.raises(NoBusinessTime):
            call()


def test_the_standards_hours_become_a_teams_calendar() -> None:
    team = business_calendar(preset().process.business_time, "Europe/Madrid", [date(2026, 1, 6)])
    assert team == OFFICE
