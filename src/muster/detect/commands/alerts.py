"""The only writers of alerts, but for the intake."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from muster.core.change import Change
from muster.core.lifecycle import AlertState, Verb, move
from muster.core.permissions import Actor, ActorKind
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity, bounded_key
from muster.detect.models import Alert, Integration
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many

META_SERVICE = "muster"


@command
def move_alerts(
    alert_ids: Sequence[int],
    verb: Verb,
    *,
    actor: Actor,
    at: datetime,
    until: datetime | None = None,
    reason: StrEnum | None = None,
    why: str = "",
) -> list[Alert]:
    """Move the alerts that the verb applies to, at most 200 at once; those already there are left alone.

    Who may do it has been asked by the command that calls this (`mobilize` for people).
    """
    rows = [row for row in lock_many(Alert, alert_ids) if row.state != AlertState.RESOLVED]
    moved, changes = [], []
    for row in rows:
        try:
            change = move(
                row.state, verb, at=at, snoozed_until=row.snoozed_until, until=until, reason=reason, why=why
            )
        except Refused:
            continue
        moved.append(row)
        changes.append(_by(change, verb, actor))
    return list(record_many(moved, changes, actor=actor, at=at))


def _by(change: Change, verb: Verb, actor: Actor) -> Change:
    person = actor.id if actor.kind is ActorKind.PERSON else None
    columns = dict(change.set)
    if verb in (Verb.ACKNOWLEDGE, Verb.SNOOZE):
        columns["acknowledged_by_id"] = person
    elif verb is Verb.RESOLVE:
        columns["resolved_by"] = str(actor)
    else:
        columns["acknowledged_by_id"] = None
    return Change(change.kind, columns, change.payload, change.text, change.reason)


@command
def route_alert(alert_id: int, service_id: int, *, actor: Actor, at: datetime) -> Alert:
    """Send an alert to another service; its scope, and so its deduplication, stays."""
    row = lock(Alert, alert_id)
    if row.service_id == service_id:
        return row
    facts = {"before": row.service_id, "after": service_id}
    return record(row, Change("alert.routed", {"service_id": service_id}, facts), actor=actor, at=at)


@command
def suppress_alert(alert_id: int, by: str, *, actor: Actor, at: datetime) -> Alert:
    """Hold an alert back; `by` names the rule, for example `silence:4`."""
    row = lock(Alert, alert_id)
    if row.suppressed_by == by:
        return row
    return record(row, Change("alert.suppressed", {"suppressed_by": by}, {"by": by}), actor=actor, at=at)


@command
def release_alert(alert_id: int, *, actor: Actor, at: datetime) -> Alert:
    """Hold an alert back no longer."""
    row = lock(Alert, alert_id)
    if row.suppressed_by is None:
        return row
    facts = {"by": row.suppressed_by}
    return record(row, Change("alert.released", {"suppressed_by": None}, facts), actor=actor, at=at)


@command
def open_past_alert(
    integration_id: int, dedup_key: str, *, actor: Actor, at: datetime, summary: str, severity: SignalSeverity
) -> Alert:
    """Open an alert as it was at `at`, for imports and the demo; senders come in through `intake`."""
    integration = Integration.objects.get(pk=integration_id)
    columns: dict[str, Any] = {
        "dedup_scope": f"service:{integration.service_id}",
        "dedup_key": bounded_key(dedup_key),
        "integration_id": integration_id,
        "service_id": integration.service_id,
        "state": AlertState.TRIGGERED,
        "severity": severity,
        "summary": summary,
        "opened_at": at,
        "last_seen_at": at,
    }
    facts = {"severity": severity, "service": integration.service_id, "imported": True}
    return record(Alert(), Change("alert.opened", columns, facts, {"summary": summary}), actor=actor, at=at)


@command
def open_meta_alert(
    kind: str,
    about: str,
    *,
    actor: Actor,
    at: datetime,
    summary: str,
    severity: SignalSeverity = SignalSeverity.ERROR,
) -> Alert:
    """Raise Muster's own alert about a finding, once per (kind, subject); an open one is returned as it is.

    It belongs to the reserved service `muster` and never comes through a door (design section 6).
    """
    key = bounded_key(f"{kind}:{about}")
    found = Alert.objects.filter(dedup_scope="meta", dedup_key=key).exclude(state=AlertState.RESOLVED).first()
    if found is not None:
        return found
    service = Service.objects.get(handle=META_SERVICE)
    columns: dict[str, Any] = {
        "dedup_scope": "meta",
        "dedup_key": key,
        "service_id": service.pk,
        "state": AlertState.TRIGGERED,
        "severity": severity,
        "summary": summary,
        "source": "muster",
        "labels": {"kind": kind, "about": about},
        "opened_at": at,
        "last_seen_at": at,
    }
    facts = {"severity": severity, "service": service.pk, "meta": kind, "about": about}
    return record(Alert(), Change("alert.opened", columns, facts, {"summary": summary}), actor=actor, at=at)


@command
def clear_meta_alert(kind: str, about: str, *, actor: Actor, at: datetime) -> None:
    """Resolve Muster's own alert when its finding is gone."""
    key = bounded_key(f"{kind}:{about}")
    found = Alert.objects.filter(dedup_scope="meta", dedup_key=key).exclude(state=AlertState.RESOLVED).first()
    if found is not None:
        move_alerts([found.pk], Verb.RESOLVE, actor=actor, at=at)
