"""One layer of a schedule: whose turn it is, and in which hours the turn counts (design sections 7 and 13).

Turns and windows are first computed as boundaries on the wall clock and then made instants by
`wallclock.instant`, never the other way round. So a boundary inside a gap shifts forward, one inside a fold
is the first occurrence, and a turn whose whole civil day was skipped (Pacific/Apia, 2011-12-30) has no
length: its person is passed over and everybody else keeps the days the calendar gave them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from muster.core.wallclock import LATEST, Every, Unit, instant, local_day, plus_months, wall_time

PersonId: TypeAlias = int | str
"""Who a person is to the rules: an opaque key, a row's id in the product and a handle in configuration."""

Span: TypeAlias = tuple[datetime, datetime]
"""A half-open interval of instants, [start, end)."""


class Day(IntEnum):
    """A day of the week; the number is `date.weekday()`."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


EVERY_DAY: Final = frozenset(Day)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the week in which a layer counts: on each of `days`, from `from_` until `to`.

    With `to` <= `from_` the window ends on the next day; equal times are a whole day. `days` are those on
    which the window begins. Times without an offset are on the schedule's wall clock, with one in that
    offset.
    """

    days: frozenset[Day] = EVERY_DAY
    from_: time = time(0)
    to: time = time(0)


@dataclass(frozen=True, slots=True)
class Layer:
    """A rotation: `people` take turns of length `every`, in this order, from `start` on; nobody before.

    `start` is local to the schedule's zone when naive and an instant when aware. Where `only` is given, the
    layer has somebody in those windows alone; turns go on counting by the calendar whatever `only` says.
    `timezone` names the layer's own wall clock, for rotas that follow the sun; None is the schedule's.
    """

    every: Every
    start: datetime
    people: tuple[PersonId, ...]
    only: tuple[Window, ...] = ()
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's stretch of a layer: [start, end)."""

    start: datetime
    end: datetime
    person: PersonId


def turns(layer: Layer, where: ZoneInfo, a: datetime, b: datetime) -> list[Turn]:
    """The layer's turns within [a, b), cut to it and to the layer's windows, in order, without overlap."""
    rotation = _rotation(layer, where, a, b)
    if not layer.only:
        return list(rotation)
    return list(_cut(rotation, windows(layer.only, where, a, b)))


def _rotation(layer: Layer, where: ZoneInfo, a: datetime, b: datetime) -> Iterator[Turn]:
    """The turns within [a, b) as the calendar counts them, whatever the windows say."""
    start = instant(layer.start, where)
    a = max(a, start)
    if not layer.people or a >= b:
        return
    number = _turn_number(layer, where, a)
    begins = handoff(layer, where, number)
    while begins < b:
        ends = handoff(layer, where, number + 1)
        if max(a, begins) < min(b, ends):
            yield Turn(max(a, begins), min(b, ends), layer.people[number % len(layer.people)])
        if ends == LATEST:
            return
        begins, number = ends, number + 1


def handoff(layer: Layer, where: ZoneInfo, number: int) -> datetime:
    """The instant at which turn `number` (from 0) begins; never before that of the turn before it."""
    start = instant(layer.start, where)
    if number == 0:
        return start
    count, unit = layer.every.count * number, layer.every.unit
    try:
        if unit is Unit.HOURS:
            return min(start + timedelta(hours=count), LATEST)
        local = wall_time(start, where) if layer.start.tzinfo else layer.start
        if unit is Unit.MONTHS:
            return instant(plus_months(local, count), where)
        return instant(local + timedelta(days=count * (7 if unit is Unit.WEEKS else 1)), where)
    except (OverflowError, ValueError):
        return LATEST


def _turn_number(layer: Layer, where: ZoneInfo, at: datetime) -> int:
    """The last turn that has begun at this instant, which is not before the start."""
    number = max(0, _guess(layer, where, at))
    while number and handoff(layer, where, number) > at:
        number -= 1
    while handoff(layer, where, number + 1) <= at < LATEST:
        number += 1
    return number


def _guess(layer: Layer, where: ZoneInfo, at: datetime) -> int:
    """A turn number at most one or two away from the right one, reckoned without looking at any boundary."""
    start = instant(layer.start, where)
    if layer.every.unit is Unit.MONTHS:
        return ((at.year - start.year) * 12 + at.month - start.month) // layer.every.count
    hours = {Unit.HOURS: 1, Unit.DAYS: 24, Unit.WEEKS: 168}[layer.every.unit] * layer.every.count
    return (at - start) // timedelta(hours=hours)


def windows(only: Iterable[Window], where: ZoneInfo, a: datetime, b: datetime) -> list[Span]:
    """The union of the windows within [a, b): disjoint spans in order, touching ones joined."""
    # Two days of margin: a window begins up to a day earlier, and a gap may be a whole day (Apia, Kwajalein).
    first, last = local_day(a, where) - timedelta(days=2), local_day(b, where) + timedelta(days=1)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    spans = sorted(
        _window_on(day, window, where) for window in only for day in days if Day(day.weekday()) in window.days
    )
    union: list[Span] = []
    for start, end in spans:
        start, end = max(start, a), min(end, b)
        if start >= end:
            continue
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def _window_on(day: date, window: Window, where: ZoneInfo) -> Span:
    """The window that begins on this civil day."""
    overnight = window.to.replace(tzinfo=None) <= window.from_.replace(tzinfo=None)
    ends_on = day + timedelta(days=1) if overnight else day
    return instant(datetime.combine(day, window.from_), where), instant(
        datetime.combine(ends_on, window.to), where
    )


def _cut(rotation: Iterable[Turn], spans: list[Span]) -> Iterator[Turn]:
    """The parts of the turns that lie in the spans; both in order, so each is walked once."""
    first = 0
    for turn in rotation:
        while first < len(spans) and spans[first][1] <= turn.start:
            first += 1
        for start, end in spans[first:]:
            if start >= turn.end:
                break
            yield Turn(max(start, turn.start), min(end, turn.end), turn.person)
