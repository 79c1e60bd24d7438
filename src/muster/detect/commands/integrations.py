"""The only writers of integrations: a sender's way in and its key."""

import hashlib
import secrets
import string
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from muster.core.change import Change
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.refusal import Refused
from muster.detect import source_kinds
from muster.detect.mapping_versions import version_of
from muster.detect.models import Integration
from muster.detect.reasons import Detect
from muster.foundation.catalog import handles
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.sections import kept
from muster.foundation.timeline.pen import command, lock, record

KEY_CHARACTERS = 32
"""PagerDuty's clients insist on 32 alphanumeric characters."""
OLD_KEY_LASTS = timedelta(hours=24)
_ALPHABET = string.ascii_lowercase + string.digits  # mail servers do not care for case


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
    mapping: Mapping[str, str] | None = None,
    made_by: str = "hand",
) -> tuple[Integration, str]:
    """Connect a sender to its home service; returns the row and the key, which is shown this once.

    Raises:
        Refused: not the service's team manager or an admin; the handle is taken; this version lacks the kind
            or cannot read by that mapping; the service is retired.
    """
    _live_service(service_id, actor)
    source_kinds.check(kind, mapping or {})
    told, sealed = _parted(kind, mapping or {}, {})
    handles.claim(Integration.subject_kind, handle)
    key = new_key()
    columns = {
        "handle": handle,
        "kind": kind,
        "service_id": service_id,
        "key_hash": key_hash(key),
        "mapping": told,
        "sealed": sealed or None,
        "made_by": made_by,
    }
    facts = {"handle": handle, "kind": kind, "service": service_id, "mapping": told}
    return record(Integration(), Change("integration.added", columns, facts), actor=actor, at=at), key


def _live_service(service_id: int, actor: Actor) -> None:
    """A service that the actor may connect senders to, held so that nobody retires it meanwhile."""
    service = lock(Service, service_id)
    require(actor, Right.EDIT_TEAM, team=service.team_id)
    if service.retired_at is not None:
        raise Refused(Detect.SERVICE_RETIRED, {"service": service.handle})


@command
def change_integration(
    integration_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    version: int | None = None,
) -> Integration:
    """Change the home service or the mapping; the kind is for ever. `version` is that of the mapping from
    which the change was made, where somebody looked at it first.

    A new mapping replaces the old one; a secret whose mark stands in it stays. The timeline says that a
    secret changed, and not to what (I23).

    Raises:
        Refused: not the manager of both services' teams or an admin; the service is retired; another kind;
            a mapping that cannot be read by; somebody else changed it meanwhile.
    """
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    if version is not None and version != version_of(row):
        raise Refused(Detect.MAPPING_CHANGED, {"handle": row.handle, "version": version_of(row)})
    unknown = set(changes) - {"service_id", "mapping", "kind"}
    if unknown:
        raise ValueError(f"an integration cannot change {sorted(unknown)}")
    if changes.get("kind", row.kind) != row.kind:
        raise Refused(Detect.KIND_IS_FOR_EVER, {"handle": row.handle, "kind": row.kind})
    if changes.get("service_id", row.service_id) != row.service_id:
        _live_service(changes["service_id"], actor)
    new = dict(changes)
    if "mapping" in changes:
        source_kinds.check(row.kind, changes["mapping"])
        new["mapping"], sealed = _parted(row.kind, changes["mapping"], row.sealed or {})
        new["sealed"] = sealed or None
    new = {key: value for key, value in new.items() if getattr(row, key) != value}
    if not new:
        return row
    facts: dict[str, Any] = {
        key: {"before": getattr(row, key), "after": value} for key, value in new.items() if key != "sealed"
    }
    if "sealed" in new:
        facts["secrets"] = sorted(_differing(row.sealed or {}, new["sealed"] or {}))
    return record(row, Change("integration.changed", new, facts), actor=actor, at=at)


def _parted(
    kind: str, mapping: Mapping[str, str], stored: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What was told, and the secret part of it; a mark stands for what is stored, an empty setting for none.

    Raises `Refused` for the mark of what is not stored here.
    """
    settings = source_kinds.settings_of(kind)
    secret = {name for name, setting in settings.items() if setting.secret}
    given = {name: text for name, text in mapping.items() if text or name not in settings}
    told = {name: text for name, text in given.items() if name not in secret}
    sealed = {name: text for name, text in given.items() if name in secret}
    for name, text in sealed.items():
        if kept.is_mark(text):
            if name not in stored or kept.mark(stored[name]) != text:
                raise Refused(Detect.MARK_UNKNOWN, {"field": name})
            sealed[name] = stored[name]
    return told, sealed


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


@command
def learn_setting(integration_id: int, name: str, value: str, *, actor: Actor, at: datetime) -> str:
    """Remember what the sender itself brought (the topic that it speaks of), unless a value is there already.

    Returns what is remembered. Raises `Refused` for anybody but the integration itself.
    """
    row = lock(Integration, integration_id)
    if actor.kind is not ActorKind.INTEGRATION or actor.id != row.pk or row.retired_at is not None:
        raise Refused(Detect.KEY_UNKNOWN)
    if row.mapping.get(name):
        return str(row.mapping[name])
    mapping = row.mapping | {name: value}
    source_kinds.check(row.kind, mapping)
    facts = {"mapping": {"before": row.mapping, "after": mapping}}
    record(row, Change("integration.changed", {"mapping": mapping}, facts), actor=actor, at=at)
    return value


@command
def rotate_key(integration_id: int, *, actor: Actor, at: datetime) -> str:
    """Make a new key and return it, shown this once; the old one works for 24 hours more.

    Raises:
        Refused: not the service's team manager or an admin; it is disconnected.
    """
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    return give_new_key(row, actor=actor, at=at)


def give_new_key(row: Integration, *, actor: Actor, at: datetime) -> str:
    """Give a way in, locked by the command that has asked who may, a new key and return it.

    Raises:
        Refused: it is disconnected.
    """
    if row.retired_at is not None:
        raise Refused(Detect.INTEGRATION_RETIRED, {"handle": row.handle})
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
    return row if row.retired_at is not None else disconnect(row, actor=actor, at=at)


def disconnect(row: Integration, *, actor: Actor, at: datetime) -> Integration:
    """Disconnect a way in, locked by the command that has asked who may."""
    columns = {"retired_at": at, "old_key_hash": None, "old_key_until": None}
    return record(row, Change("integration.retired", columns), actor=actor, at=at)


@command
def restore_integration(integration_id: int, *, actor: Actor, at: datetime) -> Integration:
    """Undo `retire_integration`; the key works again. Raises `Refused` when its service is retired."""
    row = lock(Integration, integration_id)
    require(actor, Right.EDIT_TEAM, team=row.service.team_id)
    if row.retired_at is None:
        return row
    _live_service(row.service_id, actor)
    return record(row, Change("integration.restored", {"retired_at": None}), actor=actor, at=at)
