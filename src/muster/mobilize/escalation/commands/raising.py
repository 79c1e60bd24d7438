"""An incident became worse: calls that wait for business hours, or went out as less urgent, page afresh."""

from dataclasses import dataclass
from datetime import datetime

from muster.core import escalation_life as rules
from muster.core.change import Change
from muster.core.circumstances import always_open
from muster.core.escalation import Cursor, EscalationState
from muster.core.permissions import Actor
from muster.core.policy_form import by_id, read_policy
from muster.core.urgency import Urgency
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.circumstances import openings_of
from muster.mobilize.escalation.commands.climbing import climb
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.commands import raise_call
from muster.mobilize.paging.models import Call


@dataclass(frozen=True, slots=True)
class Demand:
    """How an incident's severity pages. `held_until`: nobody is paged before business hours open."""

    urgency: Urgency
    sev1: bool = False
    held_until: datetime | None = None


@command
def raise_paging(call_id: int, demand: Demand, *, actor: Actor, at: datetime) -> bool:
    """Page for a call afresh, from the first step, where this demand is more than it was started with.

    Who was asked as urgently already is not asked again: a SEV1's ladder only waits for no hours from now on.
    A milder severity takes nothing back: whoever was asked is asked until somebody answers.
    """
    call = lock(Call, call_id)
    found = queries.latest(call.subject)
    row = lock(Escalation, found.pk) if found is not None else None
    if call.state != "triggered" or row is None:
        return False
    if not _is_more(row, demand, at):
        _become_sev1(row, demand, actor, at)
        return False
    urgency = max(demand.urgency, Urgency(row.urgency), key=lambda one: one.rank)
    raised = raise_call(call.pk, urgency, actor=actor, at=at)
    ladder = read_policy(row.snapshot, target=by_id)
    sev1 = demand.sev1 or row.sev1
    opening = always_open if sev1 else openings_of([row], {row.pk: ladder})[row.pk]
    change = rules.restart(ladder, at=at, epoch=raised.epoch, opening=opening, held_until=demand.held_until)
    columns = dict(change.set) | {"urgency": urgency.value, "sev1": sev1}
    told = Change(change.kind, columns, change.payload, reason=rules.RestartReason.WORSE)
    record(row, told, actor=actor, at=at, incident=row.incident_id)
    climb([row], actor=actor, at=at)
    return True


def _become_sev1(row: Escalation, demand: Demand, actor: Actor, at: datetime) -> None:
    if not demand.sev1 or row.sev1 or row.due_at is None:
        return
    cursor, ladder = Cursor(row.round, row.step, row.due_at), read_policy(row.snapshot, target=by_id)
    change = rules.become_sev1(row.state, cursor, ladder, at=at)
    if change is not None:
        record(row, change, actor=actor, at=at, incident=row.incident_id)


def _is_more(row: Escalation, demand: Demand, at: datetime) -> bool:
    if row.state == EscalationState.STOPPED:
        return False
    is_released = demand.held_until is None and rules.is_held(row.state, row.due_at, row.held_until, at)
    return is_released or demand.urgency.rank > Urgency(row.urgency).rank
