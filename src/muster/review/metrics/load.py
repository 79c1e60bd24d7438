"""What people carried and what was promised: pages by day and night, hours on call, obligations kept."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.nights import night_of
from muster.core.obligations import Kind, State
from muster.core.permissions import Actor
from muster.evaluate.models import Incident
from muster.foundation.access.models import Person
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import obligations
from muster.mobilize.oncall.queries import schedules, shifts
from muster.mobilize.paging.models import Page
from muster.review.metrics.periods import Period

_DONE = (State.MET, State.BREACHED)


@dataclass(frozen=True, slots=True)
class Load:
    """One person's pages in a period, those at night by their own clock, and their time on call."""

    person: Person
    pages: int
    night: int
    nights: int
    on_call: timedelta


def loads(actor: Actor, period: Period, *, at: datetime, team: int | None = None) -> list[Load]:
    """Who was paged in a period, most pages first; with a team, by its schedules' people only."""
    rows = Page.objects.visible_to(actor).select_related("person")
    rows = rows.filter(started_at__gte=period.start, started_at__lt=period.until(at))
    hours = _hours(actor, period.start, period.until(at), team)
    paged: dict[int, list[datetime]] = {}
    people: dict[int, Person] = {}
    for page in rows:
        if team is None or page.person_id in hours:
            paged.setdefault(page.person_id, []).append(page.started_at)
            people[page.person_id] = page.person
    found = [_load(people[key], times, hours.get(key, timedelta())) for key, times in paged.items()]
    return sorted(found, key=lambda load: (-load.pages, load.person.name))


def _load(person: Person, times: Iterable[datetime], on_call: timedelta) -> Load:
    evenings = [night_of(at, person.timezone) for at in times]
    night = [evening for evening in evenings if evening is not None]
    return Load(person, len(evenings), len(night), len(set(night)), on_call)


def _hours(actor: Actor, start: datetime, end: datetime, team: int | None) -> dict[int, timedelta]:
    found: Counter[int] = Counter()
    rows = schedules(actor) if team is None else schedules(actor).filter(team_id=team)
    for schedule in rows if start < end else ():
        for shift in shifts(schedule.pk, start, end):
            for person in shift.people:
                found[int(person)] += int((shift.end - shift.start).total_seconds())
    return {person: timedelta(seconds=seconds) for person, seconds in found.items()}


@dataclass(frozen=True, slots=True)
class Promise:
    """How often one kind of obligation that fell due in a period was kept, and where it was not."""

    kind: str
    due: int
    kept: int
    broken: tuple[Obligation, ...]

    @property
    def percent(self) -> int:
        """The share that was kept, in whole percent, rounded down: 99.9 is not all."""
        return 100 * self.kept // self.due


def promises(
    actor: Actor, period: Period, *, at: datetime, among: Iterable[int] | None = None
) -> list[Promise]:
    """What fell due in a period, by kind in their usual order; drills, waived and not yet due left out.

    `among` limits it to the obligations of these incidents.
    """
    rows = obligations(actor).filter(due_at__gte=period.start, due_at__lt=period.until(at), state__in=_DONE)
    drills = Incident.objects.visible_to(actor).filter(drill=True).values("id")
    rows = rows.exclude(incident__in=drills)
    if among is not None:
        rows = rows.filter(incident__in=list(among))
    found: dict[str, list[Obligation]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row)
    order = [kind.value for kind in Kind]
    return [_promise(kind, found[kind]) for kind in sorted(found, key=order.index)]


def _promise(kind: str, rows: list[Obligation]) -> Promise:
    broken = tuple(row for row in rows if row.breached_at is not None)
    return Promise(kind, len(rows), len(rows) - len(broken), broken)
