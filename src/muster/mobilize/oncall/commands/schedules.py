"""Schedules and their versions: an edit closes the old version and never rewrites the past."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.plain_form import FormFault
from muster.core.refusal import Refused
from muster.core.schedule_form import read_schedule, write_schedule
from muster.foundation.catalog import checks, handles
from muster.foundation.catalog.commands import rows
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.oncall.models import Schedule, ScheduleVersion
from muster.mobilize.oncall.reasons import OnCall
from muster.mobilize.oncall.words import FORM


@command
def add_schedule(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    spec: Mapping[str, Any],
    team_id: int | None = None,
    made_by: str = "hand",
) -> Schedule:
    """Make a schedule; `spec` holds `timezone` and `layers` with persons as ids, in force at once.

    Raises:
        Refused: not the team's manager or an admin, a handle that is taken, or a spec that cannot hold.
    """
    require(actor, Right.EDIT_TEAM, team=team_id)
    handles.claim(Schedule.subject_kind, handle)
    checked = checked_spec(spec)
    columns = {
        "handle": handle,
        "name": checks.name(name),
        "team_id": team_id,
        "timezone": checked["timezone"],
        "made_by": made_by,
    }
    facts = {"handle": handle, "name": columns["name"], "team": team_id, "timezone": checked["timezone"]}
    schedule = record(Schedule(), Change("schedule.added", columns, facts), actor=actor, at=at)
    _publish(schedule, checked, actor, at)
    return schedule


@command
def add_rota(
    named: Sequence[tuple[str, str, Mapping[str, Any]]],
    *,
    actor: Actor,
    at: datetime,
    team_id: int | None = None,
) -> list[Schedule]:
    """Make several schedules, all or none, each as (handle, name, spec); see `add_schedule`."""
    return [
        add_schedule(actor=actor, at=at, handle=handle, name=name, spec=spec, team_id=team_id)
        for handle, name, spec in named
    ]


def checked_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """`timezone` and `layers` in their one spelling, persons as ids. Raises `Refused` when they cannot."""
    try:
        return write_schedule(read_schedule({"timezone": spec["timezone"], "layers": list(spec["layers"])}))
    except FormFault as fault:
        raise Refused(OnCall.SPEC_INVALID, {"path": fault.path, "why": FORM[fault.reason]}) from None


def _publish(schedule: Schedule, checked: dict[str, Any], actor: Actor, at: datetime) -> ScheduleVersion:
    spec = {"timezone": checked["timezone"], "layers": checked["layers"]}
    columns = {"schedule_id": schedule.pk, "valid_from": at, "spec": spec}
    change = Change("schedule_version.published", columns, {"schedule": schedule.pk, "spec": spec})
    return record(ScheduleVersion(), change, actor=actor, at=at)


@command
def change_schedule(schedule_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Schedule:
    """Change name, team or `spec`; a new spec closes the old version at this instant (R39, design 7)."""
    schedule = lock(Schedule, schedule_id)
    rows.owned(schedule, changes, _COLUMNS, actor=actor)
    wanted = {key: value for key, value in changes.items() if key != "spec"}
    if "spec" in changes:
        checked = checked_spec(changes["spec"])
        latest = schedule.versions.order_by("-valid_from").first()
        if latest is None or latest.spec != {"timezone": checked["timezone"], "layers": checked["layers"]}:
            _publish(schedule, checked, actor, at)
        wanted["timezone"] = checked["timezone"]
    return rows.change(schedule, wanted, actor=actor, at=at)


_COLUMNS = frozenset({"name", "team_id", "made_by", "spec"})
