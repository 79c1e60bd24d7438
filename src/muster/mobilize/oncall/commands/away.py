"""When people are away: leave they enter, public holidays of a place, a calendar of theirs."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.ports.busy_form import BusyReason
from muster.core.ports.contact_form import url_problem
from muster.core.refusal import Refused
from muster.core.rotation import Span
from muster.foundation.access.models import Person
from muster.foundation.catalog import checks
from muster.foundation.timeline.pen import command, lock, lock_many, record, touch
from muster.mobilize.oncall.models import Availability, Leave
from muster.mobilize.oncall.queries import due_calendars
from muster.mobilize.oncall.reasons import OnCall

READ_EVERY = timedelta(hours=1)
READ_LEASE = timedelta(minutes=5)


@command
def add_leave(
    person_id: int, *, actor: Actor, at: datetime, start: datetime, end: datetime, note: str = ""
) -> Leave:
    """Enter that somebody is away from `start` to `end` (instants): their own, or by an admin.

    Raises:
        Refused: neither the person nor an admin; it ends before it starts, or is over.
    """
    require(actor, Right.EDIT_PEOPLE, own=person_id)
    lock(Person, person_id)
    if end <= start:
        raise Refused(OnCall.LEAVE_BACKWARDS)
    if end <= at:
        raise Refused(OnCall.PAST)
    columns = {"person_id": person_id, "start": start, "end": end, "added_at": at}
    facts = {"person": person_id, "start": start, "end": end}
    change = Change("leave.added", columns, facts, {"note": note[:500]} if note else {})
    return record(Leave(), change, actor=actor, at=at)


@command
def retire_leave(leave_id: int, *, actor: Actor, at: datetime) -> Leave:
    """Take leave back. Raises `Refused`: neither the person nor an admin, or there is none."""
    found = Leave.objects.visible_to(actor).filter(pk=leave_id).first()
    if found is None:
        raise Refused(OnCall.LEAVE_NOT_FOUND)
    require(actor, Right.EDIT_PEOPLE, own=found.person_id)
    row = lock(Leave, leave_id)
    if row.retired_at is not None:
        return row
    return record(
        row, Change("leave.retired", {"retired_at": at}, {"person": row.person_id}), actor=actor, at=at
    )


@command
def set_availability(
    person_id: int, *, actor: Actor, at: datetime, holidays: str | None = None, calendar: str | None = None
) -> Availability:
    """Say whose public holidays somebody keeps and which calendar says when they are busy.

    None leaves a thing as it is, empty ends it. The calendar's address is a secret: it never stands in an
    event and is not shown again.

    Raises:
        Refused: neither the person nor an admin; no such place; no web address that we may read.
    """
    require(actor, Right.EDIT_PEOPLE, own=person_id)
    lock(Person, person_id)
    row = Availability.objects.filter(person_id=person_id).first() or Availability(person_id=person_id)
    columns: dict[str, object] = {} if row.pk else {"person_id": person_id}
    if holidays is not None:
        columns["holidays"] = checks.holidays(holidays)
    if calendar is not None:
        if calendar and url_problem(calendar) is not None:
            raise Refused(OnCall.CALENDAR_ADDRESS)
        columns |= {"calendar": {"url": calendar} if calendar else None, "busy": [], "problem": ""}
        columns["due_at"] = at if calendar else None
    facts = {"person": person_id, "holidays": columns.get("holidays", row.holidays)}
    facts["calendar"] = bool(columns.get("calendar", row.calendar))
    return record(row, Change("availability.set", columns, facts), actor=actor, at=at)


@command
def claim_calendars(limit: int, *, actor: Actor, at: datetime) -> list[Availability]:
    """Take the calendars that are due to be read, under a lease."""
    rows = [row for row in lock_many(Availability, due_calendars(limit)) if row.due_at and row.due_at <= at]
    for row in rows:
        row.due_at = at + READ_LEASE
    touch(rows, "due_at")
    return rows


@command
def record_calendar(
    availability_id: int, url: str, read: Iterable[Span] | BusyReason, *, actor: Actor, at: datetime
) -> Availability:
    """Keep what a calendar said: only when somebody is busy. An event is written only when that changed.

    What could not be read leaves what is known, with the reason. An answer for another address than the one
    that stands there now is dropped.
    """
    row = lock(Availability, availability_id)
    if not row.calendar or row.calendar["url"] != url:
        return row
    busy, problem = row.busy, ""
    if isinstance(read, BusyReason):
        problem = read.value
    else:
        busy = [[start.isoformat(), end.isoformat()] for start, end in read]
    if (busy, problem) != (row.busy, row.problem):
        facts = {"person": row.person_id, "busy": len(busy), "problem": problem}
        change = Change("availability.read", {"busy": busy, "problem": problem}, facts)
        row = record(row, change, actor=actor, at=at)
    row.read_at, row.due_at = at, at + READ_EVERY
    touch([row], "read_at", "due_at")
    return row
