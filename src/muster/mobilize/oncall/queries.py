"""Who is on call: the rows as plain data, and the answers of `core.oncall`."""

from datetime import datetime

from django.db.models import QuerySet

from muster.core import oncall
from muster.core.oncall import History, Segment, Shift, Version
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.schedule_form import read_schedule
from muster.mobilize.oncall.models import Override, Schedule, ScheduleVersion
from muster.mobilize.oncall.reasons import OnCall


def schedules(actor: Actor) -> QuerySet[Schedule]:
    """The schedules in use, by name."""
    return (
        Schedule.objects.visible_to(actor)
        .select_related("team")
        .filter(retired_at__isnull=True)
        .order_by("name")
    )


def schedule_of(actor: Actor, handle: str) -> Schedule:
    """Return a schedule by handle. Raises `Refused` when there is none."""
    found = Schedule.objects.visible_to(actor).select_related("team").filter(handle=handle).first()
    if found is None:
        raise Refused(OnCall.SCHEDULE_NOT_FOUND, {"handle": handle})
    return found


def history_of(schedule_id: int) -> History:
    """Every version of a schedule with its overrides, as the rules see it; persons are ids (engine side)."""
    overrides = [
        {"from": row.start, "to": row.end, "person": row.person_id}
        for row in Override.objects.filter(schedule_id=schedule_id, retired_at__isnull=True).order_by("id")
    ]
    versions = ScheduleVersion.objects.filter(schedule_id=schedule_id).order_by("valid_from", "id")
    return History(
        tuple(Version(row.valid_from, read_schedule(row.spec | {"overrides": overrides})) for row in versions)
    )


def on_call_at(schedule_id: int, at: datetime) -> tuple[int, ...]:
    """The ids of the people on call at an instant; empty when nobody is (engine side)."""
    return tuple(int(person) for person in oncall.on_call_at(history_of(schedule_id), at))


def explain_at(schedule_id: int, at: datetime) -> Segment:
    """Who is on call at an instant, until when, and by which layer or override (engine side)."""
    return oncall.explain_at(history_of(schedule_id), at)


def shifts(schedule_id: int, a: datetime, b: datetime) -> list[Shift]:
    """The shifts of a schedule between two instants, gaps included as shifts of nobody (engine side)."""
    return oncall.shifts(history_of(schedule_id), a, b)


def gaps(schedule_id: int, a: datetime, b: datetime) -> list[Shift]:
    """Where nobody is on call between two instants (engine side)."""
    return oncall.gaps(history_of(schedule_id), a, b)
