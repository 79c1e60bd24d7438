"""When people are away, and what stands around a rota, as the rules of `core.oncall_checks` see it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta

from muster.core.oncall_checks import Around
from muster.core.public_holidays import public_holidays
from muster.core.rotation import PersonId, Span
from muster.core.wallclock import instant, local_day, zone
from muster.foundation.access.models import Person
from muster.foundation.access.queries import proved_people
from muster.foundation.catalog.models import Team
from muster.mobilize.oncall.models import Availability, Leave, Schedule
from muster.mobilize.oncall.queries import history_of
from muster.mobilize.oncall.reachable import unreachable

Away = dict[PersonId, list[Span]]


def away(people: Iterable[int], a: datetime, b: datetime) -> Away:
    """When each of these people is on leave, or busy by their own calendar, within [a, b) (engine side)."""
    wanted = list(people)
    found: Away = {person: [] for person in wanted}
    leaves = Leave.objects.filter(person_id__in=wanted, retired_at__isnull=True, start__lt=b, end__gt=a)
    for leave in leaves.order_by("start"):
        found[leave.person_id].append((leave.start, leave.end))
    for row in Availability.objects.filter(person_id__in=wanted):
        spans = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in row.busy]
        found[row.person_id] += [(start, end) for start, end in spans if start < b and end > a]
    return found


def festive(people: Iterable[Person], default: str, a: datetime, b: datetime) -> Away:
    """The public holidays of each of these people within [a, b): their own place's, else `default`'s
    (engine side).
    """
    found: Away = {}
    rows = list(people)
    places = dict(Availability.objects.filter(person__in=rows).values_list("person_id", "holidays"))
    for person in rows:
        where = zone(person.timezone)
        first, last = local_day(a, where), local_day(b, where)
        days = sorted(public_holidays(places.get(person.pk) or default, first, last))
        found[person.pk] = [
            (
                instant(datetime.combine(day, time()), where),
                instant(datetime.combine(day + timedelta(days=1), time()), where),
            )
            for day in days
        ]
    return found


def around(team: Team | None, people: Iterable[int], a: datetime, b: datetime, *, besides: int = 0) -> Around:
    """What stands around a rota of this team with these people in [a, b); `besides` is the schedule itself
    (engine side).
    """
    wanted = list(dict.fromkeys(people))
    rows = list(Person.objects.filter(pk__in=wanted))
    others: Iterable[Schedule] = (
        Schedule.objects.filter(team=team, retired_at__isnull=True).exclude(pk=besides) if team else ()
    )
    proved, lost = proved_people(wanted), unreachable(wanted, a)
    zones: Mapping[PersonId, str] = {row.pk: row.timezone for row in rows}
    return Around(
        secondaries=tuple(history_of(row.pk) for row in others),
        zones=zones,
        away=away(wanted, a, b),
        festive=festive(rows, team.holidays if team else "", a, b),
        unreachable=frozenset(
            row.pk for row in rows if row.retired_at is not None or row.pk in lost or row.pk not in proved
        ),
    )
