"""When a shift changes hands (peers 10b). A gap in which nobody else is on call is no hand-off: who has every
working day of a week comes on at the first, and goes off when the next week is somebody else's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from muster.core.oncall import Shift
from muster.core.rotation import PersonId

AROUND: Final = timedelta(days=4)
"""So far it is looked beyond a gap for who had the shift before, and who has it next: over a long weekend."""


@dataclass(frozen=True, slots=True)
class Handing:
    """Who comes on call and who goes off at one instant; `now` are those who have it then, maybe nobody."""

    at: datetime
    incoming: tuple[PersonId, ...]
    outgoing: tuple[PersonId, ...]
    now: tuple[PersonId, ...]


def handings(shifts: Sequence[Shift], a: datetime, b: datetime) -> list[Handing]:
    """Every instant within [a, b) at which somebody comes on or goes off; `shifts` reach `AROUND` beyond."""
    found = []
    for number in range(1, len(shifts)):
        shift, before = shifts[number], shifts[number - 1]
        if not a <= shift.start < b:
            continue
        had, has = _nearest(reversed(shifts[:number])), _nearest(shifts[number:])
        incoming = tuple(person for person in shift.people if person not in had)
        outgoing = tuple(person for person in before.people if person not in has)
        if incoming or outgoing:
            found.append(Handing(shift.start, incoming, outgoing, shift.people))
    return found


def _nearest(shifts: Iterable[Shift]) -> tuple[PersonId, ...]:
    return next((shift.people for shift in shifts if shift.people), ())
