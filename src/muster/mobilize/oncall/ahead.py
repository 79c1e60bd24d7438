"""What rotas are about to do: who comes on and goes off, where nobody is, who is on call while away."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.coverage import WEEK, coverage
from muster.core.handoff import AROUND, handings
from muster.core.oncall import History, on_call_at, shifts
from muster.core.oncall_checks import absences
from muster.core.rotation import Span
from muster.core.wallclock import wall_time, zone
from muster.mobilize.oncall.models import Notice, Override, Schedule, ScheduleVersion
from muster.mobilize.oncall.presence import away
from muster.mobilize.oncall.queries import history_of_rows

LOOKED_BACK = timedelta(days=28)
"""So far back a hole that is open now is followed to where it began."""


@dataclass(frozen=True, slots=True)
class HandOff:
    """Who comes on call and who goes off at one instant of a schedule; `now` are those who have it then."""

    schedule: int
    at: datetime
    incoming: tuple[int, ...]
    outgoing: tuple[int, ...]
    now: tuple[int, ...]

    @property
    def key(self) -> str:
        """What it is about, the same for every look."""
        return f"schedule:{self.schedule}@{self.at.isoformat()}"


@dataclass(frozen=True, slots=True)
class Hole:
    """Where nobody is on call. `kind` is the notice that it is worth, `key` tells it from others."""

    schedule: int
    team: int | None
    kind: str
    key: str
    start: datetime
    end: datetime
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody who is on call while away."""

    schedule: int
    team: int | None
    person: int
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """What it is about, the same for every look."""
        return f"schedule:{self.schedule}@{self.start.isoformat()}"


@dataclass(frozen=True, slots=True)
class Rota:
    """A schedule in use with all its versions; `version` is the number of the latest row."""

    row: Schedule
    history: History
    version: int


def rotas() -> list[Rota]:
    """Every schedule in use, read with three queries (engine side)."""
    rows = {row.pk: row for row in Schedule.objects.filter(retired_at__isnull=True).order_by("id")}
    versions: dict[int, list[ScheduleVersion]] = defaultdict(list)
    for version in ScheduleVersion.objects.filter(schedule_id__in=rows).order_by("valid_from", "id"):
        versions[version.schedule_id].append(version)
    overrides: dict[int, list[Override]] = defaultdict(list)
    for override in Override.objects.filter(schedule_id__in=rows).order_by("id"):
        overrides[override.schedule_id].append(override)
    return [
        Rota(row, history_of_rows(versions[pk], overrides[pk]), versions[pk][-1].pk)
        for pk, row in rows.items()
        if versions[pk]
    ]


def hand_offs(found: Iterable[Rota], a: datetime, b: datetime) -> list[HandOff]:
    """Every instant within [a, b) at which somebody comes on call or goes off (engine side)."""
    return [
        HandOff(rota.row.pk, one.at, _ids(one.incoming), _ids(one.outgoing), _ids(one.now))
        for rota in found
        for one in handings(shifts(rota.history, a - AROUND, b + AROUND), a, b)
    ]


def holes(found: Iterable[Rota], at: datetime) -> list[Hole]:
    """Where nobody is on call within a week: each hole, the whole week, the hours left on purpose.

    (Engine side.)
    """
    told: list[Hole] = []
    for rota in found:
        spec = rota.history.versions[-1].spec
        ahead = coverage(rota.history, spec, at, at + WEEK)
        row, percent = rota.row, round(ahead.share * 100)
        if ahead.is_empty:
            key = f"schedule:{row.pk}@{_week(row, at)}"
            told.append(Hole(row.pk, row.team_id, "week_empty", key, at, at + WEEK, percent))
            continue
        since = coverage(rota.history, spec, at - LOOKED_BACK, at + WEEK).holes if ahead.holes else ()
        for start, end in since:
            if end > at:
                key = f"schedule:{row.pk}@{start.isoformat()}"
                told.append(Hole(row.pk, row.team_id, "gap_ahead", key, max(start, at), end, percent))
        if ahead.meant:
            start, end = ahead.meant[0]
            key = f"schedule_version:{rota.version}"
            told.append(Hole(row.pk, row.team_id, "hours_left", key, start, end, percent))
    return told


def _week(row: Schedule, at: datetime) -> str:
    """The calendar week on the schedule's wall: an empty rota is told of once in each."""
    year, week, _day = wall_time(at, zone(row.timezone)).isocalendar()
    return f"{year}-W{week:02}"


def absent(found: Sequence[Rota], at: datetime) -> list[Absence]:
    """Who is on call within a week while on leave or busy by their own calendar (engine side)."""
    a, b = at - LOOKED_BACK, at + WEEK
    final = {rota.row.pk: shifts(rota.history, a, b) for rota in found}
    people = {int(one) for each in final.values() for shift in each for one in shift.people}
    spans: dict[int | str, list[Span]] = dict(away(people, a, b))
    return [
        Absence(rota.row.pk, rota.row.team_id, int(clash.people[0]), clash.start, clash.end)
        for rota in found
        for clash in absences(final[rota.row.pk], spans)
        if clash.end > at
    ]


def still_so(notice: Notice) -> bool:
    """Whether what a notice says of a shift holds yet: the schedule may have been changed meanwhile (engine
    side).
    """
    if notice.kind not in ("shift_tomorrow", "shift_begins"):
        return True
    schedule, start = notice.facts["schedule"], datetime.fromisoformat(notice.facts["start"])
    rows = Schedule.objects.filter(pk=schedule, retired_at__isnull=True)
    if not rows.exists():
        return False
    versions = list(ScheduleVersion.objects.filter(schedule_id=schedule).order_by("valid_from", "id"))
    history = history_of_rows(versions, list(Override.objects.filter(schedule_id=schedule).order_by("id")))
    return notice.person_id in _ids(on_call_at(history, start))


def _ids(people: Iterable[int | str]) -> tuple[int, ...]:
    return tuple(int(person) for person in people)
