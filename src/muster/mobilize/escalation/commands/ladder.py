"""The ladder: started, climbed until somebody answers, stopped, and climbed again in a new epoch."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from muster.core import escalation as rules
from muster.core.change import Change
from muster.core.escalation import FELL_THROUGH, Climb, Cursor, EscalationState, PlannedStep, StopReason
from muster.core.permissions import Actor, Right, require
from muster.core.policy_form import by_id, read_policy
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.core.urgency import Urgency
from muster.detect.commands import META_SERVICE, clear_meta_alert, open_meta_alert
from muster.evaluate.models import AlertGroup
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.commands.responders import notify_responders
from muster.mobilize.escalation.models import Escalation, Policy, PolicyVersion
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.paging.commands import Errand, start_pages

log = logging.getLogger(__name__)

POSTPONED_BY = timedelta(minutes=1)
_NO_POLICY: Mapping[str, Any] = {"steps": [], "repeat": 0, "then_after": "15m"}


@command
def escalate_group(group_id: int, *, actor: Actor, at: datetime) -> Escalation | None:
    """Page for a group, or page for it afresh in its present epoch; None when it needs nobody."""
    group = lock(AlertGroup, group_id)
    if group.state != "triggered":
        return None
    policy = queries.policy_named(group.policy)
    about = f"group:{group_id}"
    earlier = queries.latest(about)
    if earlier is not None and earlier.epoch >= group.epoch and earlier.state == EscalationState.RUNNING:
        return earlier
    why = f"{group.service.name}"
    urgency = Urgency(group.urgency)
    if earlier is not None:
        return _again(earlier, group.epoch, urgency, actor, at)
    return start_escalation(
        about,
        policy,
        actor=actor,
        at=at,
        urgency=urgency,
        epoch=group.epoch,
        why=why,
        incident=group.incident_id,
    )


@command
def start_escalation(
    about: str,
    policy: Policy | None,
    *,
    actor: Actor,
    at: datetime,
    urgency: Urgency,
    epoch: int = 1,
    sev1: bool = False,
    why: str = "",
    incident: int | None = None,
    spec: Mapping[str, Any] | None = None,
) -> Escalation:
    """Begin to climb a policy, or an ad-hoc `spec` (targets as ids); a first step that is due runs at once.

    Without either the fallback is paged at once: never silently nobody.
    """
    snapshot = dict(spec if spec is not None else (policy.spec if policy is not None else _NO_POLICY))
    version = PolicyVersion.objects.filter(policy=policy, number=policy.version).first() if policy else None
    starting = rules.start(read_policy(snapshot, target=by_id), at=at, epoch=epoch)
    columns = dict(starting.set) | {
        "about": about,
        "policy_version_id": version.pk if version is not None else None,
        "snapshot": snapshot,
        "urgency": urgency.value,
        "sev1": sev1,
        "why": why,
        "incident_id": incident,
        "started_at": at,
    }
    facts = dict(starting.payload) | {"about": about, "policy": policy.handle if policy else ""}
    change = Change(starting.kind, columns, facts)
    escalation = record(Escalation(), change, actor=actor, at=at, incident=incident)
    return climb_escalation(escalation.pk, actor=actor, at=at)


def _again(earlier: Escalation, epoch: int, urgency: Urgency, actor: Actor, at: datetime) -> Escalation:
    row = lock(Escalation, earlier.pk)
    change = rules.restart(read_policy(row.snapshot, target=by_id), at=at, epoch=epoch)
    columns = dict(change.set) | {"urgency": urgency.value}
    record(row, Change(change.kind, columns, change.payload), actor=actor, at=at, incident=row.incident_id)
    return climb_escalation(row.pk, actor=actor, at=at)


@command
def climb_escalation(escalation_id: int, *, actor: Actor, at: datetime) -> Escalation:
    """Start the step that is due, if one is: the people it finds are paged in the same transaction."""
    row = lock(Escalation, escalation_id)
    if row.state != EscalationState.RUNNING or row.due_at is None or row.due_at > at:
        return row
    urgency = Urgency(row.urgency)
    done = rules.climb(
        read_policy(row.snapshot, target=by_id),
        Cursor(row.round, row.step, row.due_at),
        queries.people_of,
        queries.fallback_people(at),
        at=at,
        reachable=queries.reachable(urgency, at),  # type: ignore[arg-type]
    )
    record(row, done.change, actor=actor, at=at, incident=row.incident_id)
    started = done.started
    errand = Errand(
        about=row.about,
        urgency=urgency,
        escalation=row.pk,
        epoch=row.epoch,
        round=started.round,
        step=started.step,
        sev1=row.sev1,
        why=row.why,
        incident=row.incident_id,
    )
    people = [int(person) for person in started.people]
    start_pages(people, errand, actor=actor, at=at)
    if row.incident_id is not None and row.about.startswith("call:"):
        notify_responders(row.incident_id, people, actor=actor, at=at)
    _tell_findings(row, done, actor, at)
    return row


def _tell_findings(row: Escalation, done: Climb, actor: Actor, at: datetime) -> None:
    """Steps that found nobody, and the end of the ladder, are raised; but not about our own alerts (I26)."""
    if _is_meta(row):
        return
    if done.started.people and done.started.targets:
        for reason in FELL_THROUGH:
            clear_meta_alert(reason.value, _spelled(done.started), actor=actor, at=at)
    if done.exhausted:
        summary = f"Nobody answered for {row.about}: the end of the ladder was reached"
        if not done.started.people:
            summary = f"Nobody can be paged for {row.about}: even the fallback is empty"
        open_meta_alert(
            "escalation_exhausted",
            row.about,
            actor=actor,
            at=at,
            summary=summary,
            severity=SignalSeverity.CRITICAL,
        )
    for step in done.skipped:
        targets = _spelled(step)
        open_meta_alert(
            step.reason.value,
            targets,
            actor=actor,
            at=at,
            summary=f"A step found nobody to page: {targets}",
            severity=SignalSeverity.WARNING,
        )


def _spelled(step: PlannedStep) -> str:
    return ", ".join(str(queries.target_by_id(target)) for target in step.targets)


def _is_meta(row: Escalation) -> bool:
    kind, _, number = row.about.partition(":")
    if kind != "group":
        return False
    return AlertGroup.objects.filter(pk=int(number), service__handle=META_SERVICE).exists()


@command
def stop_escalation(about: str, reason: StopReason, *, actor: Actor, at: datetime) -> None:
    """Page nobody further about this. What waits to be sent is cancelled by the reaction to this event.

    (Not here: whoever answers holds the group's lock, and whoever sends holds the delivery's.)
    """
    running = queries.running(about)
    if running is not None:
        row = lock(Escalation, running.pk)
        change = rules.stop(row.state, reason)
        if change is not None:
            record(row, change, actor=actor, at=at, incident=row.incident_id)
    clear_meta_alert("escalation_exhausted", about, actor=actor, at=at)


@command
def hasten_escalation(escalation_id: int, *, actor: Actor, at: datetime) -> Escalation:
    """All pages of the last step failed: the next step is due now."""
    row = lock(Escalation, escalation_id)
    if row.due_at is None:
        return row
    change = rules.hasten(row.state, Cursor(row.round, row.step, row.due_at), at=at)
    if change is not None:
        record(row, change, actor=actor, at=at, incident=row.incident_id)
        return climb_escalation(row.pk, actor=actor, at=at)
    return row


@command
def escalate_now(about: str, *, actor: Actor, at: datetime) -> None:
    """Somebody asks for the next step at once.

    Raises:
        Refused: not a responder, or nobody is being paged for this.
    """
    require(actor, Right.RESPOND)
    running = queries.running(about)
    row = lock(Escalation, running.pk) if running is not None else None
    if row is None or row.state != EscalationState.RUNNING:
        raise Refused(Escalate.NOTHING_RUNS)
    if row.due_at is not None and row.due_at > at:
        facts = {"was_due_at": row.due_at, "by_hand": True}
        change = Change("escalation.hastened", {"due_at": at}, facts)
        record(row, change, actor=actor, at=at, incident=row.incident_id)
    climb_escalation(row.pk, actor=actor, at=at)


_DUE = """
    SELECT id FROM escalation_escalation WHERE state = 'running' AND due_at <= now()
    ORDER BY sev1 DESC, due_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""


@command
def climb_due(limit: int, *, actor: Actor, at: datetime) -> int:
    """Climb up to `limit` escalations whose step is due; returns how many. One that fails delays no other."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [limit])
        ids = [row[0] for row in cursor.fetchall()]
    for escalation_id in ids:
        try:
            with transaction.atomic():
                climb_escalation(escalation_id, actor=actor, at=at)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("escalation %s cannot climb", escalation_id)
            _postpone(escalation_id, error, actor, at)
    return len(ids)


def _postpone(escalation_id: int, error: Exception, actor: Actor, at: datetime) -> None:
    """A step that cannot be climbed is tried again in a minute, and somebody is told (I14)."""
    row = lock(Escalation, escalation_id)
    facts = {"error": type(error).__name__, "due_at": at + POSTPONED_BY}
    change = Change("escalation.postponed", {"due_at": at + POSTPONED_BY}, facts)
    record(row, change, actor=actor, at=at, incident=row.incident_id)
    if not _is_meta(row):
        summary = f"An escalation step for {row.about} failed: {type(error).__name__}"
        open_meta_alert("escalation_failed", row.about, actor=actor, at=at, summary=summary)
