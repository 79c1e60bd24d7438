"""The ladder begins, begins again in a new epoch, and stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core import escalation_life as rules
from muster.core.change import Change
from muster.core.circumstances import always_open
from muster.core.escalation import Cursor, EscalationState
from muster.core.escalation_life import StopReason
from muster.core.permissions import Actor, Right, require
from muster.core.policy_form import by_id, read_policy, write_policy
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.detect.commands import clear_meta_alerts
from muster.evaluate.models import AlertGroup
from muster.foundation.catalog.models import Service
from muster.foundation.failpoints import fail_point
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.circumstances import openings_of
from muster.mobilize.escalation.commands.climbing import climb
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.paging.commands import DeliveryStopped, cancel_waiting

Causes = Mapping[str, int]
"""Which event made us do it, by what the escalation is about (`group:7`)."""

_NO_POLICY: Mapping[str, Any] = {"steps": [], "repeat": 0, "then_after": "15m"}


@dataclass(frozen=True, slots=True)
class Start:
    """An escalation to begin: a policy, or an ad-hoc `spec` (targets as ids).

    Without either the fallback is paged at once: never silently nobody. `held_until`: nobody is paged before.
    """

    about: str
    policy: Policy | None
    urgency: Urgency
    epoch: int = 1
    sev1: bool = False
    why: str = ""
    incident: int | None = None
    spec: Mapping[str, Any] | None = None
    held_until: datetime | None = None


@command
def escalate_groups(
    group_ids: Sequence[int], *, actor: Actor, at: datetime, causes: Causes | None = None
) -> None:
    """Page for groups, or page for them afresh in their present epoch; those that need nobody are left."""
    locked = lock_many(AlertGroup, group_ids)
    groups = [row for row in locked if row.state == "triggered" and not row.held_back]
    if not groups:
        return
    earlier = queries.latest_of(row.subject for row in groups)
    policies = queries.policies_named(row.policy for row in groups)
    fail_point("P1")
    services = Service.objects.in_bulk({row.service_id for row in groups})
    holds = _holds(groups, services, at)
    fresh = [
        Start(
            row.subject,
            policies.get(row.policy),
            _urgency(row),
            epoch=row.epoch,
            why=services[row.service_id].name,
            incident=row.incident_id,
            held_until=holds.get(row.subject),
        )
        for row in groups
        if row.subject not in earlier
    ]
    begun = _begin(fresh, actor, at, causes)
    behind = [row for row in groups if row.subject in earlier and _is_behind(earlier[row.subject], row)]
    again = _begin_again([earlier[row.subject].pk for row in behind], behind, holds, actor, at, causes)
    climb([*begun, *again], actor=actor, at=at, causes=causes)


def _holds(
    groups: Sequence[AlertGroup], services: Mapping[int, Service], at: datetime
) -> dict[str, datetime]:
    """When the hours open that groups wait for, by `group:7`; asked anew at each beginning."""
    hours = queries.Hours()
    return {
        row.subject: hours.of(services[row.service_id].team_id)(at)
        for row in groups
        if row.held_until is not None
    }


def _urgency(group: AlertGroup) -> Urgency:
    """What waits until hours open is urgent once they are."""
    return Urgency.HIGH if group.held_until is not None else Urgency(group.urgency)


def _is_behind(escalation: Escalation, group: AlertGroup) -> bool:
    return escalation.epoch < group.epoch or escalation.state != EscalationState.RUNNING


@command
def start_escalation(start: Start, *, actor: Actor, at: datetime) -> Escalation:
    """Begin to climb; a first step that is due runs at once."""
    [begun] = _begin([start], actor, at, None)
    climb([begun], actor=actor, at=at)
    return begun


@command
def escalate_anew(start: Start, *, actor: Actor, at: datetime) -> Escalation:
    """Climb another ladder about the same thing, from its first step; what the one before began is void."""
    earlier = queries.latest(start.about)
    if earlier is None:
        return start_escalation(start, actor=actor, at=at)
    row = lock(Escalation, earlier.pk)
    versions = queries.versions_of([start.policy] if start.policy is not None else [])
    starting = _starting(start, versions, at)
    change = Change("escalation.restarted", starting.set, starting.payload, reason=StopReason.REASSIGNED)
    record(row, change, actor=actor, at=at, incident=start.incident)
    climb([row], actor=actor, at=at)
    return row


def _begin(
    starts: Sequence[Start], actor: Actor, at: datetime, causes: Causes | None
) -> Sequence[Escalation]:
    versions = queries.versions_of(one.policy for one in starts if one.policy is not None)
    return record_many(
        [Escalation() for _ in starts],
        [_starting(one, versions, at) for one in starts],
        actor=actor,
        at=at,
        incidents=[one.incident for one in starts],
        causes=[causes.get(one.about) for one in starts] if causes else None,
    )


def _starting(start: Start, versions: Mapping[int, int], at: datetime) -> Change:
    policy = start.policy
    own = policy.spec if policy is not None else _NO_POLICY
    climbed = queries.ladder_of(start.spec if start.spec is not None else own)
    hours = queries.Hours().of(policy.team_id if policy is not None else None)
    opening = always_open if start.sev1 else hours
    starting = rules.start(climbed, at=at, epoch=start.epoch, opening=opening, held_until=start.held_until)
    columns = dict(starting.set) | {
        "about": start.about,
        "policy_version_id": versions.get(policy.pk) if policy is not None else None,
        "snapshot": write_policy(climbed),
        "acknowledged_for": climbed.acknowledged_for,
        "urgency": start.urgency.value,
        "sev1": start.sev1,
        "why": start.why,
        "incident_id": start.incident,
        "started_at": at,
    }
    facts = dict(starting.payload) | {"about": start.about, "policy": policy.handle if policy else ""}
    return Change(starting.kind, columns, facts)


def _begin_again(
    escalation_ids: Sequence[int],
    groups: Sequence[AlertGroup],
    holds: Mapping[str, datetime],
    actor: Actor,
    at: datetime,
    causes: Causes | None,
) -> Sequence[Escalation]:
    of = {row.subject: row for row in groups}
    rows = lock_many(Escalation, escalation_ids)
    ladders = {row.pk: read_policy(row.snapshot, target=by_id) for row in rows}
    openings = openings_of(rows, ladders)
    changes = []
    for row in rows:
        group = of[row.about]
        change = rules.restart(
            ladders[row.pk],
            at=at,
            epoch=group.epoch,
            opening=openings[row.pk],
            held_until=holds.get(row.about),
        )
        columns = dict(change.set) | {"urgency": _urgency(group).value}
        changes.append(Change(change.kind, columns, change.payload))
    return record_many(
        rows,
        changes,
        actor=actor,
        at=at,
        incidents=[row.incident_id for row in rows],
        causes=[causes.get(row.about) for row in rows] if causes else None,
    )


@command
def stop_escalations(
    abouts: Sequence[str],
    reason: StopReason,
    *,
    actor: Actor,
    at: datetime,
    causes: Causes | None = None,
) -> None:
    """Page nobody further about these. What waits to be sent is cancelled by the reaction to this event.

    (Not here: whoever answers holds the group's lock, and whoever sends holds the delivery's.)
    """
    running = queries.running(abouts).values()
    rows = lock_many(Escalation, running, only=("about", "state", "incident"))
    stopped = [(row, change) for row in rows if (change := rules.stop(row.state, reason)) is not None]
    record_many(
        [row for row, _ in stopped],
        [change for _, change in stopped],
        actor=actor,
        at=at,
        incidents=[row.incident_id for row, _ in stopped],
        causes=[causes.get(row.about) for row, _ in stopped] if causes else None,
    )
    clear_meta_alerts([("escalation_exhausted", about) for about in abouts], actor=actor, at=at)


@command
def stop_settled(
    group_ids: Sequence[int], *, actor: Actor, at: datetime, causes: Causes | None = None
) -> None:
    """Page nobody further for groups that were acknowledged.

    One that is triggered again by now is left alone: its people are paged for what came later.
    """
    settled = [row.subject for row in lock_many(AlertGroup, group_ids) if row.state != "triggered"]
    stop_escalations(settled, StopReason.ACKNOWLEDGED, actor=actor, at=at, causes=causes)


@command
def stop_unwanted(
    group_ids: Sequence[int], *, actor: Actor, at: datetime, causes: Causes | None = None
) -> None:
    """Page nobody further for groups of which every alert is held back; what is released pages afresh."""
    held = [row.subject for row in lock_many(AlertGroup, group_ids) if row.held_back]
    stop_escalations(held, StopReason.SUPPRESSED, actor=actor, at=at, causes=causes)


@command
def cancel_stopped(
    escalation_ids: Sequence[int],
    *,
    actor: Actor,
    at: datetime,
    causes: Mapping[int, int] | None = None,
    why: DeliveryStopped = DeliveryStopped.ANSWERED,
) -> None:
    """Cancel what waits to be sent by escalations that have stopped, unless people are paged afresh."""
    about = dict(Escalation.objects.filter(pk__among=list(escalation_ids)).values_list("id", "about"))
    afresh = queries.running(about.values())
    over = {name: pk for pk, name in about.items() if name not in afresh}
    because = {name: causes[pk] for name, pk in over.items()} if causes else None
    cancel_waiting(list(over), actor=actor, at=at, why=why, causes=because)


@command
def cancel_answered(
    escalation_ids: Sequence[int], *, actor: Actor, at: datetime, causes: Mapping[int, int] | None = None
) -> None:
    """Cancel what waits to be sent to those who have acknowledged where all must."""
    about = dict(Escalation.objects.filter(pk__among=list(escalation_ids)).values_list("id", "about"))
    because = {name: causes[pk] for pk, name in about.items()} if causes else None
    why = DeliveryStopped.ANSWERED
    cancel_waiting(list(about.values()), actor=actor, at=at, why=why, causes=because, only_answered=True)


@command
def hasten_escalation(escalation_id: int, *, actor: Actor, at: datetime) -> Escalation:
    """All pages of the last step failed: the next step is due now."""
    row = lock(Escalation, escalation_id)
    if row.due_at is None:
        return row
    change = rules.hasten(row.state, Cursor(row.round, row.step, row.due_at), at=at)
    if change is not None:
        record(row, change, actor=actor, at=at, incident=row.incident_id)
        climb([row], actor=actor, at=at)
    return row


@command
def escalate_now(about: str, *, actor: Actor, at: datetime) -> None:
    """Somebody asks for the next step at once.

    Raises:
        Refused: not a responder, or nobody is being paged for this.
    """
    require(actor, Right.RESPOND)
    running = queries.running([about]).get(about)
    row = lock(Escalation, running) if running is not None else None
    if row is None or row.state != EscalationState.RUNNING:
        raise Refused(Escalate.NOTHING_RUNS)
    if row.due_at is not None and row.due_at > at:
        facts = {"was_due_at": row.due_at, "by_hand": True}
        change = Change("escalation.hastened", {"due_at": at}, facts)
        record(row, change, actor=actor, at=at, incident=row.incident_id)
    climb([row], actor=actor, at=at)
