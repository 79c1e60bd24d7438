"""Business time: which days and hours count, in one team's zone (R10, R44, R53).

Durations in minutes and hours are elapsed time; business days follow the calendar given here. Local times
become instants by `wallclock.instant` alone, so a change of the clocks never moves a working day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from muster.core.standard.learning import BusinessTime
from muster.core.wallclock import instant, local_day, wall_time, zone

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Spelled as in configuration; the index is that of `date.weekday`."""

_LONGEST_SEARCH_DAYS = 3_660
_DAY = timedelta(days=1)


class NoBusinessTime(ValueError):
    """The calendar has no business day within ten years, so nothing counted in them is ever due."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business days and hours. Hours whose end is not after their start end on the next day.

    `days` holds the spelling of WEEKDAYS; `holidays` are local dates that are off.
    """

    timezone: str
    days: frozenset[str] = frozenset(WEEKDAYS[:5])
    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Refuse a calendar without a day, an unknown day, or an unknown zone (`UnknownZone`)."""
        if not self.days or not self.days <= set(WEEKDAYS):
            raise NoBusinessTime(f"days are some of {', '.join(WEEKDAYS)}: {sorted(self.days)}")
        zone(self.timezone)

    def is_business_day(self, day: date) -> bool:
        """True when this local date is one of the days and no holiday."""
        return WEEKDAYS[day.weekday()] in self.days and day not in self.holidays

    def is_open(self, at: datetime) -> bool:
        """True when the instant lies in business hours; the opening counts, the closing does not."""
        today = local_day(at, zone(self.timezone))
        hours = (self._hours(today - _DAY), self._hours(today))
        return any(start <= at < stop for start, stop in filter(None, hours))

    def next_opening(self, at: datetime) -> datetime:
        """Return `at` itself when open, else the next opening: until then a business-hours page is held."""
        if self.is_open(at):
            return at
        day = local_day(at, zone(self.timezone))
        for offset in range(_LONGEST_SEARCH_DAYS):
            hours = self._hours(day + offset * _DAY)
            if hours and hours[0] >= at:
                return hours[0]
        raise NoBusinessTime(self.timezone)

    def closing(self, at: datetime) -> datetime:
        """When the hours that hold this instant end; `at` itself when it lies in none."""
        today = local_day(at, zone(self.timezone))
        hours = (self._hours(today - _DAY), self._hours(today))
        ends = [stop for start, stop in filter(None, hours) if start <= at < stop]
        return max(ends, default=at)

    def plus_business_days(self, at: datetime, count: int) -> datetime:
        """Return the same local time of day on the count-th business day after the local date of `at`."""
        where = zone(self.timezone)
        day, left = local_day(at, where), count
        for _ in range(_LONGEST_SEARCH_DAYS):
            if not left:
                return instant(datetime.combine(day, wall_time(at, where).time()), where)
            day += _DAY
            left -= self.is_business_day(day)
        raise NoBusinessTime(self.timezone)

    def plus_on_business_days(self, at: datetime, span: timedelta) -> datetime:
        """Return when `span` has run, with a clock that runs on business days only, day and night.

        24 hours from Friday 18:00 end on Monday 18:00.
        """
        where = zone(self.timezone)
        day, left = local_day(at, where), span
        for offset in range(_LONGEST_SEARCH_DAYS):
            today = day + offset * _DAY
            if not self.is_business_day(today):
                continue
            start = max(at, instant(datetime.combine(today, time()), where))
            stop = instant(datetime.combine(today + _DAY, time()), where)
            if left <= stop - start:
                return start + left
            left -= stop - start
        raise NoBusinessTime(self.timezone)

    def _hours(self, day: date) -> tuple[datetime, datetime] | None:
        if not self.is_business_day(day):
            return None
        where = zone(self.timezone)
        last = day if self.closes > self.opens else day + _DAY
        return (
            instant(datetime.combine(day, self.opens), where),
            instant(datetime.combine(last, self.closes), where),
        )


def business_calendar(hours: BusinessTime, timezone: str, holidays: Iterable[date] = ()) -> Calendar:
    """Return the calendar of a team: the Standard's business time in the team's zone, its holidays off."""
    off = frozenset(holidays) if hours.holidays_off else frozenset()
    return Calendar(timezone, frozenset(hours.days), hours.from_, hours.to, off)
