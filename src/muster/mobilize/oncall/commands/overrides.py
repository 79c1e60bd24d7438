"""Overrides: an interval to somebody, one more, one less, or one in another's place."""

from datetime import datetime

from muster.core.change import Change
from muster.core.oncall import Effect
from muster.core.permissions import Actor, Right, require
from muster.core.plain_form import FormFault
from muster.core.refusal import Refused
from muster.core.schedule_form import read_schedule, write_schedule
from muster.core.wallclock import instant, parse_moment, zone
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.oncall.models import Override, Schedule
from muster.mobilize.oncall.reasons import OnCall
from muster.mobilize.oncall.words import FORM


@command
def add_override(
    schedule_id: int,
    *,
    actor: Actor,
    at: datetime,
    start: str,
    end: str,
    person_id: int,
    kind: str = Effect.COVER.value,
    replaces_id: int | None = None,
    made_by: str = "hand",
) -> Override:
    """Change who has an interval; anyone who responds may take one, join in, or stand in for somebody.

    `start` and `end` are as in configuration: local to the schedule's zone, or with an offset. `kind` is a
    `core.oncall.Effect`. It counts from `at` on, also when it starts earlier. Nobody takes themselves off:
    that leaves a gap, so it needs who may edit the schedule (or a colleague's consent: `ask_cover`).

    Raises:
        Refused: neither the team's manager nor an admin nor the person; times that cannot hold; it is over.
    """
    schedule = lock(Schedule, schedule_id)
    own = None if kind == Effect.REMOVE else person_id
    require(actor, Right.EDIT_TEAM, team=schedule.team_id, own=own)
    return write_override(
        schedule,
        {"from": start, "to": end, "person": person_id, "kind": kind}
        | ({} if replaces_id is None else {"replaces": replaces_id}),
        actor=actor,
        at=at,
        made_by=made_by,
    )


def write_override(
    schedule: Schedule, written: dict[str, object], *, actor: Actor, at: datetime, made_by: str
) -> Override:
    """Record an override of a locked schedule, in the form of `core.schedule_form` with persons as ids.

    Asks nobody's permission: the commands do. Raises `Refused` where it cannot hold or is over.
    """
    try:
        spec = read_schedule({"timezone": schedule.timezone, "layers": [], "overrides": [written]})
        [spelled] = write_schedule(spec)["overrides"]
    except FormFault as fault:
        raise Refused(OnCall.SPEC_INVALID, {"path": fault.path, "why": FORM[fault.reason]}) from None
    if instant(parse_moment(spelled["to"]), zone(schedule.timezone)) <= at:
        raise Refused(OnCall.PAST)
    columns = {
        "schedule_id": schedule.pk,
        "person_id": spelled["person"],
        "kind": spelled.get("kind", Effect.COVER.value),
        "replaces_id": spelled.get("replaces"),
        "start": spelled["from"],
        "end": spelled["to"],
        "made_by": made_by,
        "added_at": at,
    }
    facts = {"schedule": schedule.pk, "person": spelled["person"], "kind": columns["kind"]}
    facts |= {"start": spelled["from"], "end": spelled["to"]}
    if columns["replaces_id"] is not None:
        facts["replaced_person"] = columns["replaces_id"]
    return record(Override(), Change("override.added", columns, facts), actor=actor, at=at)


@command
def retire_override(override_id: int, *, actor: Actor, at: datetime) -> Override:
    """Take an override back, from now on; one that is over stays as it was.

    Raises:
        Refused: neither the team's manager nor an admin nor the person; it is over.
    """
    row = lock(Override, override_id)
    require(actor, Right.EDIT_TEAM, team=row.schedule.team_id, own=_whose(row))
    if row.retired_at is not None:
        return row
    if instant(parse_moment(row.end), zone(row.schedule.timezone)) <= at:
        raise Refused(OnCall.PAST)
    return record(
        row, Change("override.retired", {"retired_at": at}, {"schedule": row.schedule_id}), actor=actor, at=at
    )


def _whose(row: Override) -> int | None:
    """Whoever took an interval may give it back; what somebody agreed to needs the other's word again."""
    return row.person_id if row.made_by != "cover" and row.kind != Effect.REMOVE else None
