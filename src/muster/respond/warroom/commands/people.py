"""Who commands and who holds which role (R15, R16); command is handed over step by step (R28).

Roles are grants on `incident:<id>`; the commander also stands on the incident. Both are written here, in one
transaction, so at any moment exactly one person commands or nobody does.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from muster.core import roles
from muster.core.change import Change
from muster.core.permissions import Actor, Granted, Right, decide
from muster.core.refusal import Refused
from muster.core.roles import COMMANDER, MayAssign, RoleRefusal, Taken
from muster.evaluate.commands import write_incident
from muster.evaluate.models import Incident
from muster.foundation.access.commands import end_grant, give_grant
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.escalation.commands import Presence, be_responder
from muster.respond.warroom.commands.entering import enter
from muster.respond.warroom.models import Handover
from muster.respond.warroom.queries import assignments_of, open_handover, scope_of, standard_of


@command
def claim_command(incident_id: int, *, actor: Actor, at: datetime) -> Incident:
    """Take command while nobody has it.

    Raises:
        Refused: not a responder, or somebody commands.
    """
    row = enter(actor, incident_id)
    return _take(row, roles.claim(_person(actor), assignments_of(row)), actor, at)


@command
def assign_role(incident_id: int, role: str, person_id: int, *, actor: Actor, at: datetime) -> Incident:
    """Give a role; a single role passes from whoever had it. Command is given while vacant, or by a manager.

    Raises:
        Refused: neither the commander nor a manager, an unknown role, or they have it.
    """
    row = enter(actor, incident_id)
    held = assignments_of(row)
    allowed = _may_assign(actor, held)
    if role == COMMANDER and allowed is MayAssign.COMMANDER:
        raise Refused(RoleRefusal.COMMAND_IS_HANDED_OVER)
    change = roles.give(standard_of(row), role, person_id, held, allowed)
    if role == COMMANDER:
        return _take(row, change, actor, at)
    for before in change.payload["before"]:
        end_grant(before, role, scope_of(incident_id), actor=actor, at=at)
    give_grant(person_id, role, scope_of(incident_id), actor=actor, at=at)
    return write_incident(incident_id, lambda _: change, actor=actor, at=at)


@command
def release_role(incident_id: int, role: str, person_id: int, *, actor: Actor, at: datetime) -> Incident:
    """Take a role back, or lay one's own down: it falls to the commander.

    Raises:
        Refused: not their own and neither commander nor manager, not held, or it is command.
    """
    row = enter(actor, incident_id)
    held = assignments_of(row)
    if person_id != actor.id and _may_assign(actor, held) is MayAssign.ONLY_THE_COMMANDER:
        raise Refused(RoleRefusal.ONLY_THE_COMMANDER, {"role": role})
    change = roles.release(role, person_id, held)
    end_grant(person_id, role, scope_of(incident_id), actor=actor, at=at)
    return write_incident(incident_id, lambda _: change, actor=actor, at=at)


@command
def start_handover(incident_id: int, to: int, *, actor: Actor, at: datetime) -> Handover:
    """Begin to hand over: the next commander shadows from now on. A handover to somebody else ends.

    Raises:
        Refused: neither the commander nor a manager, nobody commands, or the two are one.
    """
    row = enter(actor, incident_id)
    if _may_assign(actor, assignments_of(row)) not in (MayAssign.COMMANDER, MayAssign.ON_BEHALF):
        raise Refused(RoleRefusal.ONLY_THE_COMMANDER, {"role": COMMANDER})
    standing = open_handover(incident_id)
    if standing is not None and (standing.outgoing_id, standing.incoming_id) == (row.commander_id, to):
        return standing
    change = roles.start_handover(row.commander_id, to, at=at)
    if standing is not None:
        _end(standing, actor, at)
    columns = {
        "incident_id": incident_id,
        "outgoing_id": row.commander_id,
        "incoming_id": to,
        "shadow_since": at,
        "audience_id": row.audience_id,
    }
    told = replace(change, set=columns, payload={**change.payload, "person": to})
    return record(Handover(), told, actor=actor, at=at, incident=incident_id)


@command
def offer_command(incident_id: int, to: int, *, actor: Actor, at: datetime, report: str = "") -> Handover:
    """Say "handing over command to X", with the situation report; begins the handover where needed.

    Command stays where it is until the other says that they have it. Raises as `start_handover`.
    """
    row = lock(Handover, start_handover(incident_id, to, actor=actor, at=at).pk)
    if report.strip():
        columns = {"report": report.strip(), "reported_at": at}
        change = Change("handover.reported", columns, {}, {"report": report.strip()})
        row = record(row, change, actor=actor, at=at, incident=incident_id)
    if row.offered_at is not None:
        return row
    offered = Change("handover.offered", {"offered_at": at}, {"person": to})
    return record(row, offered, actor=actor, at=at, incident=incident_id)


@command
def take_command(incident_id: int, *, actor: Actor, at: datetime, why: str = "") -> Incident:
    """Say "I have command": from this instant the record names the new commander (R28).

    Raises:
        Refused: no handover, it is not theirs, or a step is missing or cut short and no reason is given.
    """
    row = enter(actor, incident_id)
    found = open_handover(incident_id)
    standing = None if found is None else lock(Handover, found.pk)
    facts = None
    if standing is not None:
        facts = roles.Handover(
            outgoing=standing.outgoing_id,
            incoming=standing.incoming_id,
            shadow_since=standing.shadow_since,
            reported_at=standing.reported_at,
            offered_at=standing.offered_at,
        )
    change = roles.take_over(standard_of(row), facts, _person(actor), at=at, why=why)
    if standing is not None:
        ended = Change("handover.taken", {"ended_at": at, "taken": True}, dict(change.payload), change.text)
        record(standing, ended, actor=actor, at=at, incident=incident_id)
    return _take(row, change, actor, at)


@command
def cancel_handover(incident_id: int, *, actor: Actor, at: datetime) -> None:
    """End a handover without effect: either of the two, or a manager."""
    row = enter(actor, incident_id)
    standing = open_handover(incident_id)
    if standing is None:
        raise Refused(RoleRefusal.NO_HANDOVER)
    may = _may_assign(actor, assignments_of(row))
    if actor.id != standing.incoming_id and may is MayAssign.ONLY_THE_COMMANDER:
        raise Refused(RoleRefusal.ONLY_THE_COMMANDER, {"role": COMMANDER})
    _end(lock(Handover, standing.pk), actor, at)


def _end(standing: Handover, actor: Actor, at: datetime) -> None:
    change = Change("handover.cancelled", {"ended_at": at}, {"person": standing.incoming_id})
    record(standing, change, actor=actor, at=at, incident=standing.incident_id)


def _take(row: Incident, change: Change, actor: Actor, at: datetime) -> Incident:
    """Write the new commander on the incident and as grants; end what a handover left open."""
    person, before = change.set["commander_id"], row.commander_id
    columns: dict[str, Any] = {"commander_id": person, "commander_since": at}
    told = replace(change, set=columns)
    if before is not None:
        end_grant(before, COMMANDER, scope_of(row.pk), actor=actor, at=at)
    give_grant(person, COMMANDER, scope_of(row.pk), actor=actor, at=at)
    standing = open_handover(row.pk)
    if standing is not None and change.reason is not Taken.HANDED_OVER:
        _end(lock(Handover, standing.pk), actor, at)
    be_responder(row.pk, person, Presence.JOINED, actor=actor, at=at)
    return write_incident(row.pk, lambda _: told, actor=actor, at=at)


def _may_assign(actor: Actor, held: dict[str, list[int]]) -> MayAssign:
    is_manager = decide(actor, Right.COMMAND_INCIDENT) in (Granted.ROLE, Granted.SYSTEM)
    return roles.may_assign(actor.id or 0, held, is_manager=is_manager)


def _person(actor: Actor) -> int:
    if actor.id is None:
        raise Refused(RoleRefusal.NOT_THE_SUCCESSOR)
    return actor.id
