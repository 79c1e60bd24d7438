"""Who is on call within a week although nothing reaches them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from muster.core.coverage import WEEK
from muster.core.oncall import shifts
from muster.core.wallclock import wall_time, zone
from muster.foundation.access.models import Person
from muster.mobilize.oncall.ahead import Rota, rotas
from muster.mobilize.reach.queries import readiness_of


@dataclass(frozen=True, slots=True)
class Unready:
    """Somebody on call for a schedule from `start` on, whom no page could reach. `key` is of the week."""

    schedule: int
    team: int | None
    person: int
    start: datetime
    key: str


def unready(at: datetime) -> list[Unready]:
    """Everybody on call within a week whom no page could reach, once for each schedule (engine side)."""
    found = rotas()
    first = {rota.row.pk: _first_shifts(rota, at) for rota in found}
    people = Person.objects.filter(pk__in={pk for each in first.values() for pk in each}).order_by("id")
    out_of_reach = {
        one.person.pk
        for one in readiness_of(list(people), at)
        if one.person.retired_at is not None or not one.reachable
    }
    return [
        Unready(rota.row.pk, rota.row.team_id, person, start, f"schedule:{rota.row.pk}@{_week(rota, at)}")
        for rota in found
        for person, start in first[rota.row.pk].items()
        if person in out_of_reach
    ]


def _first_shifts(rota: Rota, at: datetime) -> Mapping[int, datetime]:
    begins: dict[int, datetime] = {}
    for shift in shifts(rota.history, at, at + WEEK):
        for person in shift.people:
            begins.setdefault(int(person), shift.start)
    return begins


def _week(rota: Rota, at: datetime) -> str:
    year, week, _day = wall_time(at, zone(rota.row.timezone)).isocalendar()
    return f"{year}-W{week:02}"
