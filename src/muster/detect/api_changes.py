"""`/changes`: what was changed on services, told by senders, people and pipelines (R36)."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from muster.detect import commands
from muster.detect.models import ChangeEvent
from muster.detect.queries import changes
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle

router = Router(tags=["changes"])


class ChangeOut(Shown):
    """One change: `changed_at` by the sender's clock, or when it was told. `integration` is who told it, null
    for a person or their token."""

    id: str
    service: str
    summary: str
    source: str
    links: list[dict[str, str]]
    labels: dict[str, str]
    integration: str | None
    changed_at: datetime


class ChangePage(Shown):
    """The last told first."""

    items: list[ChangeOut]
    next: str | None


class Listing(Paging):
    """Of one service, or of all."""

    service: str = Field("", max_length=100)


class ChangeIn(Body):
    """What was changed. `changed_at` is when, now unless said; `url` leads to more about it."""

    service: str
    summary: Annotated[str, Field(max_length=1000)]
    changed_at: AwareDatetime | None = None
    source: Annotated[str, Field(max_length=255)] = ""
    url: Annotated[str, Field(max_length=2000)] = ""


@router.get("/changes", response=ChangePage)
def list_changes(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """What was changed."""
    actor = request.arrival.actor
    services = [by_handle(Service, asked.service, actor=actor).pk] if asked.service else None
    return page_of(changes(actor, services), asked, _shown)


@router.post("/changes", response={201: ChangeOut})
def note_change(request: Request, given: ChangeIn) -> Status[dict[str, Any]]:
    """Tell of a change, from a pipeline for example."""
    arrival = request.arrival
    row = commands.note_change(
        by_handle(Service, given.service, actor=arrival.actor).pk,
        actor=arrival.actor,
        at=arrival.at,
        **given.model_dump(exclude={"service"}),
    )
    return Status(201, _shown(row))


def _shown(row: ChangeEvent) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "service": row.service.handle,
        "summary": row.summary,
        "source": row.source,
        "links": row.links,
        "labels": row.labels,
        "integration": row.integration.handle if row.integration is not None else None,
        "changed_at": row.changed_at,
    }
