"""What a calendar says of when its owner is busy (RFC 5545). Bytes in, spans out; nothing else is kept."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import recurring_ical_events
from icalendar import Calendar, Event

from muster.core.ports.busy import CalendarUnread
from muster.core.ports.busy_form import LEAST_BUSY, LIMIT_SPANS, BusyReason
from muster.core.rotation import Span
from muster.core.wallclock import UnknownZone, instant, zone

_TOO_OFTEN = re.compile(rb"FREQ=(SECONDLY|MINUTELY|HOURLY)|BY(HOUR|MINUTE|SECOND)=", re.IGNORECASE)
"""Nobody is away by the hour for ever; expanding such a rule could keep a worker busy for minutes."""

_MOST_SERIES = 5_000


def busy(body: bytes, timezone: str, a: datetime, b: datetime) -> list[Span]:
    """When the calendar in `body` says that its owner is busy within [a, b); see the port.

    What is marked as free or cancelled does not count. Raises `CalendarUnread`.
    """
    if _TOO_OFTEN.search(body.replace(b"\r\n ", b"")):
        raise CalendarUnread(BusyReason.TOO_OFTEN)
    try:
        calendar = Calendar.from_ical(body)
        if calendar.name != "VCALENDAR":
            raise CalendarUnread(BusyReason.NO_CALENDAR)
        parts = calendar.subcomponents
        calendar.subcomponents = [one for one in parts if one.name != "VEVENT" or "DTSTART" in one]
        events = list(calendar.walk("VEVENT"))
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as why:
        raise CalendarUnread(BusyReason.NO_CALENDAR, type(why).__name__) from why
    if len(events) > _MOST_SERIES:
        raise CalendarUnread(BusyReason.TOO_LARGE)
    local = _zone_of(calendar, timezone)
    _refuse_unknown_zones(events)
    return _joined(_spans(calendar, local, a, b), a, b)


def _zone_of(calendar: Any, timezone: str) -> str:
    """The zone of times that name none: what the calendar says of itself, else the person's."""
    named = str(calendar.get("X-WR-TIMEZONE", "")) or timezone
    try:
        return zone(named).key
    except UnknownZone as why:
        raise CalendarUnread(BusyReason.UNKNOWN_ZONE, named[:60]) from why


def _refuse_unknown_zones(events: list[Any]) -> None:
    """A time in a zone that nobody knows could be any time: rather no answer than a wrong one."""
    for event in events:
        for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
            moment = event.get(name)
            params = getattr(moment, "params", {})
            if "TZID" in params and getattr(getattr(moment, "dt", None), "tzinfo", None) is None:
                raise CalendarUnread(BusyReason.UNKNOWN_ZONE, str(params["TZID"])[:60])


def _spans(calendar: Any, local: str, a: datetime, b: datetime) -> Iterator[Span]:
    # A day on both sides: whole days and floating times lie by the owner's clock, the query by UTC.
    margin = timedelta(days=1)
    try:
        query = recurring_ical_events.of(calendar, skip_bad_series=True)
        for event in query.between((a - margin).astimezone(UTC), (b + margin).astimezone(UTC)):
            if isinstance(event, Event) and _counts(event):
                yield _instant(event.start, local), _instant(event.end, local)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as why:
        raise CalendarUnread(BusyReason.NO_CALENDAR, type(why).__name__) from why


def _counts(event: Event) -> bool:
    free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return not free and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _instant(moment: date | datetime, local: str) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return instant(moment, zone(local))


def _joined(spans: Iterator[Span], a: datetime, b: datetime) -> list[Span]:
    """Overlapping and touching spans as one, cut to [a, b), the short ones left out."""
    union: list[Span] = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        elif start < end:
            union.append((start, end))
    long = [(start, end) for start, end in union if end - start >= LEAST_BUSY and start < b and end > a]
    return [(max(start, a), min(end, b)) for start, end in long[:LIMIT_SPANS]]
