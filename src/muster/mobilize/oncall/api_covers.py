"""`/cover-requests`: asking a colleague to take a shift, and their answer (R39)."""

from datetime import datetime
from typing import Any

from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from muster.core.cover import CoverVerb
from muster.core.rotation import Span
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.requests import Request
from muster.mobilize.oncall import commands
from muster.mobilize.oncall.models import CoverRequest
from muster.mobilize.oncall.queries import cover_requests, schedule_of, text_of

router = Router(tags=["on call"])


class SpanIn(Body):
    """An interval of instants, [from, to)."""

    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime


class CoverIn(SpanIn):
    """What to take; of whom (anyone of the rota when absent); `back`: what the asker takes in return."""

    schedule: str = Field(max_length=100)
    of: str | None = Field(None, max_length=100)
    back: SpanIn | None = None
    note: str = Field("", max_length=500)


class SpanOut(Shown):
    """An interval of instants."""

    from_: datetime = Field(serialization_alias="from")
    to: datetime


class CoverOut(Shown):
    """A request and where it stands: asked, accepted, declined, withdrawn or expired."""

    id: int
    schedule: str
    asker: str
    of: str | None
    give: SpanOut
    back: SpanOut | None
    state: str
    taken_by: str | None
    note: str
    asked_at: datetime
    answered_at: datetime | None
    expires_at: datetime | None


class CoverPage(Shown):
    """Newest first."""

    items: list[CoverOut]
    next: str | None


class Listing(Paging):
    """`open` leaves out what has ended."""

    open: bool = False


@router.get("/cover-requests", response=CoverPage, by_alias=True)
def list_covers(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """Every request."""
    rows = cover_requests(request.arrival.actor)
    return page_of(rows.filter(state="asked") if asked.open else rows, asked, shown)


@router.post("/cover-requests", response={201: CoverOut}, by_alias=True)
def ask_cover(request: Request, given: CoverIn) -> Status[dict[str, Any]]:
    """Ask for your shift to be taken; nothing changes until somebody agrees."""
    arrival = request.arrival
    row = commands.ask_cover(
        schedule_of(arrival.actor, given.schedule).pk,
        actor=arrival.actor,
        at=arrival.at,
        give=_span(given),
        asked_id=person_by_handle(given.of).pk if given.of else None,
        back=_span(given.back) if given.back else None,
        note=given.note,
    )
    return Status(201, shown(cover_requests(arrival.actor).get(pk=row.pk)))


def _answer(request: Request, cover_id: int, verb: CoverVerb) -> dict[str, Any]:
    arrival = request.arrival
    commands.answer_cover(cover_id, verb, actor=arrival.actor, at=arrival.at)
    return shown(cover_requests(arrival.actor).get(pk=cover_id))


@router.post("/cover-requests/{int:cover_id}/accept", response=CoverOut, by_alias=True)
def accept_cover(request: Request, cover_id: int) -> dict[str, Any]:
    """Take the shift."""
    return _answer(request, cover_id, CoverVerb.ACCEPT)


@router.post("/cover-requests/{int:cover_id}/decline", response=CoverOut, by_alias=True)
def decline_cover(request: Request, cover_id: int) -> dict[str, Any]:
    """Say that you cannot."""
    return _answer(request, cover_id, CoverVerb.DECLINE)


@router.post("/cover-requests/{int:cover_id}/withdraw", response=CoverOut, by_alias=True)
def withdraw_cover(request: Request, cover_id: int) -> dict[str, Any]:
    """Ask no longer."""
    return _answer(request, cover_id, CoverVerb.WITHDRAW)


def _span(given: SpanIn) -> Span:
    return given.from_, given.to


def shown(row: CoverRequest) -> dict[str, Any]:
    """A request as the API tells it; its note while it stands open."""
    back = {"from_": row.back_start, "to": row.back_end} if row.back_start else None
    return {
        "id": row.pk,
        "schedule": row.schedule.handle,
        "asker": row.asker.handle,
        "of": row.asked.handle if row.asked else None,
        "give": {"from_": row.start, "to": row.end},
        "back": back,
        "state": row.state,
        "taken_by": row.taken_by.handle if row.taken_by else None,
        "note": text_of(row) if row.state == "asked" else "",
        "asked_at": row.asked_at,
        "answered_at": row.answered_at,
        "expires_at": row.due_at,
    }
