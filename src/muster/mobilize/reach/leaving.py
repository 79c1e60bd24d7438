"""What somebody leaves uncovered when their access ends (issue 3; R42)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.oncall import Shift, shifts
from muster.evaluate.models import AlertGroup
from muster.foundation.access.models import Person
from muster.foundation.catalog.pointers import pointing_at
from muster.mobilize.oncall.ahead import Rota, rotas

LOOKED_AHEAD = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Shifts of one schedule in which nobody else is on call: the first, how many, how long in all."""

    handle: str
    name: str
    team: int | None
    timezone: str
    first: Shift
    count: int
    length: timedelta

    @property
    def hours(self) -> int:
        """Their length, rounded."""
        return round(self.length / timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Leaving:
    """What would be nobody's: shifts, what names them by hand (`policy:pay`), open alerts that they have."""

    uncovered: tuple[Uncovered, ...]
    named_by: tuple[str, ...]
    alerts: int


def leaving(person: Person, at: datetime) -> Leaving:
    """What somebody leaves in the next four weeks, whether or not they have left already (engine side)."""
    found = [_uncovered(rota, person.pk, at) for rota in rotas()]
    held = AlertGroup.objects.filter(acknowledged_by=person, state="acknowledged").count()
    named = tuple(one for one in pointing_at(person) if not one.startswith("schedule:"))
    return Leaving(tuple(one for one in found if one is not None), named, held)


def _uncovered(rota: Rota, person: int, at: datetime) -> Uncovered | None:
    final = shifts(rota.history, at, at + LOOKED_AHEAD)
    shared = {int(one) for shift in final for one in shift.people} - {person}
    there = set(Person.objects.filter(pk__in=shared, retired_at__isnull=True).values_list("pk", flat=True))
    alone = [shift for shift in final if person in shift.people and not there & set(map(int, shift.people))]
    if not alone:
        return None
    length = sum((shift.end - shift.start for shift in alone), timedelta(0))
    row = rota.row
    return Uncovered(row.handle, row.name, row.team_id, row.timezone, alone[0], len(alone), length)
