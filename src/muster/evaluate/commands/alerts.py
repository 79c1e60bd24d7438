"""An alert becomes a decision: evaluated, routed, held back or gathered into the group that is paged."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from muster.core import evaluation, grouping
from muster.core.change import Change
from muster.core.evaluation import Outcome
from muster.core.lifecycle import AlertState, Verb
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.detect.commands import move_alerts, release_alert, route_alert, suppress_alert
from muster.detect.models import Alert
from muster.evaluate import queries
from muster.evaluate.models import AlertGroup, Decision
from muster.foundation.timeline.pen import command, lock, record


@command
def evaluate_alert(alert_id: int, *, actor: Actor, at: datetime) -> Decision | None:
    """Decide about one alert, or decide anew; a resolved one keeps the decision it has.

    The group is locked before the alert, as everybody does who needs both.
    """
    alert = Alert.objects.select_related("integration__service", "service").get(pk=alert_id)
    decided = evaluation.evaluate(queries.view_of(alert), queries.rules(at), at=at)
    earlier = Decision.objects.filter(alert_id=alert_id).first()
    group = _lock_group(earlier, decided)
    alert = lock(Alert, alert_id)
    if alert.state == AlertState.RESOLVED:
        return earlier
    _hold_or_release(alert, decided, actor, at)
    service_id = queries.service_id(decided.service) or alert.service_id
    route_alert(alert_id, service_id, actor=actor, at=at)
    if decided.outcome is Outcome.PAGE and (earlier is None or earlier.group_id is None):
        group = _join(group, alert, decided, service_id, actor, at)
    return _write(earlier, alert, group, decided, actor, at)


def _lock_group(earlier: Decision | None, decided: evaluation.Decision) -> AlertGroup | None:
    if earlier is not None and earlier.group_id is not None:
        return lock(AlertGroup, earlier.group_id)
    rows = AlertGroup.objects.select_for_update(no_key=True)
    return rows.filter(key=decided.group_key).exclude(state=AlertState.RESOLVED).first()


def _hold_or_release(alert: Alert, decided: evaluation.Decision, actor: Actor, at: datetime) -> None:
    if decided.outcome is Outcome.HOLD:
        suppress_alert(alert.pk, decided.held_by, actor=actor, at=at)
    else:
        release_alert(alert.pk, actor=actor, at=at)


def _join(
    group: AlertGroup | None,
    alert: Alert,
    decided: evaluation.Decision,
    service_id: int,
    actor: Actor,
    at: datetime,
) -> AlertGroup:
    if group is None:
        return _open(alert, decided, service_id, actor, at)
    joining = grouping.join(group_facts(group), decided.urgency)
    if joining.change is not None:
        facts = dict(joining.change.payload) | {"alert": alert.pk}
        change = Change(joining.change.kind, joining.change.set, facts, reason=joining.change.reason)
        record(group, change, actor=actor, at=at, incident=group.incident_id)
    if joining.member_state is AlertState.ACKNOWLEDGED:
        move_alerts([alert.pk], Verb.ACKNOWLEDGE, actor=actor, at=at, reason=joining.reason)
    return group


def _open(
    alert: Alert, decided: evaluation.Decision, service_id: int, actor: Actor, at: datetime
) -> AlertGroup:
    opening = grouping.open_group(decided.urgency).change
    assert opening is not None
    columns = dict(opening.set) | {
        "key": decided.group_key,
        "service_id": service_id,
        "policy": decided.policy,
        "summary": alert.summary,
        "opened_at": at,
        "audience_id": alert.audience_id,
    }
    facts = dict(opening.payload) | {"alert": alert.pk, "service": service_id, "policy": decided.policy}
    group = record(
        AlertGroup(), Change(opening.kind, columns, facts, reason=opening.reason), actor=actor, at=at
    )
    if alert.state == AlertState.ACKNOWLEDGED:
        change = grouping.settle(group_facts(group), queries.facts_of([alert]), at=at)
        if change is not None:
            record(group, change, actor=actor, at=at)
    return group


def _write(
    earlier: Decision | None,
    alert: Alert,
    group: AlertGroup | None,
    decided: evaluation.Decision,
    actor: Actor,
    at: datetime,
) -> Decision:
    columns: dict[str, Any] = {
        "alert_id": alert.pk,
        "group_id": group.pk
        if group is not None and decided.outcome is Outcome.PAGE
        else (earlier.group_id if earlier is not None else None),
        "outcome": decided.outcome.value,
        "urgency": decided.urgency.value,
        "steps": decided.as_json()["steps"],
        "decided_at": at,
        "again_at": decided.again_at,
    }
    facts: Mapping[str, Any] = {
        "alert": alert.pk,
        "group": columns["group_id"],
        "outcome": decided.outcome.value,
        "urgency": decided.urgency.value,
        "steps": columns["steps"],
        "declare": decided.declare,
    }
    if earlier is None:
        return record(Decision(), Change("alert_decision.made", columns, facts), actor=actor, at=at)
    if (
        earlier.outcome == columns["outcome"]
        and earlier.group_id == columns["group_id"]
        and (earlier.steps == columns["steps"] and earlier.again_at == columns["again_at"])
    ):
        return earlier
    return record(earlier, Change("alert_decision.remade", columns, facts), actor=actor, at=at)


@command
def settle_group_of(alert_id: int, *, actor: Actor, at: datetime) -> AlertGroup | None:
    """Bring the group of an alert in line with its members, after a sender or a person changed one."""
    decision = Decision.objects.filter(alert_id=alert_id).first()
    if decision is None or decision.group_id is None:
        return None
    group = lock(AlertGroup, decision.group_id)
    change = grouping.settle(group_facts(group), queries.member_facts(group.pk), at=at)
    if change is None:
        return group
    return record(group, change, actor=actor, at=at, incident=group.incident_id)


@command
def wake_group(group_id: int, *, actor: Actor, at: datetime) -> AlertGroup:
    """Page again when the snooze of a group has ended."""
    group = lock(AlertGroup, group_id)
    change = grouping.wake(group_facts(group), None, at=at)
    if change is None:
        return group
    woken = record(group, change, actor=actor, at=at, incident=group.incident_id)
    move_alerts(
        queries.open_member_ids(group_id), Verb.UNACKNOWLEDGE, actor=actor, at=at, reason=change.reason
    )
    return woken


def group_facts(group: AlertGroup) -> grouping.Group:
    """A group's row as the rules see it."""
    return grouping.Group(
        state=AlertState(group.state),
        urgency=Urgency(group.urgency),
        epoch=group.epoch,
        acknowledged_at=group.acknowledged_at,
        snoozed_until=group.snoozed_until,
    )
