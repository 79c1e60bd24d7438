"""What is done in the room, for programs: updates, tasks, words, ticks, the document, presence."""

from datetime import datetime
from typing import Any, Literal

from ninja import Router, Status
from pydantic import AwareDatetime, Field

from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of
from muster.foundation.access.http import Body, Shown, number_of
from muster.foundation.access.requests import Request
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import what_is_due
from muster.foundation.obligations.words import label
from muster.mobilize.escalation.commands import Presence, be_responder
from muster.mobilize.escalation.models import Responder
from muster.mobilize.escalation.queries import responders_of
from muster.respond.warroom import commands
from muster.respond.warroom.commands import EntryKind, Words
from muster.respond.warroom.models import Document, Task, Update
from muster.respond.warroom.queries import document_of, person_in_use, tasks_of, updates_of

router = Router(tags=["incidents"])


class UpdateIn(Body):
    """An update to one stream; without a promise the next is due by the Standard's rhythm (R14)."""

    text: str
    audience: str = Field("internal", max_length=40)
    status: str = Field("", max_length=40)
    next_update_at: AwareDatetime | None = None


class UpdateOut(Shown):
    """A posted update."""

    number: int
    audience: str
    status: str
    text: str
    next_update_at: datetime | None
    posted_by: str | None
    posted_at: datetime


class TaskIn(Body):
    """An order: what, who (a handle), by when."""

    title: str = Field(max_length=500)
    assignee: str | None = None
    due_at: AwareDatetime | None = None


class TaskOut(Shown):
    """A task; `id` is a bare number."""

    id: str
    incident: str
    title: str
    state: str
    assignee: str | None
    given_by: str | None
    given_at: datetime
    due_at: datetime | None
    done_at: datetime | None


class SayIn(Body):
    """A sentence for the timeline."""

    text: str
    kind: EntryKind = EntryKind.NOTE
    pin: bool = False


class EntryOut(Shown):
    """A sentence as it stands."""

    id: str
    kind: str
    text: str
    said_at: datetime


class TickIn(Body):
    """An item of a checklist of the Standard, done or undone."""

    checklist: str = Field(max_length=100)
    item: str = Field(max_length=100)
    done: bool = True


class TickOut(Shown):
    """How the item stands."""

    checklist: str
    item: str
    done_at: datetime | None


class DocumentIn(Body):
    """What we know. `based_on` is the number of the version that you read."""

    text: str
    based_on: int | None = None


class DocumentOut(Shown):
    """The newest version; number 0 while nothing is written."""

    number: int
    text: str
    written_by: str | None
    written_at: datetime | None


class OwedOut(Shown):
    """Something that is owed."""

    kind: str
    audience: str
    what: str
    person: str | None
    state: str
    due_at: datetime | None


class PresenceIn(Body):
    """How far you have come."""

    state: Literal["acknowledged", "joined", "ready", "left"]


class ResponderOut(Shown):
    """Somebody who was called or came."""

    person: str
    state: str
    notified_at: datetime | None
    acknowledged_at: datetime | None
    joined_at: datetime | None
    ready_at: datetime | None
    left_at: datetime | None


@router.get("/incidents/{incident_id}/updates", response=list[UpdateOut])
def updates(request: Request, incident_id: str) -> list[dict[str, Any]]:
    """What was told to whom, newest first."""
    return [_update(row) for row in updates_of(request.arrival.actor, _found(request, incident_id).pk)]


@router.post("/incidents/{incident_id}/updates", response={201: UpdateOut})
def post_update(request: Request, incident_id: str, given: UpdateIn) -> Status[dict[str, Any]]:
    """Post an update: what was owed is met, the next one is stated."""
    words = Words(given.text, given.audience, given.status, given.next_update_at)
    arrival, row = request.arrival, _found(request, incident_id)
    return Status(201, _update(commands.post_update(row.pk, words, actor=arrival.actor, at=arrival.at)))


@router.get("/incidents/{incident_id}/tasks", response=list[TaskOut])
def tasks(request: Request, incident_id: str) -> list[dict[str, Any]]:
    """The tasks, in the order they were given."""
    return [_task(row) for row in tasks_of(request.arrival.actor, _found(request, incident_id).pk)]


@router.post("/incidents/{incident_id}/tasks", response={201: TaskOut})
def add_task(request: Request, incident_id: str, given: TaskIn) -> Status[dict[str, Any]]:
    """Give an order."""
    arrival, row = request.arrival, _found(request, incident_id)
    assignee = person_in_use(given.assignee).pk if given.assignee else None
    task = commands.add_task(
        row.pk, given.title, actor=arrival.actor, at=arrival.at, assignee=assignee, due_at=given.due_at
    )
    return Status(201, _task(task))


@router.post("/tasks/{task_id}/done", response=TaskOut)
def complete_task(request: Request, task_id: str) -> dict[str, Any]:
    """Say that a task is done."""
    arrival = request.arrival
    return _task(commands.complete_task(number_of(task_id, "TASK"), actor=arrival.actor, at=arrival.at))


@router.post("/tasks/{task_id}/cancel", response=TaskOut)
def cancel_task(request: Request, task_id: str) -> dict[str, Any]:
    """Drop a task."""
    arrival = request.arrival
    return _task(commands.cancel_task(number_of(task_id, "TASK"), actor=arrival.actor, at=arrival.at))


@router.post("/incidents/{incident_id}/say", response={201: EntryOut})
def say(request: Request, incident_id: str, given: SayIn) -> Status[dict[str, Any]]:
    """Put a sentence on the timeline."""
    arrival, row = request.arrival, _found(request, incident_id)
    entry = commands.say(
        row.pk, given.text, actor=arrival.actor, at=arrival.at, kind=given.kind, pin=given.pin
    )
    return Status(
        201, {"id": str(entry.pk), "kind": entry.kind, "text": entry.body, "said_at": entry.said_at}
    )


@router.post("/incidents/{incident_id}/ticks", response=TickOut)
def tick(request: Request, incident_id: str, given: TickIn) -> dict[str, Any]:
    """Tick an item of a checklist, or take the tick back."""
    arrival, row = request.arrival, _found(request, incident_id)
    found = commands.tick(
        row.pk, given.checklist, given.item, actor=arrival.actor, at=arrival.at, done=given.done
    )
    return {"checklist": found.checklist, "item": found.item, "done_at": found.done_at}


@router.get("/incidents/{incident_id}/document", response=DocumentOut)
def document(request: Request, incident_id: str) -> dict[str, Any]:
    """What we know."""
    return _document(document_of(request.arrival.actor, _found(request, incident_id).pk))


@router.put("/incidents/{incident_id}/document", response=DocumentOut)
def write_document(request: Request, incident_id: str, given: DocumentIn) -> dict[str, Any]:
    """Save what we know; refused when somebody saved meanwhile."""
    arrival, row = request.arrival, _found(request, incident_id)
    written = commands.write_document(
        row.pk, given.text, actor=arrival.actor, at=arrival.at, based_on=given.based_on
    )
    return _document(written)


@router.get("/incidents/{incident_id}/owed", response=list[OwedOut])
def owed(request: Request, incident_id: str) -> list[dict[str, Any]]:
    """What is due, the most urgent first."""
    return [_owed(row) for row in what_is_due(request.arrival.actor, _found(request, incident_id).pk)]


@router.get("/incidents/{incident_id}/responders", response=list[ResponderOut])
def responders(request: Request, incident_id: str) -> list[dict[str, Any]]:
    """Who was called, and how far they have come."""
    return [_responder(row) for row in responders_of(request.arrival.actor, _found(request, incident_id).pk)]


@router.post("/incidents/{incident_id}/responders", response=ResponderOut)
def be_here(request: Request, incident_id: str, given: PresenceIn) -> dict[str, Any]:
    """Say that you come, are here, are ready, or leave."""
    arrival, row = request.arrival, _found(request, incident_id)
    state = Presence(given.state)
    return _responder(be_responder(row.pk, arrival.actor.id or 0, state, actor=arrival.actor, at=arrival.at))


def _found(request: Request, incident_id: str) -> Incident:
    return incident_of(request.arrival.actor, incident_id)


def _update(row: Update) -> dict[str, Any]:
    return {
        "number": row.number,
        "audience": row.audience,
        "status": row.status,
        "text": row.body,
        "next_update_at": row.next_update_at,
        "posted_by": row.posted_by.handle if row.posted_by is not None else None,
        "posted_at": row.posted_at,
    }


def _task(row: Task) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "incident": f"INC-{row.incident_id}",
        "title": row.title,
        "state": row.state,
        "assignee": row.assignee.handle if row.assignee is not None else None,
        "given_by": row.given_by.handle if row.given_by is not None else None,
        "given_at": row.given_at,
        "due_at": row.due_at,
        "done_at": row.done_at,
    }


def _document(row: Document | None) -> dict[str, Any]:
    if row is None:
        return {"number": 0, "text": "", "written_by": None, "written_at": None}
    return {
        "number": row.number,
        "text": row.body,
        "written_by": row.written_by.handle if row.written_by is not None else None,
        "written_at": row.written_at,
    }


def _owed(row: Obligation) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "audience": row.audience,
        "what": label(row.kind, row.audience),
        "person": row.person.handle if row.person is not None else None,
        "state": row.state,
        "due_at": row.due_at,
    }


def _responder(row: Responder) -> dict[str, Any]:
    times = ("notified_at", "acknowledged_at", "joined_at", "ready_at", "left_at")
    shown: dict[str, Any] = {"person": row.person.handle, "state": row.state}
    return shown | {name: getattr(row, name) for name in times}
