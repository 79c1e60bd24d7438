"""The only writers of integrations and alerts (signals come in through `intake`)."""

import hashlib
import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from muster.core.change import Change
from muster.core.intake import SignalSeverity, bounded_key
from muster.core.lifecycle import AlertState, Verb, move
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.refusal import Refused
from muster.detect.models import Alert, Integration
from muster.detect.reasons import Detect
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many

KEY_CHARACTERS = 32
"""PagerDuty's clients insist on 32 alphanumeric characters."""
OLD_KEY_LASTS = timedelta(hours=24)
META_SERVICE = "muster"
_ALPHABET = string.ascii_letters + string.digits


def new_key() -> str:
    """A random integration key."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_CHARACTERS))


def key_hash(key: str) -> bytes:
    """What is stored of a key; keys are random and long, so one SHA-256 is enough."""
    return hashlib.sha256(key.encode()).digest()


@command
def add_integration(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    kind: str,
    service_id: int,
    mapping: Mapping[str, Any] | None = None,
    made_by: str = "hand",
) -> tuple[Integration, str]:
    """Connect a sender to its home service; returns the row and the key, which is shown this once.

    Raises:
        Refused: not the service's team manager or an admin, the handle is taken, or the service is retired.
    """
    service = Service.objects.get(pk=service_id)
    require(actor, Right.EDIT_TEAM, team=service.team_id)
    if service.retired_at is not None:
        raise Refused(Detect.SERVICE_RETIRED, {"service": service.handle})
    if Integration.objects.filter(handle=handle).exists():
        raise Refused(Detect.HANDLE_TAKEN, {"handle": handle})
    key = new_key()
    columns = {
        "handle": handle,
        "kind": kind,
        "service_id": service_id,
        "key_hash": key_hash(key),
        "mapping": dict(mapping or {}),
        "made_by": made_by,
    }
    facts = {"handle": handle, "kind": kind, "service": service_id, "mapping": columns["mapping"]}
    return record(Integration(), Change("integration.added", columns, facts), actor=actor, at=at), key


@command
def change_integration(
    integration_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime
) -> Integration:
    """Change the home service, the mapping or who made it; the kind is for ever."""
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    unknown = set(changes) - {"service_id", "mapping", "made_by"}
    if unknown:
        raise ValueError(f"an integration cannot change {sorted(unknown)}")
    new = {key: value for key, value in changes.items() if getattr(row, key) != value}
    if not new:
        return row
    facts = {key: {"before": getattr(row, key), "after": value} for key, value in new.items()}
    return record(row, Change("integration.changed", new, facts), actor=actor, at=at)


@command
def rotate_key(integration_id: int, *, actor: Actor, at: datetime) -> str:
    """Make a new key and return it, shown this once; the old one works for 24 hours more."""
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    key = new_key()
    columns = {"key_hash": key_hash(key), "old_key_hash": row.key_hash, "old_key_until": at + OLD_KEY_LASTS}
    change = Change("integration.key_rotated", columns, {"old_key_until": at + OLD_KEY_LASTS})
    record(row, change, actor=actor, at=at)
    return key


@command
def retire_integration(integration_id: int, *, actor: Actor, at: datetime) -> Integration:
    """Disconnect a sender: its key is refused from the next batch on."""
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    if row.retired_at is not None:
        return row
    columns = {"retired_at": at, "old_key_hash": None, "old_key_until": None}
    return record(row, Change("integration.retired", columns), actor=actor, at=at)


@command
def restore_integration(integration_id: int, *, actor: Actor, at: datetime) -> Integration:
    """Undo `retire_integration`; the key works again."""
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    if row.retired_at is None:
        return row
    return record(row, Change("integration.restored", {"retired_at": None}), actor=actor, at=at)


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

    Who may do it has been asked by the command that calls this (`mobilize` for people, reactions for senders).
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
