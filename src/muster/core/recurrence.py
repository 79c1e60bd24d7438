"""When planned work recurs: RFC 5545 rules on the wall clock of a time zone, as spans of instants.

A rule is a text such as `FREQ=WEEKLY;BYDAY=SU`. Each occurrence begins at the wall-clock time of the first
one, so 02:00 stays 02:00 when the clocks change, and lasts so much elapsed time. What the rules may say is
bounded: nothing more often than daily, so that a span of time never holds many.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from muster.core.wallclock import instant, wall_time

LOOK_AHEAD: Final = timedelta(days=5 * 366)
"""A rule whose first occurrence is further away than this never happens."""

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_DAY = re.compile(r"(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_PARTS: Final = {
    "FREQ": re.compile("|".join(sorted(_FREQUENCIES))),
    "INTERVAL": re.compile(r"[1-9][0-9]{0,2}"),
    "COUNT": re.compile(r"[1-9][0-9]{0,3}"),
    "UNTIL": re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?"),
    "BYDAY": re.compile(rf"{_DAY.pattern}(,{_DAY.pattern}){{0,19}}"),
    "BYMONTHDAY": re.compile(r"-?[1-9][0-9]?(,-?[1-9][0-9]?){0,30}"),
    "BYMONTH": re.compile(r"(1[0-2]|[1-9])(,(1[0-2]|[1-9])){0,11}"),
    "BYSETPOS": re.compile(r"-?[1-9](,-?[1-9]){0,4}"),
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
}
_ANY_DAY = datetime.fromisoformat("2026-01-01T00:00")
_ONLY_BY_MONTH = frozenset({"BYMONTHDAY", "BYSETPOS"})


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time, from `start` to `end`."""

    start: datetime
    end: datetime


def read_repeat(text: str) -> str:
    """Return the rule as we keep it: upper case, without `RRULE:` and spaces.

    Raises:
        ValueError: it is no rule of RFC 5545, or one that recurs more often than daily.
    """
    rule = text.strip().upper().removeprefix("RRULE:").strip("; ")
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, _equals, value = (piece.strip() for piece in part.partition("="))
        if name in parts or name not in _PARTS or not _PARTS[name].fullmatch(value):
            raise ValueError(f"no part of a rule that is known here: {part[:40]!r}")
        parts[name] = value
    if "FREQ" not in parts or {"COUNT", "UNTIL"} <= parts.keys():
        raise ValueError("a rule says FREQ, and COUNT or UNTIL but not both")
    if parts["FREQ"] in ("DAILY", "WEEKLY") and (_ONLY_BY_MONTH & parts.keys() or _numbered(parts)):
        raise ValueError("days of a month go with MONTHLY or YEARLY")
    made = ";".join(f"{name}={value}" for name, value in parts.items())
    _made(made, _ANY_DAY, ZoneInfo("UTC"))
    return made


def _numbered(parts: dict[str, str]) -> bool:
    return any(day[0] in "-0123456789" for day in parts.get("BYDAY", "MO").split(","))


def occurrences(
    first: datetime, lasts: timedelta, where: ZoneInfo, repeat: str, a: datetime, b: datetime
) -> list[Span]:
    """The spans that touch [a, b): of one that does not recur (`repeat` is empty), or of each occurrence.

    `first` is a local time in `where`. An occurrence that the clocks skip begins when they go on, and one
    whose time comes twice begins the first time.
    """
    if not repeat:
        starts = [instant(first, where)]
    else:
        local_a, local_b = (wall_time(one, where) for one in (a - lasts - _SLACK, b + _SLACK))
        found = _made(repeat, first, where).between(local_a, local_b, inc=True)
        starts = [instant(one, where) for one in found]
    spans = [Span(start, start + lasts) for start in starts]
    return [one for one in spans if one.start < b and one.end > a]


def first_occurrence(
    first: datetime, lasts: timedelta, where: ZoneInfo, repeat: str, after: datetime
) -> Span | None:
    """The first span that is not over at `after`; None when none comes within five years."""
    if not repeat:
        found = occurrences(first, lasts, where, "", after, after + LOOK_AHEAD)
        return found[0] if found else None
    begin = wall_time(after - lasts, where)
    start = _made(repeat, first, where).after(begin, inc=False)
    if start is None or start - begin > LOOK_AHEAD:
        return None
    at = instant(start, where)
    return Span(at, at + lasts)


_SLACK = timedelta(days=1)


def _made(repeat: str, first: datetime, where: ZoneInfo) -> rrule:
    """The library's rule, on naive wall-clock times."""
    rule = re.sub(r"(?<=UNTIL=)[0-9]{8}T[0-9]{6}Z", lambda found: _local(found[0], where), repeat)
    made = rrulestr(rule, dtstart=first)
    assert isinstance(made, rrule)
    return made


def _local(stamp: str, where: ZoneInfo) -> str:
    """An UNTIL in UTC, as the wall shows it."""
    at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return wall_time(at, where).strftime("%Y%m%dT%H%M%S")


def with_ends(spans: Iterable[Span], ends: Mapping[datetime, datetime]) -> list[Span]:
    """The same spans, where somebody let some of them (by their start) end at another time than planned; one
    that ends as it begins does not happen."""
    found = [Span(one.start, ends.get(one.start, one.end)) for one in spans]
    return [one for one in found if one.end > one.start]
