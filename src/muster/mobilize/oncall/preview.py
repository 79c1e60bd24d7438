"""What a schedule would say if it were saved: shifts, clock changes, loads, findings (B9, B11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from muster.core.fairness import Load, loads
from muster.core.oncall import History, Schedule, ScheduleSpec, Shift, Version, shifts
from muster.core.oncall_checks import ClockNote, Finding, clock_notes, findings
from muster.core.schedule_form import read_schedule
from muster.foundation.catalog.models import Team
from muster.mobilize.oncall import models
from muster.mobilize.oncall.presence import around
from muster.mobilize.oncall.queries import history_of

CLOCKS_AHEAD = timedelta(days=366)
"""Both changes of the clocks of a year are shown before saving."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a schedule says in [a, b): `shifts` are the final ones, `clocks` those of a whole year."""

    shifts: list[Shift]
    clocks: list[ClockNote]
    loads: list[Load]
    findings: list[Finding]


def preview_of(
    spec: Mapping[str, Any], team: Team | None, *, at: datetime, until: datetime, schedule_id: int = 0
) -> Preview:
    """What it would be if `spec` were in force from `at` on: the past stays (engine side).

    `spec` is checked, with persons as ids; the overrides in use of `schedule_id` count.
    """
    plain = read_schedule(spec)
    if not schedule_id:
        return _preview(plain, plain, team, at, until, schedule_id)
    before = history_of(schedule_id)
    overrides = before.versions[-1].spec.overrides if before.versions else ()
    new = ScheduleSpec(plain.timezone, plain.layers, overrides)
    versions = [one for one in before.versions if one.valid_from < at]
    return _preview(new, History((*versions, Version(at, new))), team, at, until, schedule_id)


def standing(row: models.Schedule, *, at: datetime, until: datetime) -> Preview:
    """The same of a schedule as it stands (engine side: of a schedule that the caller was shown)."""
    history = history_of(row.pk)
    spec = history.versions[-1].spec
    return _preview(spec, history, row.team, at, until, row.pk)


def _preview(
    spec: ScheduleSpec, rota: Schedule, team: Team | None, at: datetime, until: datetime, schedule_id: int
) -> Preview:
    final = shifts(rota, at, until)
    named = [int(person) for layer in spec.layers for person in layer.people]
    named += [int(person) for shift in final for person in shift.people]
    about = around(team, named, at, until, besides=schedule_id)
    return Preview(
        shifts=final,
        clocks=clock_notes(rota, spec, at, at + CLOCKS_AHEAD),
        loads=loads(final, about.zones, spec.timezone),
        findings=findings(spec, at, until, about, schedule=rota),
    )
