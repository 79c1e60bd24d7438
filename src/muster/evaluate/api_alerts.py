"""`/alerts` and `/groups`, to read: what is wrong, and what was decided about it (design section 13)."""

from datetime import datetime
from typing import Any, Literal

from ninja import Query, Router
from pydantic import Field

from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.detect.queries import alert_of, alerts
from muster.evaluate import commands, words
from muster.evaluate.models import AlertFeedback, AlertGroup, Decision
from muster.evaluate.queries import changed_of, group_of, groups
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle

router = Router(tags=["alerts"])

State = Literal["", "triggered", "acknowledged", "resolved"]


class StepOut(Shown):
    """What one step decided, and in words why."""

    step: str
    reason: str
    holds: bool
    by: str
    until: datetime | None
    detail: dict[str, Any]
    sentence: str


class FeedbackOut(Shown):
    """What a person says of the alert afterwards; `service` is where they say that it belongs."""

    person: str
    said: str
    service: str | None
    at: datetime


class AlertOut(Shown):
    """An alert. `decisions` is empty while it waits to be evaluated; `urgency` is null until then.

    `holds_until` is when it ends by itself unless its sender repeats it.
    """

    id: str
    dedup_key: str
    service: str
    state: str
    urgency: str | None
    severity: str
    summary: str
    count: int
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    incident: str | None
    decisions: list[StepOut]
    group: str | None
    integration: str | None
    source: str
    component: str
    description: str
    tags: list[str]
    labels: dict[str, Any]
    links: list[Any]
    suppressed_by: str | None
    snoozed_until: datetime | None
    last_seen_at: datetime
    holds_until: datetime | None
    feedback: list[FeedbackOut]


class AlertPage(Shown):
    """Newest first."""

    items: list[AlertOut]
    next: str | None


class AlertQuery(Paging):
    """Which alerts: all states unless `state` names one."""

    state: State = ""
    service: str = Field("", max_length=100)
    dedup_key: str = Field("", max_length=300)


class FeedbackIn(Body):
    """What the alert was: `useful`, `noise`, `duplicate` or `wrong_target`.

    With the last, `service` may name the one to which it should have gone.
    """

    said: Literal["useful", "noise", "duplicate", "wrong_target"]
    service: str = Field("", max_length=63)


class GroupOut(Shown):
    """What is paged: one alert, or several that belong together."""

    id: str
    service: str
    policy: str | None
    state: str
    urgency: str
    summary: str
    alerts: list[str]
    incident: str | None
    epoch: int
    held_back: bool
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    resolved_at: datetime | None


class GroupPage(Shown):
    """Newest first."""

    items: list[GroupOut]
    next: str | None


class GroupQuery(Paging):
    """Which groups."""

    state: State = ""
    service: str = Field("", max_length=100)


@router.get("/alerts", response=AlertPage)
def list_alerts(request: Request, asked: Query[AlertQuery]) -> dict[str, Any]:
    """The alerts that you may see."""
    actor = request.arrival.actor
    rows = alerts(actor).select_related("integration", "decision__group__incident")
    rows = rows.prefetch_related("feedback__person", "feedback__target")
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.service:
        rows = rows.filter(service=by_handle(Service, asked.service, actor=actor))
    if asked.dedup_key:
        rows = rows.filter(dedup_key=asked.dedup_key)
    return page_of(rows, asked, lambda row: shown(row, actor))


@router.get("/alerts/{alert_id}", response=AlertOut)
def alert(request: Request, alert_id: str) -> dict[str, Any]:
    """One alert."""
    return shown(alert_of(request.arrival.actor, alert_id), request.arrival.actor)


@router.post("/alerts/{alert_id}/feedback", response=AlertOut)
def give_feedback(request: Request, alert_id: str, given: FeedbackIn) -> dict[str, Any]:
    """Say what an alert was. Each person has one word on it; saying another changes it."""
    actor, at = request.arrival.actor, request.arrival.at
    row = alert_of(actor, alert_id)
    commands.give_feedback(row.pk, given.said, actor=actor, at=at, target=given.service)
    return shown(alert_of(actor, alert_id), actor)


@router.delete("/alerts/{alert_id}/feedback", response=AlertOut)
def withdraw_feedback(request: Request, alert_id: str) -> dict[str, Any]:
    """Take back what you said of an alert."""
    actor, at = request.arrival.actor, request.arrival.at
    commands.withdraw_feedback(alert_of(actor, alert_id).pk, actor=actor, at=at)
    return shown(alert_of(actor, alert_id), actor)


@router.get("/groups", response=GroupPage)
def list_groups(request: Request, asked: Query[GroupQuery]) -> dict[str, Any]:
    """The groups that you may see."""
    actor = request.arrival.actor
    rows = groups(actor).select_related("incident").prefetch_related("members")
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.service:
        rows = rows.filter(service=by_handle(Service, asked.service, actor=actor))
    return page_of(rows, asked, lambda row: shown_group(row, actor))


@router.get("/groups/{group_id}", response=GroupOut)
def group(request: Request, group_id: str) -> dict[str, Any]:
    """One group."""
    return shown_group(group_of(request.arrival.actor, group_id), request.arrival.actor)


def shown(row: Alert, actor: Actor) -> dict[str, Any]:
    """An alert as the API shows it."""
    decision: Decision | None = getattr(row, "decision", None)
    changed = changed_of(decision)
    group = decision.group if decision is not None else None
    return {
        "id": row.public_id,
        "dedup_key": row.dedup_key,
        "service": row.service.handle,
        "state": row.state,
        "urgency": decision.urgency if decision is not None else None,
        "severity": changed.get("severity", row.severity),
        "summary": changed.get("summary", row.summary),
        "count": row.count,
        "opened_at": row.opened_at,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": row.acknowledged_by.handle if row.acknowledged_by else None,
        "resolved_at": row.resolved_at,
        "incident": _incident(group, actor),
        "decisions": [shown_step(step) for step in decision.steps] if decision is not None else [],
        "group": group.public_id if group is not None else None,
        "integration": row.integration.handle if row.integration else None,
        "source": row.source,
        "component": row.component,
        "description": row.description,
        "tags": row.tags,
        "labels": row.labels | changed.get("labels", {}),
        "links": row.links,
        "suppressed_by": row.suppressed_by,
        "snoozed_until": row.snoozed_until,
        "last_seen_at": row.last_seen_at,
        "holds_until": row.holds_until,
        "feedback": [_feedback(one) for one in row.feedback.all() if one.said],
    }


def _feedback(row: AlertFeedback) -> dict[str, Any]:
    return {
        "person": row.person.handle,
        "said": row.said,
        "service": row.target.handle if row.target else None,
        "at": row.given_at,
    }


def shown_step(step: dict[str, Any]) -> dict[str, Any]:
    """One stored step of a decision, with its sentence."""
    return step | {"sentence": words.sentence(step)}


def shown_group(row: AlertGroup, actor: Actor) -> dict[str, Any]:
    """A group as the API shows it."""
    return {
        "id": row.public_id,
        "service": row.service.handle,
        "policy": row.policy or None,
        "state": row.state,
        "urgency": row.urgency,
        "summary": row.summary,
        "alerts": sorted((f"ALR-{one.alert_id}" for one in row.members.all()), key=_number),
        "incident": _incident(row, actor),
        "epoch": row.epoch,
        "held_back": row.held_back,
        "opened_at": row.opened_at,
        "acknowledged_at": row.acknowledged_at,
        "acknowledged_by": row.acknowledged_by.handle if row.acknowledged_by else None,
        "snoozed_until": row.snoozed_until,
        "resolved_at": row.resolved_at,
    }


def _incident(group: AlertGroup | None, actor: Actor) -> str | None:
    """The incident's number, unless it is restricted and not for this actor."""
    found = group.incident if group is not None else None
    if found is None or (found.audience_id not in actor.audiences and not actor.sees_everything):
        return None
    return found.public_id


def _number(public_id: str) -> int:
    return int(public_id.partition("-")[2])
