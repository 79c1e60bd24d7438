"""What the product says around a change of the clocks, in the lines that `OnCallOracle.java` writes.

A line is `kind|place|start|microseconds=person,...`; see there. The two share this form and nothing else.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from muster.core.oncall import ScheduleSpec, on_call_at, segments
from muster.core.rotation import Layer, Window, handoff
from muster.core.wallclock import Unit, instant, parse_every, plus_months, zone, zone_names

PEOPLE = ("0", "1", "2", "3", "4")
YEARS = (2015, 2037)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Change(NamedTuple):
    """A change of a zone's offset: when, and the seconds east of Greenwich before and after."""

    at: int
    before: int
    after: int


def changes(name: str) -> list[Change]:
    """Every change of this zone's offset in the years compared, found by looking and halving."""
    where, found = zone(name), []
    a, last = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[1] + 1, 1, 1, tzinfo=UTC)
    while a < last:
        b = min(a + timedelta(days=7), last)
        low, high = a - timedelta(seconds=1), b - timedelta(seconds=1)
        if _offset(low, where) != _offset(high, where):
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
                if _offset(middle, where) == _offset(low, where):
                    low = middle
                else:
                    high = middle
            found.append(Change(int(high.timestamp()), _offset(low, where), _offset(high, where)))
        a = b
    return found


def _offset(at: datetime, where: ZoneInfo) -> int:
    offset = at.astimezone(where).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def behaviours() -> dict[tuple[Change, ...], str]:
    """One zone for each different list of changes, without those that never change."""
    found: dict[tuple[Change, ...], str] = {}
    for name in sorted(zone_names()):
        if seen := tuple(changes(name)):
            found.setdefault(seen, name)
    return found


def lines(name: str, *, one_by_one: bool = False) -> Iterator[str]:
    """The product's lines for one zone; `one_by_one` asks `on_call_at`, else one list of segments."""
    for change in changes(name):
        for place, wall in _places(change):
            for every, turn in (("1 day", 9), ("1 week", 3), ("3 days", 4), ("1 month", 12)):
                start = _turns_before(wall, every, turn)
                yield _turning(name, change, every, place, start, turn, one_by_one)
            start = _local(instant(wall, zone(name)) - timedelta(hours=7 * 12), name)
            yield _turning(name, change, "12 hours", place, start, 7, one_by_one)
            yield _windowed(name, change, place, wall, one_by_one)


def _places(change: Change) -> list[tuple[str, datetime]]:
    """Handoffs on the wall: a minute before the gap or fold, at it, in its middle, at its end."""
    walls = sorted(EPOCH + timedelta(seconds=change.at + offset) for offset in change[1:])
    low, high = (wall.replace(tzinfo=None) for wall in walls)
    middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
    return [("before", low - timedelta(minutes=1)), ("at", low), ("inside", middle), ("after", high)]


def _turns_before(wall: datetime, every: str, turns: int) -> datetime:
    length = parse_every(every)
    if length.unit is Unit.MONTHS:
        return plus_months(wall, -turns * length.count)
    return wall - turns * length.count * timedelta(days=7 if length.unit is Unit.WEEKS else 1)


def _local(at: datetime, name: str) -> datetime:
    return at.astimezone(zone(name)).replace(tzinfo=None)


def _turning(
    name: str, change: Change, every: str, place: str, start: datetime, turn: int, one_by_one: bool
) -> str:
    layer = Layer(parse_every(every), start, PEOPLE)
    at = EPOCH + timedelta(seconds=change.at)
    edges = [handoff(layer, zone(name), number) for number in (turn - 1, turn, turn + 1)]
    asked = [one for edge in edges for one in (edge - MICROSECOND, edge)]
    told = _told(name, layer, [*asked, at - MICROSECOND, at, at + timedelta(minutes=31)], one_by_one)
    return f"{every}|{place}|{_spelled(start)}|{told}"


def _windowed(name: str, change: Change, place: str, opens: datetime, one_by_one: bool) -> str:
    start = opens.replace(hour=0, minute=0, second=0) - timedelta(days=9)
    closes = opens + timedelta(minutes=90)
    layer = Layer(parse_every("1 day"), start, PEOPLE, (Window(from_=opens.time(), to=closes.time()),))
    at = EPOCH + timedelta(seconds=change.at)
    edges = [
        instant(edge + timedelta(days=day), zone(name)) for day in (-1, 0, 1) for edge in (opens, closes)
    ]
    asked = [one for edge in edges for one in (edge - MICROSECOND, edge)]
    told = _told(name, layer, [*asked, at - MICROSECOND, at], one_by_one)
    return f"window|{place}|{_spelled(start)}@{_spelled(opens).partition('T')[2]}|{told}"


def _told(name: str, layer: Layer, asked: list[datetime], one_by_one: bool) -> str:
    spec = ScheduleSpec(name, (layer,))
    swept = segments(spec, min(asked), max(asked) + MICROSECOND)
    told = []
    for at in asked:
        people = next(one.people for one in swept if one.start <= at < one.end)
        if one_by_one and on_call_at(spec, at) != people:
            people = ("two answers",)
        told.append(f"{(at - EPOCH) // MICROSECOND}={people[0] if people else '-'},")
    return "".join(told)


def _spelled(local: datetime) -> str:
    """As Java writes a local time: seconds only where there are some."""
    return local.isoformat(timespec="seconds" if local.second else "minutes")
