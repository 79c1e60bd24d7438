"""Wall-clock time: the one way from a local time to an instant, and the product's spelling of durations.

Design section 7: on-call answers must be the same in the engine, the API, the screens and the calendar
feeds, so there is one local-time-to-instant function, `instant`, and everything that reads a wall clock
goes through it. PostgreSQL's `AT TIME ZONE` is never used for this: it takes the other side of every fold.

Zone data come only from the `tzdata` package that the lock file pins, read file by file with
`ZoneInfo.from_file`. The alternative, `zoneinfo.reset_tzpath(to=())`, switches the whole process (and
whatever library made its zones earlier keeps the system's), so an import order could decide who is on call.
Reading the files here cannot be undone from outside, and two machines with the same lock file give the same
shifts.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

TZDATA_VERSION: Final = version("tzdata")
"""The release of the zone data in use, for example `2026.1`; `doctor` and evidence name it."""

EARLIEST: Final = datetime(2, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9998, 1, 1, tzinfo=UTC)
"""Instants outside these bounds count as the bound: local time could not be written down there."""

LONGEST_DURATION: Final = timedelta(weeks=520)
"""Ten years. A longer wait in a configuration is a slip of the keyboard, and sums of it would overflow."""


class UnknownZone(ValueError):
    """The name is not a zone of the pinned time zone database."""


@cache
def zone_names() -> frozenset[str]:
    """All zone names of the pinned database, links (`US/Central`) included."""
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of this name, spelt exactly as in the database.

    Raises UnknownZone. The name is looked up in the list first, so it can never walk the file system.
    """
    if name not in zone_names():
        raise UnknownZone(name)
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def instant(when: datetime, where: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time in a zone; a time with an offset is an instant already.

    A local time that never existed (gap) is read with the offset before the gap, so it shifts forward by the
    gap's length; one that existed twice (fold) is its first occurrence (RFC 5545 section 3.3.5). Results are
    kept within EARLIEST and LATEST.
    """
    # fold=0 says exactly this to zoneinfo: the offset before the transition, in gaps and in folds alike.
    bound = when if when.tzinfo is not None else when.replace(tzinfo=where, fold=0)
    try:
        return within(bound.astimezone(UTC))
    except OverflowError:
        return EARLIEST if bound.year < 5000 else LATEST


def wall_time(at: datetime, where: ZoneInfo) -> datetime:
    """What the clock on the wall shows at this instant: a naive local time (fold kept)."""
    return within(at).astimezone(where).replace(tzinfo=None)


def within(at: datetime) -> datetime:
    """The instant itself, or the nearer of EARLIEST and LATEST when it lies outside them."""
    return min(max(at, EARLIEST), LATEST)


def plus_months(when: datetime, months: int) -> datetime:
    """The same day and time of day n months later; the month's last day where that day is missing."""
    index = when.year * 12 + when.month - 1 + months
    year, month = divmod(index, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return when.replace(year=year, month=month + 1, day=min(when.day, last_day))


# Durations: `90s`, `15m`, `4h`, `2d`, `1w` (design section 13)

_DURATION = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_SECONDS_OF: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_duration(text: str) -> timedelta:
    """`90s`, `15m`, `4h`, `2d` or `1w` as a timedelta. Raises ValueError otherwise, or above ten years."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a duration such as 90s, 15m, 4h, 2d or 1w: {text[:40]!r}")
    duration = timedelta(seconds=int(match[1]) * _SECONDS_OF[match[2]])
    if duration > LONGEST_DURATION:
        raise ValueError(f"longer than ten years: {text[:40]!r}")
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest spelling that `parse_duration` reads back; raises ValueError unless whole seconds >= 0."""
    seconds, rest = divmod(duration, timedelta(seconds=1))
    if rest or seconds < 0:
        raise ValueError(f"durations are whole seconds from zero up: {duration!r}")
    unit = next((name for name, size in _SECONDS_OF.items() if seconds and seconds % size == 0), "s")
    return f"{seconds // _SECONDS_OF[unit]}{unit}"


# How often a rotation hands over: `N hours | days | weeks | months`


class Unit(StrEnum):
    """What a rotation counts in. Hours elapse; the others hand over at the start's wall-clock time."""

    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Every:
    """The length of one turn of a rotation. Raises ValueError unless 1 <= count <= 1000."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse lengths that no rotation has."""
        if not 1 <= self.count <= 1000:
            raise ValueError(f"a turn lasts from 1 to 1000 {self.unit}: {self.count}")


_EVERY = re.compile(r"([0-9]{1,4}) +(hour|day|week|month)s?", re.ASCII)


def parse_every(text: str) -> Every:
    """`1 week`, `12 hours`, `2 months`: a count and a unit, singular or plural. Raises ValueError."""
    match = _EVERY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a turn such as 1 week, 12 hours, 3 days or 1 month: {text[:40]!r}")
    return Every(int(match[1]), Unit(match[2] + "s"))


def format_every(every: Every) -> str:
    """The spelling that `parse_every` reads back, singular for one."""
    return f"{every.count} {every.unit.value[:-1] if every.count == 1 else every.unit.value}"


# Moments and times of day as configuration spells them


def parse_moment(text: str) -> datetime:
    """An ISO 8601 date and time: local (naive) without an offset, an instant with one. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    if "T" not in text.upper() and ":" not in text:
        raise ValueError(f"a date alone does not say when: {text[:40]!r}")
    return moment


def format_moment(moment: datetime) -> str:
    """The spelling that `parse_moment` reads back; seconds only where there are some."""
    precise = moment.second or moment.microsecond
    return moment.isoformat(timespec="auto" if precise else "minutes")


def parse_time_of_day(text: str) -> time:
    """`09:00`, `09:00+01:00`, or `24:00` for the midnight that ends a day. Raises ValueError."""
    return time(0) if text.strip() == "24:00" else time.fromisoformat(text.strip())


def local_day(at: datetime, where: ZoneInfo) -> date:
    """The civil date on the wall at this instant."""
    return wall_time(at, where).date()


def offset_changes(where: ZoneInfo, a: datetime, b: datetime) -> list[tuple[datetime, timedelta]]:
    """When in [a, b) the clocks of a zone change, and by how much they go forward (back: negative).

    Found by looking at each day and halving, to the second; two changes within a day that undo each other
    are not seen (no zone has had them).
    """
    found, day = [], a
    while day < b:
        low, high = day, min(day + timedelta(days=1), b)
        forward = _offset(high, where) - _offset(low, where)
        while forward and high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            low, high = (middle, high) if _offset(middle, where) == _offset(day, where) else (low, middle)
        if forward:
            found.append((high.astimezone(UTC).replace(microsecond=0), forward))
        day += timedelta(days=1)
    return found


def _offset(at: datetime, where: ZoneInfo) -> timedelta:
    return within(at).astimezone(where).utcoffset() or timedelta(0)
