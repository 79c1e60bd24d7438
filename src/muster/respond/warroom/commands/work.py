"""What is done in the room: tasks, entries on the timeline, ticks, and the document."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from muster.core import obligations as rules
from muster.core.change import Change
from muster.core.obligations import Kind
from muster.core.permissions import Actor
from muster.core.phases import Phase
from muster.core.refusal import Refused
from muster.core.text import clean_text
from muster.evaluate.models import Incident
from muster.foundation.obligations.commands import arm_obligations, meet_obligations
from muster.foundation.timeline.pen import command, lock, lock_many, record
from muster.respond.warroom.commands.entering import enter
from muster.respond.warroom.commands.owing import owed_on
from muster.respond.warroom.models import Document, Entry, Task, Tick
from muster.respond.warroom.queries import document_of, scope_of, standard_of
from muster.respond.warroom.reasons import Room


class EntryKind(StrEnum):
    """What a person's sentence is (R20, R36)."""

    NOTE = "note"
    HYPOTHESIS = "hypothesis"
    DECISION = "decision"
    ACTION = "action"
    STATUS_CHECK = "status_check"


@command
def add_task(
    incident_id: int,
    title: str,
    *,
    actor: Actor,
    at: datetime,
    assignee: int | None = None,
    due_at: datetime | None = None,
) -> Task:
    """Give an order: what, who, by when. Raises `Refused`: not in this room, or without words."""
    row = enter(actor, incident_id)
    words = clean_text(title).strip()
    if not words:
        raise Refused(Room.TITLE_NEEDED)
    columns = {
        "incident_id": incident_id,
        "title": words[:500],
        "assignee_id": assignee,
        "given_by_id": actor.id,
        "given_at": at,
        "due_at": due_at,
        "audience_id": row.audience_id,
    }
    change = Change("task.added", columns, {"assignee": assignee, "due_at": due_at}, {"title": words[:500]})
    return record(Task(), change, actor=actor, at=at, incident=incident_id)


@command
def assign_task(task_id: int, person_id: int | None, *, actor: Actor, at: datetime) -> Task:
    """Give a task to somebody, or to nobody."""
    task = _task(task_id, actor)
    if task.assignee_id == person_id:
        return task
    change = Change("task.assigned", {"assignee_id": person_id}, {"person": person_id})
    return record(task, change, actor=actor, at=at, incident=task.incident_id)


@command
def complete_task(task_id: int, *, actor: Actor, at: datetime) -> Task:
    """Say that a task is done; saying it twice is no fault. Raises `Refused`: it was cancelled."""
    return _end_task(task_id, "done", actor, at)


@command
def cancel_task(task_id: int, *, actor: Actor, at: datetime) -> Task:
    """Drop a task; saying it twice is no fault. Raises `Refused`: it is done."""
    return _end_task(task_id, "cancelled", actor, at)


def _end_task(task_id: int, state: str, actor: Actor, at: datetime) -> Task:
    task = _task(task_id, actor)
    if task.state == state:
        return task
    if task.state != "open":
        raise Refused(Room.TASK_OVER, {"state": task.state})
    columns = {"state": state, "done_at": at}
    change = Change(f"task.{state}", columns, {"before": "open"}, {"title": task.title})
    return record(task, change, actor=actor, at=at, incident=task.incident_id)


def _task(task_id: int, actor: Actor) -> Task:
    found = Task.objects.visible_to(actor).filter(pk=task_id).first()
    if found is None:
        raise Refused(Room.TASK_NOT_FOUND)
    enter(actor, found.incident_id)
    return lock(Task, task_id)


@command
def move_tasks(incident_id: int, into: int, *, actor: Actor, at: datetime) -> Sequence[Task]:
    """Bring the open tasks of a merged incident to the other one. The caller has asked whether one may."""
    ids = list(Task.objects.filter(incident_id=incident_id, state="open").values_list("id", flat=True))
    facts = {"before": incident_id, "into": into}
    moved = []
    for task in lock_many(Task, ids):
        change = Change("task.moved", {"incident_id": into}, facts)
        moved.append(record(task, change, actor=actor, at=at, incident=into))
    return moved


@command
def say(
    incident_id: int, body: str, *, actor: Actor, at: datetime, kind: str = EntryKind.NOTE, pin: bool = False
) -> Entry:
    """Put a sentence on the timeline. A status check meets what the battle rhythm asks, and arms the next.

    Raises:
        Refused: not in this room, no words, or an unknown kind.
    """
    row = enter(actor, incident_id)
    if kind not in set(EntryKind):
        raise Refused(Room.KIND_UNKNOWN, {"known": ", ".join(EntryKind)})
    words = clean_text(body).strip()
    if not words:
        raise Refused(Room.WORDS_NEEDED)
    columns: dict[str, Any] = {
        "incident_id": incident_id,
        "kind": str(kind),
        "body": words,
        "said_by_id": actor.id,
        "said_at": at,
        "pinned_at": at if pin else None,
        "audience_id": row.audience_id,
    }
    change = Change("entry.said", columns, {"entry_kind": str(kind), "pinned": pin}, {"body": words})
    entry = record(Entry(), change, actor=actor, at=at, incident=incident_id)
    if kind == EntryKind.STATUS_CHECK:
        _next_check(row, actor, at)
    return entry


def _next_check(row: Incident, actor: Actor, at: datetime) -> None:
    about = scope_of(row.pk)
    met = meet_obligations(about, [Kind.STATUS_CHECK_BY], actor=actor, at=at)
    if met and Phase(row.phase).is_open:
        owed = rules.status_check(standard_of(row), at=at)
        arm_obligations([owed], owed_on(row), actor=actor, at=at)


@command
def pin(entry_id: int, *, actor: Actor, at: datetime, on: bool = True) -> Entry:
    """Pin an entry so that it stays in sight, or take the pin off."""
    found = Entry.objects.visible_to(actor).filter(pk=entry_id).first()
    if found is None:
        raise Refused(Room.ENTRY_NOT_FOUND)
    enter(actor, found.incident_id)
    entry = lock(Entry, entry_id)
    if (entry.pinned_at is not None) == on:
        return entry
    kind = "entry.pinned" if on else "entry.unpinned"
    change = Change(kind, {"pinned_at": at if on else None})
    return record(entry, change, actor=actor, at=at, incident=entry.incident_id)


@command
def tick(
    incident_id: int, checklist: str, item: str, *, actor: Actor, at: datetime, done: bool = True
) -> Tick:
    """Tick an item of one of the Standard's checklists, or take the tick back.

    Raises:
        Refused: not in this room, or the Standard has no such item.
    """
    row = enter(actor, incident_id)
    lists = standard_of(row).checklists
    if checklist not in lists or item not in lists[checklist].items:
        raise Refused(Room.ITEM_UNKNOWN)
    found = Tick.objects.filter(incident_id=incident_id, checklist=checklist, item=item).first()
    if found is not None and (found.done_at is not None) == done:
        return found
    columns: dict[str, Any] = {"done_by_id": actor.id if done else None, "done_at": at if done else None}
    if found is None:
        columns |= {
            "incident_id": incident_id,
            "checklist": checklist,
            "item": item,
            "audience_id": row.audience_id,
        }
    facts = {"checklist": checklist, "item": item, "what": lists[checklist].items[item]}
    change = Change("tick.done" if done else "tick.undone", columns, facts)
    return record(found or Tick(), change, actor=actor, at=at, incident=incident_id)


@command
def write_document(
    incident_id: int, body: str, *, actor: Actor, at: datetime, based_on: int | None = None
) -> Document:
    """Save what we know as a new version. `based_on` is the number that the writer read (0: nothing yet).

    Raises:
        Refused: not in this room, or somebody saved meanwhile (`detail["number"]`).
    """
    row = enter(actor, incident_id)
    latest = document_of(actor, incident_id)
    number = latest.number if latest is not None else 0
    if based_on is not None and based_on != number:
        raise Refused(Room.WRITTEN_MEANWHILE, {"number": number})
    words = clean_text(body).strip()
    if latest is not None and latest.body == words:
        return latest
    columns = {
        "incident_id": incident_id,
        "number": number + 1,
        "body": words,
        "written_by_id": actor.id,
        "written_at": at,
        "audience_id": row.audience_id,
    }
    change = Change("document.written", columns, {"number": number + 1}, {"body": words})
    return record(Document(), change, actor=actor, at=at, incident=incident_id)
