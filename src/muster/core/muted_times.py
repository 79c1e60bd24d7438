"""Which days a calendar of what is muted shows: a week or a month on somebody's wall clock."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from muster.core.recurrence import Span
from muster.core.wallclock import instant

MIDNIGHT: Final = datetime.min.time()
_EARLIEST, _LATEST = date(2000, 1, 1), date(2200, 1, 1)


def day_of(text: str, fallback: date) -> date:
    """The day that an address names as `2026-10-20`; another where it names none that makes sense."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return fallback
    return found if _EARLIEST <= found <= _LATEST else fallback


def sensible(at: datetime) -> datetime:
    """The same moment.

    Raises:
        ValueError: it is so far away that no calendar could count from there.
    """
    if not _EARLIEST <= at.date() < _LATEST:
        raise ValueError("choose a time between the years 2000 and 2200")
    return at


def first_day(day: date, *, month: bool) -> date:
    """The Monday of its week, or the first of its month."""
    return day.replace(day=1) if month else day - timedelta(days=day.weekday())


def following(day: date, *, month: bool) -> date:
    """The first day of the next week or month."""
    if not month:
        return day + timedelta(weeks=1)
    return (day + timedelta(days=32)).replace(day=1)


def before(day: date, *, month: bool) -> date:
    """The first day of the week or month before."""
    return day - timedelta(weeks=1) if not month else (day - timedelta(days=1)).replace(day=1)


def stretch(first: date, where: ZoneInfo, *, month: bool) -> Span:
    """From the midnight that begins it to the one that ends it, whatever the clocks do meanwhile."""
    last = following(first, month=month)
    return Span(_midnight(first, where), _midnight(last, where))


def days_touched(span: Span, within: Span, where: ZoneInfo) -> list[date]:
    """The days of a stretch on which a span goes on, by the wall; one that ends at midnight ends the day
    before."""
    start, end = max(span.start, within.start), min(span.end, within.end)
    if start >= end:
        return []
    first = start.astimezone(where).date()
    last = (end - timedelta(microseconds=1)).astimezone(where).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _midnight(day: date, where: ZoneInfo) -> datetime:
    return instant(datetime.combine(day, MIDNIGHT), where)
