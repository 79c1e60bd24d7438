"""`/pages`: who was paged; page anybody by hand; answer a page."""

from typing import Any

from ninja import Query, Router, Status
from pydantic import Field

from muster.evaluate.queries import incident_of
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.requests import Request
from muster.mobilize.escalation import commands
from muster.mobilize.paging.api import PageOut, about_alert, shown_page
from muster.mobilize.paging.queries import page_of as one_page
from muster.mobilize.paging.queries import pages, pages_about

router = Router(tags=["pages"])


class PagePage(Shown):
    """Newest first."""

    items: list[PageOut]
    next: str | None


class PageQuery(Paging):
    """Whose pages, and about which alert."""

    person: str = Field("", max_length=100)
    alert: str = Field("", max_length=40)


class PageIn(Body):
    """Whom to page by hand, for what: `person:ana`, `schedule:payments-primary`, `team:payments` ..."""

    target: str = Field(max_length=100)
    summary: str = Field(min_length=1, max_length=500)
    incident: str = Field("", max_length=40)


class CalledOut(Shown):
    """Who was called, and the pages that began at once."""

    target: str
    summary: str
    incident: str | None
    pages: list[PageOut]


@router.get("/pages", response=PagePage)
def list_pages(request: Request, asked: Query[PageQuery]) -> dict[str, Any]:
    """Who was paged."""
    actor = request.arrival.actor
    rows = pages(actor)
    if asked.person:
        rows = rows.filter(person=person_by_handle(asked.person))
    if asked.alert:
        rows = rows.filter(about=about_alert(actor, asked.alert))
    return page_of(rows, asked, lambda row: shown_page(row, actor))


@router.get("/pages/{page_id}", response=PageOut)
def page(request: Request, page_id: str) -> dict[str, Any]:
    """One page."""
    return shown_page(one_page(request.arrival.actor, page_id), request.arrival.actor)


@router.post("/pages", response={201: CalledOut})
def page_by_hand(request: Request, given: PageIn) -> Status[dict[str, Any]]:
    """Page anybody by hand, for an incident or for none."""
    actor, at = request.arrival.actor, request.arrival.at
    incident = incident_of(actor, given.incident) if given.incident else None
    called = commands.page_target(
        given.target,
        actor=actor,
        at=at,
        summary=given.summary,
        incident=incident.pk if incident else None,
    )
    pages = [shown_page(row, actor) for row in pages_about(actor, called.subject)]
    return Status(
        201,
        {
            "target": called.target,
            "summary": called.summary,
            "incident": incident.public_id if incident else None,
            "pages": pages,
        },
    )


@router.post("/pages/{page_id}/acknowledge", response=PageOut)
def acknowledge_page(request: Request, page_id: str) -> dict[str, Any]:
    """Answer a page: acts on what it is about."""
    actor, at = request.arrival.actor, request.arrival.at
    commands.acknowledge_page(one_page(actor, page_id).pk, actor=actor, at=at)
    return shown_page(one_page(actor, page_id), actor)
