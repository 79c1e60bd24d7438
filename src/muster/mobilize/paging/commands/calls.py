"""Calls for people: an incident's targets, or somebody paged by hand."""

from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.paging.models import Call


@command
def start_call(
    target: str, *, actor: Actor, at: datetime, summary: str, urgency: Urgency, incident: int | None = None
) -> Call:
    """Call for somebody; the escalation that the caller starts does the paging."""
    columns = {
        "incident_id": incident,
        "target": target,
        "summary": summary,
        "urgency": urgency.value,
        "state": "triggered",
        "called_at": at,
    }
    facts = {"target": target, "urgency": urgency.value}
    change = Change("call.started", columns, facts, {"summary": summary})
    return record(Call(), change, actor=actor, at=at, incident=incident)


@command
def raise_call(call_id: int, urgency: Urgency, *, actor: Actor, at: datetime) -> Call:
    """What it is for became worse: people are paged afresh, and what the epoch before began is void.

    One that was answered, or is over, stays as it is.
    """
    call = lock(Call, call_id)
    if call.state != "triggered":
        return call
    columns = {"urgency": urgency.value, "epoch": call.epoch + 1}
    facts = {"target": call.target} | columns
    return record(call, Change("call.raised", columns, facts), actor=actor, at=at, incident=call.incident_id)


@command
def answer_call(call_id: int, *, actor: Actor, at: datetime) -> Call:
    """Somebody answers for this target; it is paged no further."""
    call = lock(Call, call_id)
    if call.state != "triggered":
        return call
    columns = {"state": "acknowledged", "acknowledged_at": at, "acknowledged_by_id": actor.id}
    change = Change("call.acknowledged", columns, {"target": call.target})
    return record(call, change, actor=actor, at=at, incident=call.incident_id)


@command
def end_call(call_id: int, *, actor: Actor, at: datetime) -> Call:
    """The call is over: what it was for has ended."""
    call = lock(Call, call_id)
    if call.state == "resolved":
        return call
    change = Change("call.resolved", {"state": "resolved", "resolved_at": at}, {"target": call.target})
    return record(call, change, actor=actor, at=at, incident=call.incident_id)
