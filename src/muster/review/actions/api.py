"""`/actions`: action items, overdue ones too (R57)."""

from datetime import datetime
from typing import Any, Literal

from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from muster.core.refusal import Refused
from muster.core.review import ReviewRefusal
from muster.evaluate.queries import incident_of
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.queries import person_by_handle
from muster.foundation.access.requests import Request
from muster.review.actions import commands
from muster.review.actions.commands import Wanted
from muster.review.actions.models import ActionItem
from muster.review.actions.queries import action_item_of, action_items, overdue_action_items

router = Router(tags=["review"])


class ActionOut(Shown):
    """One action item."""

    id: str
    incident: str
    title: str
    owner: str
    tag: str
    state: str
    due_at: datetime | None
    overdue: bool
    ticket: str
    created_at: datetime
    done_at: datetime | None


class ActionPage(Shown):
    """Newest first."""

    items: list[ActionOut]
    next: str | None


class Filter(Paging):
    """Which action items; `owner` is a handle, `incident` is `INC-42`."""

    state: Literal["", "open", "done", "dropped"] = ""
    overdue: bool = False
    owner: str = Field("", max_length=80)
    incident: str = Field("", max_length=40)


class ActionIn(Body):
    """A new action item; without `due_at` it is due when the Standard wants it."""

    incident: str
    title: str
    owner: str | None = None
    tag: str
    due_at: AwareDatetime | None = None
    ticket: str = ""


class ActionChange(Body):
    """What to change; what is absent stays. Moving the day needs `why`."""

    title: str | None = None
    owner: str | None = None
    tag: str | None = None
    due_at: AwareDatetime | None = None
    ticket: str | None = None
    why: str = ""


class Why(Body):
    """The reason, which stays in the timeline."""

    why: str = ""


@router.get("/actions", response=ActionPage)
def actions(request: Request, asked: Query[Filter]) -> dict[str, Any]:
    """The action items of incidents that you may see."""
    actor, at = request.arrival.actor, request.arrival.at
    rows = overdue_action_items(actor, at) if asked.overdue else action_items(actor)
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.owner:
        rows = rows.filter(owner=person_by_handle(asked.owner))
    if asked.incident:
        rows = rows.filter(incident=incident_of(actor, asked.incident))
    return page_of(rows, asked, lambda row: shown(row, at))


@router.post("/actions", response={201: ActionOut})
def add(request: Request, given: ActionIn) -> Status[dict[str, Any]]:
    """Add one to an incident."""
    actor, at = request.arrival.actor, request.arrival.at
    if given.owner is None:
        raise Refused(ReviewRefusal.OWNER_NEEDED)
    owner = person_by_handle(given.owner).pk
    wanted = Wanted(given.title, owner, given.tag, given.due_at, given.ticket)
    incident = incident_of(actor, given.incident)
    return Status(201, shown(commands.add_action_item(incident.pk, wanted, actor=actor, at=at), at))


@router.get("/actions/{public_id}", response=ActionOut)
def one(request: Request, public_id: str) -> dict[str, Any]:
    """One action item."""
    return shown(action_item_of(request.arrival.actor, public_id), request.arrival.at)


@router.patch("/actions/{public_id}", response=ActionOut)
def change(request: Request, public_id: str, given: ActionChange) -> dict[str, Any]:
    """Change an open one."""
    actor, at = request.arrival.actor, request.arrival.at
    changes = given.model_dump(exclude_unset=True, exclude={"why"})
    if changes.get("owner") is not None:
        changes["owner"] = person_by_handle(changes["owner"]).pk
    changes = {name: value for name, value in changes.items() if value is not None or name == "due_at"}
    row = action_item_of(actor, public_id)
    return shown(commands.change_action_item(row.pk, changes, actor=actor, at=at, why=given.why), at)


@router.post("/actions/{public_id}/complete", response=ActionOut)
def complete(request: Request, public_id: str) -> dict[str, Any]:
    """Mark it done."""
    actor, at = request.arrival.actor, request.arrival.at
    return shown(commands.complete_action_item(action_item_of(actor, public_id).pk, actor=actor, at=at), at)


@router.post("/actions/{public_id}/drop", response=ActionOut)
def drop(request: Request, public_id: str, given: Why) -> dict[str, Any]:
    """Say that it will not be done, and why."""
    actor, at = request.arrival.actor, request.arrival.at
    row = action_item_of(actor, public_id)
    return shown(commands.drop_action_item(row.pk, actor=actor, at=at, why=given.why), at)


@router.post("/actions/{public_id}/reopen", response=ActionOut)
def reopen(request: Request, public_id: str, given: Why) -> dict[str, Any]:
    """Take it up again, and why."""
    actor, at = request.arrival.actor, request.arrival.at
    row = action_item_of(actor, public_id)
    return shown(commands.reopen_action_item(row.pk, actor=actor, at=at, why=given.why), at)


def shown(row: ActionItem, at: datetime) -> dict[str, Any]:
    """An action item as programs read it."""
    return {
        "id": row.public_id,
        "incident": row.incident.public_id,
        "title": row.title,
        "owner": row.owner.handle,
        "tag": row.tag,
        "state": row.state,
        "due_at": row.due_at,
        "overdue": row.state == "open" and row.due_at is not None and row.due_at < at,
        "ticket": row.ticket,
        "created_at": row.created_at,
        "done_at": row.done_at,
    }
