"""`/leaves`, `/availability` and `/feeds`: when people are away, and their calendars (R39)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.mobilize.oncall import commands
from muster.mobilize.oncall.models import PLANNED, Availability, Feed, Leave
from muster.mobilize.oncall.queries import availability_of, feeds_of, leaves, schedule_of

router = Router(tags=["on call"])


class LeaveIn(Body):
    """From when until when somebody is away; the caller when `person` is absent."""

    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    person: str = Field("", max_length=100)
    note: str = Field("", max_length=500)


class LeaveOut(Shown):
    """Somebody is away."""

    id: int
    person: str
    from_: datetime = Field(serialization_alias="from")
    to: datetime


class LeavePage(Shown):
    """Newest first."""

    items: list[LeaveOut]
    next: str | None


class AvailabilityIn(Body):
    """Absent: unchanged; empty: none. `calendar` is the address of an iCalendar file, kept secret."""

    holidays: str | None = Field(None, max_length=10)
    calendar: str | None = Field(None, max_length=2048)


class AvailabilityOut(Shown):
    """What says by itself when somebody is away. `problem` is why the calendar could not be read."""

    person: str
    holidays: str
    calendar: bool
    busy: int
    problem: str
    read_at: datetime | None


class FeedIn(Body):
    """Whose: `me`, `schedule:HANDLE`, `team:HANDLE`; or `planned:work`."""

    of: str = Field("me", max_length=100)


class FeedOut(Shown):
    """A calendar feed. `url` is shown once, when it is made."""

    id: int
    of: str
    url: str | None
    added_at: datetime
    last_read_at: datetime | None


class FeedPage(Shown):
    """The caller's, newest first."""

    items: list[FeedOut]
    next: str | None


@router.get("/leaves", response=LeavePage, by_alias=True)
def list_leaves(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """Who is away when."""
    return page_of(leaves(request.arrival.actor), paging, _leave)


@router.post("/leaves", response={201: LeaveOut}, by_alias=True)
def add_leave(request: Request, given: LeaveIn) -> Status[dict[str, Any]]:
    """Enter leave: your own, or as an admin anybody's."""
    arrival = request.arrival
    row = commands.add_leave(
        _person(given.person, arrival.actor),
        actor=arrival.actor,
        at=arrival.at,
        start=given.from_,
        end=given.to,
        note=given.note,
    )
    return Status(201, _leave(row))


@router.delete("/leaves/{int:leave_id}", response={204: None})
def retire_leave(request: Request, leave_id: int) -> Status[None]:
    """Take leave back."""
    commands.retire_leave(leave_id, actor=request.arrival.actor, at=request.arrival.at)
    return Status(204, None)


@router.get("/availability", response=AvailabilityOut)
def my_availability(request: Request) -> dict[str, Any]:
    """Your holidays and calendar."""
    actor = request.arrival.actor
    return _availability(availability_of(actor), actor)


@router.put("/availability", response=AvailabilityOut)
def set_availability(request: Request, given: AvailabilityIn) -> dict[str, Any]:
    """Say whose public holidays you keep, and which calendar says when you are busy."""
    arrival = request.arrival
    row = commands.set_availability(
        _person("", arrival.actor),
        actor=arrival.actor,
        at=arrival.at,
        holidays=given.holidays,
        calendar=given.calendar,
    )
    return _availability(row, arrival.actor)


@router.get("/feeds", response=FeedPage)
def list_feeds(request: Request, paging: Query[Paging]) -> dict[str, Any]:
    """Your calendar feeds."""
    return page_of(feeds_of(request.arrival.actor), paging, _feed)


@router.post("/feeds", response={201: FeedOut})
def add_feed(request: Request, given: FeedIn) -> Status[dict[str, Any]]:
    """Make a calendar feed; its address is a secret, shown this once."""
    arrival = request.arrival
    row, secret = commands.add_feed(_subject(given.of, arrival.actor), actor=arrival.actor, at=arrival.at)
    return Status(201, _feed(row) | {"url": feed_url(secret)})


@router.delete("/feeds/{int:feed_id}", response={204: None})
def revoke_feed(request: Request, feed_id: int) -> Status[None]:
    """Make its address worth nothing, at once."""
    commands.revoke_feed(feed_id, actor=request.arrival.actor, at=request.arrival.at)
    return Status(204, None)


def feed_url(secret: str) -> str:
    """The address of a feed."""
    return f"{settings.BASE_URL.rstrip('/')}/calendars/{secret}.ics"


def _subject(of: str, actor: Actor) -> str:
    kind, _sep, handle = of.partition(":")
    if kind == PLANNED and handle == "work":
        return f"{PLANNED}:0"
    if kind == "schedule" and handle:
        return schedule_of(actor, handle).subject
    if kind == "team" and handle:
        return by_handle(Team, handle, actor=actor).subject
    return f"person:{_person('' if of == 'me' else handle or of, actor)}"


def _person(handle: str, actor: Actor) -> int:
    if handle:
        return person_by_handle(handle).pk
    if actor.id is None:
        raise Refused(NotFound.PERSON, {"handle": ""})
    return actor.id


def _leave(row: Leave) -> dict[str, Any]:
    return {"id": row.pk, "person": row.person.handle, "from_": row.start, "to": row.end}


def _availability(row: Availability | None, actor: Actor) -> dict[str, Any]:
    found = row or Availability(person_id=_person("", actor))
    return {
        "person": found.person.handle,
        "holidays": found.holidays,
        "calendar": bool(found.calendar),
        "busy": len(found.busy),
        "problem": found.problem,
        "read_at": found.read_at,
    }


def _feed(row: Feed) -> dict[str, Any]:
    return {
        "id": row.pk,
        "of": row.of,
        "url": None,
        "added_at": row.added_at,
        "last_read_at": row.last_read_at,
    }
