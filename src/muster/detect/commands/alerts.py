"""The only writers of alerts, but for the intake."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from muster.core.change import Change
from muster.core.intake import META_SCOPE, Disposition, IntakeReason
from muster.core.lifecycle import AlertState, Verb, move
from muster.core.permissions import Actor, ActorKind
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity, bounded_key
from muster.detect import source_kinds
from muster.detect.models import Alert, Integration
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.pen import command, lock_many, record, record_many, touch

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
) -> list[int]:
    """Move the alerts that the verb applies to; those already there are left alone. Returns which were moved.

    Who may do it has been asked by the command that calls this (`mobilize` for people).
    """
    locked = lock_many(Alert, alert_ids, only=("state", "snoozed_until", "acknowledged_at"))
    rows = [row for row in locked if row.state != AlertState.RESOLVED]
    moved, changes = [], []
    for row in rows:
        try:
            change = move(
                row.state, verb, at=at, snoozed_until=row.snoozed_until, until=until, reason=reason, why=why
            )
        except Refused:
            continue
        moved.append(row)
        changes.append(moved_by(change, verb, actor))
    return [row.pk for row in record_many(moved, changes, actor=actor, at=at)]


def moved_by(change: Change, verb: Verb, actor: Actor) -> Change:
    """The move of an alert, with who made it in the row."""
    person = actor.id if actor.kind is ActorKind.PERSON else None
    columns = dict(change.set)
    if verb in (Verb.ACKNOWLEDGE, Verb.SNOOZE):
        columns["acknowledged_by_id"] = person
    elif verb is Verb.RESOLVE:
        columns["resolved_by"] = str(actor)
    else:
        columns["acknowledged_by_id"] = None
    return Change(change.kind, columns, change.payload, change.text, change.reason)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an alert belongs by what was decided: its service, and the rule that holds it back, if any."""

    service_id: int
    held_by: str | None = None


@command
def place_alerts(
    placed: Sequence[tuple[Alert, Placement]],
    *,
    actor: Actor,
    at: datetime,
    causes: Mapping[int, int] | None = None,
) -> None:
    """Hold back or release, and route, alerts that the caller has locked; what fits already is left alone.

    Routing changes the service; the scope, and so deduplication, stays. `held_by` names the rule, for example
    `silence:4`. `causes` are events by alert.
    """
    for made in (_holding, _routing):
        found = [(row, change) for row, place in placed if (change := made(row, place)) is not None]
        record_many(
            [row for row, _ in found],
            [change for _, change in found],
            actor=actor,
            at=at,
            causes=[causes.get(row.pk) for row, _ in found] if causes else None,
        )


def _holding(row: Alert, place: Placement) -> Change | None:
    if row.suppressed_by == place.held_by:
        return None
    if place.held_by is None:
        return Change("alert.released", {"suppressed_by": None}, {"by": row.suppressed_by})
    return Change("alert.suppressed", {"suppressed_by": place.held_by}, {"by": place.held_by})


def _routing(row: Alert, place: Placement) -> Change | None:
    if row.service_id == place.service_id:
        return None
    facts = {"before": row.service_id, "after": place.service_id}
    return Change("alert.routed", {"service_id": place.service_id}, facts)


_SUPPRESS = """
    UPDATE detect_signal SET disposition = %s, reason = %s
    WHERE alert_id = ANY(%s) AND disposition IN ('opened', 'merged')
"""


@command
def suppress_signals(alert_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """A rule dropped these alerts: what their signals became is said anew. (The alerts' own events tell who.)

    Signals that come later join the alert that is kept.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SUPPRESS, [str(Disposition.SUPPRESSED), str(IntakeReason.DROPPED_BY_RULE), [*alert_ids]]
        )


@command
def open_past_alert(
    integration_id: int, dedup_key: str, *, actor: Actor, at: datetime, summary: str, severity: SignalSeverity
) -> Alert:
    """Open an alert as it was at `at`, for imports and the demo; senders come in through `intake`."""
    integration = Integration.objects.get(pk=integration_id)
    columns: dict[str, Any] = {
        "dedup_scope": source_kinds.scope_of(integration.kind, integration.service_id),
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
    service_id: int | None = None,
    counts: bool = False,
) -> Alert:
    """Raise Muster's own alert about a finding, once per (kind, subject); an open one is returned as it is,
    or, where each finding counts, told that it was seen again.

    It never comes through a door (design section 6). It belongs to the reserved service `muster`, unless its
    finding is one that a service's own people can mend.
    """
    key = bounded_key(f"{kind}:{about}")
    same = Alert.objects.filter(dedup_scope=META_SCOPE, dedup_key=key)
    is_open = same.exclude(state=AlertState.RESOLVED)
    found = (is_open.select_for_update(no_key=True) if counts else is_open).first()
    if found is not None and counts:
        found.count, found.last_seen_at = found.count + 1, at
        touch([found], "count", "last_seen_at")
    if found is not None:
        return found
    service = Service.objects.get(pk=service_id) if service_id else Service.objects.get(handle=META_SERVICE)
    columns: dict[str, Any] = {
        "dedup_scope": META_SCOPE,
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
def clear_meta_alerts(findings: Iterable[tuple[str, str]], *, actor: Actor, at: datetime) -> None:
    """Resolve Muster's own alerts of these findings (kind and subject), which are gone."""
    keys = {bounded_key(f"{kind}:{about}") for kind, about in findings}
    same = Alert.objects.filter(dedup_scope=META_SCOPE, dedup_key__among=keys)
    ids = list(same.exclude(state=AlertState.RESOLVED).values_list("id", flat=True))
    if ids:
        move_alerts(ids, Verb.RESOLVE, actor=actor, at=at)
