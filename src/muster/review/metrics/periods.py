"""The periods that a report covers: calendar quarters and years, or the last days (R58: quarterly report).

Pure. A period begins and ends at local midnight of the organisation, or ends now; it is [start, end).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from muster.core.wallclock import instant, local_day, zone

LAST_DAYS = (30, 90)
_QUARTER = re.compile(r"([0-9]{4})-q([1-4])")
_YEAR = re.compile(r"[0-9]{4}")
_DAYS = re.compile(r"([1-9][0-9]{0,2})d")
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


class UnknownPeriod(ValueError):
    """This is no period: write it like 2026-q3, 2026 or 90d."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch [start, end) and its name: `2026-q3`, `2026`, `90d`."""

    name: str
    start: datetime
    end: datetime

    @property
    def before(self) -> tuple[datetime, datetime]:
        """The stretch of the same length just before."""
        return self.start - (self.end - self.start), self.start

    def until(self, at: datetime) -> datetime:
        """Its end, or now where it is not over."""
        return min(self.end, at)


def period_named(name: str, *, at: datetime, timezone: str) -> Period:
    """Return the period of this name as it stands at `at`.

    Raises:
        UnknownPeriod: there is no such period.
    """
    if match := _DAYS.fullmatch(name):
        return Period(name, at - timedelta(days=int(match[1])), at)
    if match := _QUARTER.fullmatch(name):
        year, quarter = int(match[1]), int(match[2])
        first = (year, 3 * quarter - 2)
        after = (year + 1, 1) if quarter == 4 else (year, 3 * quarter + 1)
    elif _YEAR.fullmatch(name):
        first, after = (int(name), 1), (int(name) + 1, 1)
    else:
        raise UnknownPeriod(name)
    if not _FIRST_YEAR <= first[0] <= _LAST_YEAR:
        raise UnknownPeriod(name)
    return Period(name, _midnight(*first, timezone), _midnight(*after, timezone))


def current_quarter(at: datetime, timezone: str) -> str:
    """The name of the quarter that `at` lies in."""
    today = local_day(at, zone(timezone))
    return f"{today.year}-q{(today.month + 2) // 3}"


def quarter_before(name: str) -> str:
    """The name of the quarter before this one."""
    year, quarter = name.split("-q")
    return f"{int(year) - 1}-q4" if quarter == "1" else f"{year}-q{int(quarter) - 1}"


def choices(at: datetime, timezone: str) -> list[str]:
    """The periods that a report offers: this quarter, the three before, the last days, this year."""
    quarters = [current_quarter(at, timezone)]
    for _ in range(3):
        quarters.append(quarter_before(quarters[-1]))
    days = [f"{count}d" for count in LAST_DAYS]
    return [*quarters, *days, quarters[0][:4]]


def weeks(period: Period, *, at: datetime, timezone: str) -> list[tuple[datetime, datetime]]:
    """The local weeks from Monday that the period touches up to now, oldest first, cut at its ends."""
    where = zone(timezone)
    day = local_day(period.start, where)
    monday, found = day - timedelta(days=day.weekday()), []
    start, until = period.start, period.until(at)
    while start < until:
        monday += timedelta(days=7)
        end = min(_start_of(monday, timezone), until)
        found.append((start, end))
        start = end
    return found


def _midnight(year: int, month: int, timezone: str) -> datetime:
    return _start_of(date(year, month, 1), timezone)


def _start_of(day: date, timezone: str) -> datetime:
    return instant(datetime.combine(day, time()), zone(timezone))
