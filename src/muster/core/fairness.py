"""Who carries how much of a rota: hours, nights and weekends, each by the person's own wall clock (R42)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from muster.core.oncall import Shift
from muster.core.rotation import PersonId
from muster.core.wallclock import instant, local_day, zone

NIGHT: Final = time(3)
"""Whoever is on call at three in the morning has that night."""

UNEVEN: Final = 1.5
"""Somebody who carries more than this many times the average carries too much."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one person carries: elapsed time on call, elapsed time at weekends, nights."""

    person: PersonId
    time: timedelta
    weekend: timedelta
    nights: int


def loads(shifts: Iterable[Shift], zones: Mapping[PersonId, str], default_zone: str) -> list[Load]:
    """What everybody carries in these shifts, the most first; people without a zone of their own have the
    default's.

    A weekend is from Saturday's midnight to Monday's, a night a local 03:00.
    """
    spans: dict[PersonId, list[Shift]] = {}
    for shift in shifts:
        for person in shift.people:
            spans.setdefault(person, []).append(shift)
    found = [_load(person, held, zones.get(person, default_zone)) for person, held in spans.items()]
    return sorted(found, key=lambda load: (-load.time, str(load.person)))


def _load(person: PersonId, held: Sequence[Shift], zone_name: str) -> Load:
    time_on_call = sum((shift.end - shift.start for shift in held), timedelta())
    weekend, nights = timedelta(), 0
    for shift in held:
        for at, midnight, next_midnight in _days(shift, zone_name):
            nights += shift.start <= at < shift.end
            if midnight.weekday() > 4:
                starts = instant(midnight, zone(zone_name))
                ends = instant(next_midnight, zone(zone_name))
                weekend += max(min(shift.end, ends) - max(shift.start, starts), timedelta())
    return Load(person, time_on_call, weekend, nights)


def _days(shift: Shift, zone_name: str) -> Iterable[tuple[datetime, datetime, datetime]]:
    """Each local day of a shift: its night's instant, its midnight and the next, both local."""
    where = zone(zone_name)
    day, last = local_day(shift.start, where), local_day(shift.end, where)
    while day <= last:
        following = day + timedelta(days=1)
        yield (
            instant(datetime.combine(day, NIGHT), where),
            datetime.combine(day, time()),
            datetime.combine(following, time()),
        )
        day = following


def overburdened(carried: Sequence[Load]) -> list[Load]:
    """Those who carry more than `UNEVEN` times the average in hours or in nights, of at least two people."""
    if len(carried) < 2:
        return []
    hours = sum((load.time for load in carried), timedelta()) / len(carried)
    nights = sum(load.nights for load in carried) / len(carried)
    return [
        load
        for load in carried
        if load.time > hours * UNEVEN or (load.nights > nights * UNEVEN and load.nights > nights + 1)
    ]
