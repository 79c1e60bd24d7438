"""`/alert-views`: saved filters of the alert inbox, of a person or of their team."""

from typing import Any

from ninja import Router, Status
from pydantic import Field

from muster.core.inbox import InboxState
from muster.evaluate import commands
from muster.evaluate.models import AlertView
from muster.evaluate.queries import alert_views, view_of
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle

router = Router(tags=["alerts"])


class ViewOut(Shown):
    """A view; `team` is null for one's own. `address` is where the inbox shows it."""

    id: str
    name: str
    team: str | None
    state: str
    words: str
    is_default: bool
    address: str


class ViewList(Shown):
    """Your own first, then your teams', by name."""

    items: list[ViewOut]


class ViewIn(Body):
    """Filters under a name: `state` is open, triggered, mine, held or all; `words` as in the search."""

    name: str = Field(max_length=200)
    state: str = Field(InboxState.OPEN.value, max_length=40)
    words: str = Field("", max_length=1000)
    team: str | None = Field(None, max_length=100)
    is_default: bool = False


class ViewChange(Body):
    """What to change; what is absent stays. Whose it is never changes."""

    name: str | None = Field(None, max_length=200)
    state: str | None = Field(None, max_length=40)
    words: str | None = Field(None, max_length=1000)
    is_default: bool | None = None


@router.get("/alert-views", response=ViewList)
def list_views(request: Request) -> dict[str, Any]:
    """Your views and those of your teams."""
    return {"items": [_shown(row) for row in alert_views(request.arrival.actor)]}


@router.post("/alert-views", response={201: ViewOut})
def save_view(request: Request, given: ViewIn) -> Status[dict[str, Any]]:
    """Save a view, for yourself or for your team."""
    arrival = request.arrival
    team = by_handle(Team, given.team, actor=arrival.actor).pk if given.team else None
    row = commands.save_view(
        actor=arrival.actor,
        at=arrival.at,
        team_id=team,
        **given.model_dump(exclude={"team"}),
    )
    return Status(201, _shown(view_of(arrival.actor, row.public_id)))


@router.patch("/alert-views/{view_id}", response=ViewOut)
def change_view(request: Request, view_id: str, given: ViewChange) -> dict[str, Any]:
    """Rename it, change its filters, or make it the default."""
    arrival = request.arrival
    row = view_of(arrival.actor, view_id)
    changes = given.model_dump(exclude_unset=True, exclude_none=True)
    commands.change_view(row.pk, changes, actor=arrival.actor, at=arrival.at)
    return _shown(view_of(arrival.actor, view_id))


@router.post("/alert-views/{view_id}/retire", response={204: None})
def retire_view(request: Request, view_id: str) -> Status[None]:
    """Delete it; `restore` brings it back."""
    arrival = request.arrival
    commands.retire_view(view_of(arrival.actor, view_id).pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.post("/alert-views/{view_id}/restore", response=ViewOut)
def restore_view(request: Request, view_id: str) -> dict[str, Any]:
    """Bring it back."""
    arrival = request.arrival
    commands.restore_view(view_of(arrival.actor, view_id).pk, actor=arrival.actor, at=arrival.at)
    return _shown(view_of(arrival.actor, view_id))


def _shown(row: AlertView) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "team": row.team.handle if row.team is not None else None,
        "state": row.state,
        "words": row.words,
        "is_default": row.is_default,
        "address": row.address,
    }
