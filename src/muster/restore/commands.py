"""Service is back, or it never was gone: every way an incident ends, and the way back (R1, R7, design 9)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from muster.core import phases
from muster.core.change import Change
from muster.core.gate import GateCheck, gate
from muster.core.permissions import Actor, Right, require
from muster.core.phases import Phase
from muster.core.refusal import Refused
from muster.core.text import clean_text
from muster.evaluate.commands import relink_groups, unlink_groups, write_incident
from muster.evaluate.models import Incident
from muster.foundation.timeline.pen import command, lock, lock_many, record
from muster.mobilize.escalation.commands import Presence, be_responder
from muster.mobilize.escalation.queries import responders_of
from muster.respond.statuspage.commands import move_faces, resolve_on_pages
from muster.respond.warroom.commands import move_tasks
from muster.respond.warroom.queries import life_of, standard_of
from muster.restore.models import GateTick
from muster.restore.queries import closing_of, gate_facts, word_of
from muster.restore.reasons import Restore

COMMANDER = "incident_commander"


@command
def mitigate(incident_id: int, *, actor: Actor, at: datetime, why: str = "") -> Incident:
    """State that impact has stopped: stamps `mitigated_at` and enters monitoring.

    Raises:
        Refused: neither the commander nor a manager, monitoring already, or over.
    """
    _command_of(incident_id, actor)
    return write_incident(
        incident_id, lambda row: phases.mitigate(life_of(row), at=at, why=why), actor=actor, at=at
    )


@command
def state_check(
    incident_id: int, check: GateCheck, *, actor: Actor, at: datetime, holds: bool = True
) -> GateTick:
    """State that a check of the gate holds, or take that back; who said it, and when, is kept.

    Raises:
        Refused: neither the commander nor a manager, the check is not in this gate, or the alerts answer it.
    """
    row = _command_of(incident_id, actor)
    if check is GateCheck.ALERTS_CLEARED:
        raise Refused(Restore.READ_FROM_ROWS, {"check": check.value})
    known = standard_of(row).resolution.gate
    if check not in known:
        raise Refused(Restore.CHECK_UNKNOWN, {"check": check.value, "known": ", ".join(known)})
    found = GateTick.objects.filter(incident_id=incident_id, check_name=check.value).first()
    if found is not None and (found.said_at is not None) == holds:
        return found
    columns: dict[str, Any] = {"said_by_id": actor.id if holds else None, "said_at": at if holds else None}
    if found is None:
        columns |= {"incident_id": incident_id, "check_name": check.value, "audience_id": row.audience_id}
    kind = "gate_tick.stated" if holds else "gate_tick.withdrawn"
    change = Change(kind, columns, {"check": check.value})
    return record(found or GateTick(), change, actor=actor, at=at, incident=incident_id)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is said at the gate.

    `stated` are checks stated in the same breath; `open_alerts_reason` why linked alerts may stay open;
    `public_words` what customers read on the status pages (they are told by that); `why` is needed on the
    commander's behalf, and from a phase before monitoring.
    """

    stated: tuple[GateCheck, ...] = ()
    why: str = ""
    open_alerts_reason: str = ""
    public_words: str = ""


@command
def resolve_incident(
    incident_id: int, said: Resolution | None = None, *, actor: Actor, at: datetime
) -> Incident:
    """Declare the incident resolved, through the gate (R7). Linked alerts that are open stay open (design 7).

    Pages that show the incident say so in the same transaction; nothing at all is written when the gate
    is closed.

    Raises:
        Refused: not the commander, the gate is closed (`detail["unmet"]`), no reason given, or over.
    """
    said = said or Resolution()
    row = lock(Incident, incident_id, seen_by=actor)
    by = word_of(row, actor)
    for check in said.stated:
        state_check(incident_id, check, actor=actor, at=at)
    facts = gate_facts(row, open_alerts_reason=said.open_alerts_reason)
    if said.public_words.strip():
        facts = replace(facts, customers_told=True)
    items = gate(facts, standard_of(row).resolution.gate)
    change = phases.resolve(life_of(row), items, at=at, by=by, why=said.why)
    if facts.open_alerts:
        text = {**change.text, "open_alerts_reason": clean_text(said.open_alerts_reason).strip()}
        open_facts = {**change.payload, "open_alerts": facts.open_alerts}
        change = Change(change.kind, change.set, open_facts, text, change.reason)
    resolved = write_incident(incident_id, lambda _: change, actor=actor, at=at)
    resolve_on_pages(incident_id, actor=actor, at=at, body=said.public_words)
    return resolved


@command
def reopen(incident_id: int, *, actor: Actor, at: datetime, why: str) -> Incident:
    """Take a resolved, reviewing or closed incident back to investigating; the gate is asked anew.

    Raises:
        Refused: not a responder, no reason, or it is not resolved.
    """
    lock(Incident, incident_id, seen_by=actor)
    require(actor, Right.RESPOND, incident=incident_id, incident_role=COMMANDER)
    row = write_incident(incident_id, lambda row: phases.reopen(life_of(row), why=why), actor=actor, at=at)
    ids = GateTick.objects.filter(incident_id=incident_id, said_at__isnull=False).values_list("id", flat=True)
    for tick in lock_many(GateTick, ids):
        change = Change(
            "gate_tick.withdrawn", {"said_at": None, "said_by_id": None}, {"check": tick.check_name}
        )
        record(tick, change, actor=actor, at=at, incident=incident_id)
    return row


@command
def dismiss(incident_id: int, *, actor: Actor, at: datetime, why: str) -> Incident:
    """End it as a false alarm: its alerts are detached, pages that show it say that it is over (R3).

    Raises:
        Refused: neither the commander nor a manager, no reason, or it is resolved or over.
    """
    _command_of(incident_id, actor)
    row = write_incident(incident_id, lambda row: phases.dismiss(life_of(row), why=why), actor=actor, at=at)
    unlink_groups(incident_id, actor=actor, at=at)
    resolve_on_pages(incident_id, actor=actor, at=at)
    return row


@command
def merge(incident_id: int, into: int, *, actor: Actor, at: datetime, why: str) -> Incident:
    """End it as a duplicate: alerts, responders, open tasks and public posts go over to the other incident.

    Raises:
        Refused: neither the commander nor a manager, no reason, either is over, or both are one.
    """
    lock_many(Incident, [incident_id, into])
    _command_of(incident_id, actor)
    target = lock(Incident, into, seen_by=actor)
    if not Phase(target.phase).is_open:
        raise Refused(Restore.TARGET_OVER, {"into": target.public_id})

    def merged(row: Incident) -> Change:
        return phases.merge(life_of(row), into=into, own_id=incident_id, why=why)

    row = write_incident(incident_id, merged, actor=actor, at=at)
    relink_groups(incident_id, into, actor=actor, at=at)
    move_tasks(incident_id, into, actor=actor, at=at)
    move_faces(incident_id, into, actor=actor, at=at)
    for came in responders_of(actor, incident_id):
        if came.state != Presence.LEFT:
            be_responder(into, came.person_id, Presence(came.state), actor=actor, at=at)
    return row


@command
def send_to_backlog(incident_id: int, *, actor: Actor, at: datetime, why: str) -> Incident:
    """End it in the ticket backlog, where the Standard lets its severity go there.

    Raises:
        Refused: neither the commander nor a manager, the severity has no backlog, no reason, or over.
    """
    _command_of(incident_id, actor)
    return write_incident(
        incident_id, lambda row: phases.send_to_backlog(life_of(row), why=why), actor=actor, at=at
    )


@command
def close(incident_id: int, *, actor: Actor, at: datetime, why: str = "") -> Incident:
    """Close an incident whose follow-up is done (R53).

    Raises:
        Refused: neither the commander nor a manager nor the system, it is not resolved, or something is owed.
    """
    _command_of(incident_id, actor)
    return write_incident(
        incident_id,
        lambda row: phases.close(life_of(row), closing_of(row), at=at, why=why),
        actor=actor,
        at=at,
    )


def read_checks(names: Iterable[str]) -> tuple[GateCheck, ...]:
    """Return the checks that these words name.

    Raises:
        Refused: one of them is no check.
    """
    found = []
    for name in names:
        if name not in set(GateCheck):
            known = ", ".join(GateCheck)
            raise Refused(Restore.CHECK_UNKNOWN, {"check": name[:40], "known": known})
        found.append(GateCheck(name))
    return tuple(found)


def _command_of(incident_id: int, actor: Actor) -> Incident:
    row = lock(Incident, incident_id, seen_by=actor)
    require(actor, Right.COMMAND_INCIDENT, incident=incident_id, incident_role=COMMANDER)
    return row
