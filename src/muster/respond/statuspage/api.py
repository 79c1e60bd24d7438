"""`/status-pages`: what customers are told, for programs (R45)."""

from datetime import datetime
from typing import Any

from ninja import Router, Status
from pydantic import Field

from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.status_page import PageImpact, PageRefusal, read_component_state, read_state
from muster.evaluate.queries import incident_of
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.respond.statuspage import commands
from muster.respond.statuspage.commands import Post
from muster.respond.statuspage.models import Component, PageUpdate, StatusPage
from muster.respond.statuspage.queries import components_of, page_of, pages

router = Router(tags=["status pages"])


class ComponentOut(Shown):
    """A component and its state, in Statuspage's words."""

    name: str
    group: str
    service: str | None
    state: str


class PageOut(Shown):
    """A status page; `live_at` is when its bytes were last confirmed; `waiting`: newer ones are due."""

    slug: str
    name: str
    visibility: str
    components: list[ComponentOut]
    live_at: datetime | None
    waiting: bool
    problem: str
    retired_at: datetime | None


class PostIn(Body):
    """What customers read. `components` maps names to states; `title` is needed the first time."""

    text: str
    title: str = Field("", max_length=200)
    state: str = "investigating"
    incident: str | None = None
    impact: PageImpact | None = None
    components: dict[str, str] = Field(default_factory=dict)


class PostOut(Shown):
    """A post; `live` once the page that shows it has been put out."""

    title: str
    state: str
    text: str
    posted_at: datetime
    live: bool


class StateIn(Body):
    """How a component is."""

    state: str


@router.get("/status-pages", response=list[PageOut])
def list_pages(request: Request) -> list[dict[str, Any]]:
    """The status pages in use."""
    return [_page(row) for row in pages(request.arrival.actor)]


@router.get("/status-pages/{slug}", response=PageOut)
def show(request: Request, slug: str) -> dict[str, Any]:
    """One status page."""
    return _page(page_of(request.arrival.actor, slug))


@router.post("/status-pages/{slug}/posts", response={201: PostOut})
def publish(request: Request, slug: str, given: PostIn) -> Status[dict[str, Any]]:
    """Tell customers: opens a public incident, or adds to the one that `incident` has on this page."""
    arrival = request.arrival
    page = page_of(arrival.actor, slug)
    incident = incident_of(arrival.actor, given.incident).pk if given.incident else None
    actor = arrival.actor
    wanted = {
        _component(actor, page, name): read_component_state(word) for name, word in given.components.items()
    }
    post = Post(given.text, read_state(given.state), wanted, given.title, given.impact)
    posted = commands.publish_on_page(page.pk, post, actor=arrival.actor, at=arrival.at, incident_id=incident)
    return Status(201, _post(posted))


@router.post("/status-pages/{slug}/components/{name}", response=PageOut)
def set_state(request: Request, slug: str, name: str, given: StateIn) -> dict[str, Any]:
    """Say by hand how a component is."""
    arrival = request.arrival
    page = page_of(arrival.actor, slug)
    state = read_component_state(given.state)
    component = _component(arrival.actor, page, name)
    commands.set_component_state(component, state, actor=arrival.actor, at=arrival.at)
    return _page(page_of(arrival.actor, slug))


def _component(actor: Actor, page: StatusPage, name: str) -> int:
    rows = Component.objects.visible_to(actor).filter(page=page, retired_at__isnull=True)
    found = rows.filter(name=name).first()
    if found is None:
        raise Refused(PageRefusal.COMPONENT_NOT_FOUND)
    return found.pk


def _page(row: StatusPage) -> dict[str, Any]:
    publication = row.publication
    return {
        "slug": row.handle,
        "name": row.name,
        "visibility": row.visibility,
        "components": [
            {
                "name": part.name,
                "group": part.group,
                "service": part.service.handle if part.service is not None else None,
                "state": part.state,
            }
            for part in components_of(row.pk)
        ],
        "live_at": publication.live_at,
        "waiting": publication.live < publication.wanted,
        "problem": publication.reason,
        "retired_at": row.retired_at,
    }


def _post(row: PageUpdate) -> dict[str, Any]:
    face = row.page_incident
    return {
        "title": face.title,
        "state": row.state,
        "text": row.body,
        "posted_at": row.posted_at,
        "live": face.page.publication.live >= row.generation,
    }
