"""What the coming shifts were by the zone data in use, so that newer data which moves one is told (O13)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from muster.core.oncall import Shift

AHEAD: Final = timedelta(weeks=26)
"""So far shifts are remembered: both changes of the clocks of a year."""
KEPT_AGAIN_AFTER: Final = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Moved:
    """A shift that began or ended at another instant by the older data."""

    before: Shift
    after: Shift


def moved(before: Sequence[Shift], after: Sequence[Shift], at: datetime) -> list[Moved]:
    """The shifts to come that moved, in the time that both know; each new one beside what it was."""
    ends = min((shifts[-1].end for shifts in (before, after) if shifts), default=at)
    old, new = (_within(shifts, at, ends) for shifts in (before, after))
    strayed = [(_nearest(one, old), one) for one in new if one not in old]
    return [Moved(was, one) for was, one in strayed if was is not None]


def _within(shifts: Iterable[Shift], a: datetime, b: datetime) -> list[Shift]:
    cut = [Shift(max(one.start, a), min(one.end, b), one.people) for one in shifts]
    return [one for one in cut if one.people and one.start < one.end]


def _nearest(shift: Shift, old: Iterable[Shift]) -> Shift | None:
    """The old shift of the same people that begins nearest to this one."""
    same = [one for one in old if one.people == shift.people]
    return min(same, key=lambda one: abs(one.start - shift.start), default=None)


def write_shifts(shifts: Iterable[Shift]) -> list[Any]:
    """Shifts as plain data: start, end, people."""
    return [[one.start.isoformat(), one.end.isoformat(), list(one.people)] for one in shifts]


def read_shifts(data: Iterable[Any]) -> list[Shift]:
    """What `write_shifts` wrote."""
    return [
        Shift(datetime.fromisoformat(start), datetime.fromisoformat(end), tuple(people))
        for start, end, people in data
    ]
