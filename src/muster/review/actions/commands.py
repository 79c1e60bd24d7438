"""The only writers of action items: added, changed, completed, dropped, reopened (R57)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core import obligations as owing
from muster.core.action_items import ActionRefusal, ActionState, ActionVerb, check_due, move_action_item
from muster.core.change import Change
from muster.core.obligations import Kind, Owed, SupersededBy
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.refusal import Refused
from muster.core.review import check_action_item
from muster.core.standard import Standard
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of
from muster.foundation.access.models import Person
from muster.foundation.access.queries import arrival_of
from muster.foundation.obligations.commands import (
    OwedOn,
    arm_obligations,
    meet_obligations,
    supersede_obligations,
)
from muster.foundation.standard.queries import version_of
from muster.foundation.timeline.pen import command, lock, record
from muster.review.actions.models import ActionItem
from muster.review.actions.queries import action_item_of
from muster.review.actions.reasons import Acting

LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody resolves upon: `owner` is a person's number, `due_at` an instant or None."""

    title: str
    owner: int | None
    tag: str
    due_at: datetime | None = None
    ticket: str = ""


@command
def add_action_item(incident_id: int, wanted: Wanted, *, actor: Actor, at: datetime) -> ActionItem:
    """Add an action item to an incident; it is owed by its owner until its day.

    Without a day it is due when the Standard wants it for the incident's severity, if it does.

    Raises:
        Refused: may not, no such incident, no title, owner or known tag, or a day that cannot be.
    """
    require(actor, Right.REVIEW)
    incident = incident_of(actor, incident_id)
    standard = version_of(incident.standard_id).standard
    title = _title(wanted.title)
    check_action_item(standard, tag=wanted.tag, owner=wanted.owner)
    owner = _owner(wanted.owner, incident)
    due_at = _due(standard, incident, wanted.due_at, created_at=at, at=at)
    ticket = wanted.ticket.strip()
    columns = {
        "incident_id": incident.pk,
        "audience_id": incident.audience_id,
        "title": title,
        "owner_id": owner.pk,
        "tag": wanted.tag,
        "state": ActionState.OPEN.value,
        "due_at": due_at,
        "ticket": ticket,
        "made_by_id": actor.id if actor.kind is ActorKind.PERSON else None,
        "created_at": at,
    }
    facts = {"person": owner.pk, "tag": wanted.tag, "due_at": due_at, "severity": incident.severity}
    change = Change("action_item.added", columns, facts, _text(title=title, ticket=ticket))
    row = record(ActionItem(), change, actor=actor, at=at, incident=incident.pk)
    _arm(row, incident, standard, actor=actor, at=at)
    return row


@command
def change_action_item(
    action_item_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime, why: str = ""
) -> ActionItem:
    """Change `title`, `owner`, `tag`, `due_at` or `ticket` of an open action item; what is absent stays.

    Moving the day needs a reason, so that none moves without a trace. The obligation follows.

    Raises:
        Refused: may not, not there, over, or what it would become cannot be.
    """
    row = _locked(action_item_id, actor)
    require(actor, Right.REVIEW, own=row.owner_id)
    if row.state != ActionState.OPEN:
        raise Refused(Acting.OVER, {"state": row.state})
    standard = version_of(row.incident.standard_id).standard
    columns = _changed(row, changes, standard, at=at, why=why)
    if not columns:
        return row
    spoken = {"title", "ticket"} & set(columns)
    facts = {name: {"before": getattr(row, name), "after": columns[name]} for name in set(columns) - spoken}
    text = _text(why=why, **{name: columns[name] for name in spoken})
    record(
        row, Change("action_item.changed", columns, facts, text), actor=actor, at=at, incident=row.incident_id
    )
    if {"owner_id", "due_at"} & set(columns):
        _supersede(row, SupersededBy.RENEWED, actor=actor, at=at)
        _arm(row, row.incident, standard, actor=actor, at=at)
    return row


def _changed(
    row: ActionItem, changes: Mapping[str, Any], standard: Standard, *, at: datetime, why: str
) -> dict[str, Any]:
    wanted = dict(changes)
    if "title" in wanted:
        wanted["title"] = _title(wanted["title"])
    if "owner" in wanted:
        wanted["owner_id"] = _owner(wanted.pop("owner"), row.incident).pk
    if "ticket" in wanted:
        wanted["ticket"] = wanted["ticket"].strip()
    check_action_item(standard, tag=wanted.get("tag", row.tag), owner=wanted.get("owner_id", row.owner_id))
    if "due_at" in wanted and wanted["due_at"] != row.due_at:
        wanted["due_at"] = _due(standard, row.incident, wanted["due_at"], created_at=row.created_at, at=at)
    found = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if "due_at" in found and not why.strip():
        raise Refused(ActionRefusal.REASON_NEEDED)
    return found


@command
def complete_action_item(action_item_id: int, *, actor: Actor, at: datetime) -> ActionItem:
    """Say that it is done: whoever owns it, or whoever reviews.

    Raises:
        Refused: may not, not there, or not open.
    """
    row = _moved(action_item_id, ActionVerb.COMPLETE, "", actor=actor, at=at)
    meet_obligations(row.subject, [Kind.ACTION_ITEM_BY], actor=actor, at=at)
    return row


@command
def drop_action_item(action_item_id: int, *, actor: Actor, at: datetime, why: str) -> ActionItem:
    """Say that it will not be done, and why.

    Raises:
        Refused: may not, not there, not open, or no reason.
    """
    row = _moved(action_item_id, ActionVerb.DROP, why, actor=actor, at=at)
    _supersede(row, SupersededBy.SET_ASIDE, actor=actor, at=at)
    return row


@command
def reopen_action_item(action_item_id: int, *, actor: Actor, at: datetime, why: str) -> ActionItem:
    """Take it up again, with the day that it had.

    Raises:
        Refused: may not, not there, open already, or no reason.
    """
    row = _moved(action_item_id, ActionVerb.REOPEN, why, actor=actor, at=at)
    _arm(row, row.incident, version_of(row.incident.standard_id).standard, actor=actor, at=at)
    return row


def _moved(action_item_id: int, verb: ActionVerb, why: str, *, actor: Actor, at: datetime) -> ActionItem:
    row = _locked(action_item_id, actor)
    require(actor, Right.REVIEW, own=row.owner_id)
    change = move_action_item(row.state, verb, at=at, why=why)
    return record(row, change, actor=actor, at=at, incident=row.incident_id)


def _locked(action_item_id: int, actor: Actor) -> ActionItem:
    return lock(ActionItem, action_item_of(actor, action_item_id).pk)


def _title(title: str) -> str:
    words = " ".join(title.split())[:LONGEST_TITLE]
    if not words:
        raise Refused(Acting.TITLE_NEEDED)
    return words


def _owner(person_id: int | None, incident: Incident) -> Person:
    """Somebody who has access and may know of the incident."""
    rows = Person.objects.filter(retired_at__isnull=True)
    found = rows.filter(pk=person_id).first() if person_id is not None else None
    if found is None:
        raise Refused(Acting.OWNER_UNKNOWN)
    if incident.audience_id not in arrival_of(found.pk).actor.audiences:
        raise Refused(Acting.OWNER_MAY_NOT_SEE)
    return found


def _due(
    standard: Standard, incident: Incident, due_at: datetime | None, *, created_at: datetime, at: datetime
) -> datetime | None:
    limit = owing.action_item_limit(standard, incident.severity, created_at=created_at)
    check_due(due_at, limit=limit, at=at)
    return due_at if due_at is not None else limit


def _arm(row: ActionItem, incident: Incident, standard: Standard, *, actor: Actor, at: datetime) -> None:
    """An item without a day is owed all the same, so that nobody closes the incident over it unseen."""
    owed = owing.action_item(standard, incident.severity, created_at=row.created_at, due_at=row.due_at)
    owed = owed or Owed(Kind.ACTION_ITEM_BY, row.created_at, None)
    on = OwedOn(
        row.subject,
        incident=incident.pk,
        version=incident.standard_id,
        person=row.owner_id,
        audience_id=row.audience_id,
    )
    arm_obligations([owed], on, actor=actor, at=at)


def _supersede(row: ActionItem, by: SupersededBy, *, actor: Actor, at: datetime) -> None:
    supersede_obligations(row.subject, [Kind.ACTION_ITEM_BY], by, actor=actor, at=at)


def _text(**words: str) -> dict[str, str]:
    return {name: body for name, body in words.items() if body}
