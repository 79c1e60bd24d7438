"""Reads of alerts, signals and integrations."""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.fernet import InvalidToken
from django.db import connection
from django.db.models import Q, QuerySet

from muster.core.heartbeats import Beat, BeatState, Rhythm, rhythm_of
from muster.core.intake import META_SCOPE
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor, ActorKind
from muster.core.refusal import Refused
from muster.core.retention import day_of
from muster.core.signals import bounded_key
from muster.detect import source_kinds
from muster.detect.models import (
    HEARTBEAT_KIND,
    Alert,
    ChangeEvent,
    Heartbeat,
    Integration,
    Ping,
    Signal,
)
from muster.detect.reasons import Detect
from muster.foundation.access.fields import unseal
from muster.foundation.catalog.sections import kept

log = logging.getLogger(__name__)

NEAR = timedelta(days=1)
"""Changes as old as this when trouble begins are shown beside it."""


def alerts(actor: Actor, *, states: Iterable[str] = (), service: int | None = None) -> QuerySet[Alert]:
    """The alerts this actor may see, newest first."""
    rows = Alert.objects.visible_to(actor).select_related("service", "acknowledged_by")
    if states:
        rows = rows.filter(state__in=list(states))
    if service is not None:
        rows = rows.filter(service_id=service)
    return rows.order_by("-id")


def open_alerts(actor: Actor) -> QuerySet[Alert]:
    """The alerts that are not resolved, newest first."""
    return alerts(actor, states=(AlertState.TRIGGERED, AlertState.ACKNOWLEDGED))


def alert_of(actor: Actor, public_id: str) -> Alert:
    """Return an alert by `ALR-7` or `7`.

    Raises:
        Refused: there is none, or it is not this actor's to see.
    """
    number = public_id.upper().removeprefix("ALR-")
    found = alerts(actor).filter(pk=int(number)).first() if number.isdecimal() else None
    if found is None:
        raise Refused(Detect.ALERT_NOT_FOUND, {"alert": public_id})
    return found


def open_under(integration: Integration, keys: Iterable[str]) -> dict[str, Alert]:
    """The alerts that are open under these keys of an integration, unlocked (engine side)."""
    scope = source_kinds.scope_of(integration.kind, integration.service_id)
    rows = Alert.objects.filter(dedup_scope=scope, dedup_key__in=list(keys))
    return {row.dedup_key: row for row in rows.exclude(state=AlertState.RESOLVED).select_related("service")}


def findings_are_open() -> bool:
    """Whether any of Muster's own alerts is open (engine side)."""
    return Alert.objects.filter(dedup_scope=META_SCOPE).exclude(state=AlertState.RESOLVED).exists()


def signals_of(alert: Alert, limit: int = 50) -> list[Signal]:
    """The latest signals of an alert that the caller may see, newest first; those of dropped days are gone.

    Days before the one in which the alert was opened are not looked through; a clock that was set back by
    less than a day hides nothing.
    """
    rows = Signal.objects.filter(alert=alert, received_at__gte=alert.opened_at - timedelta(days=1))
    return list(rows.order_by("-id")[:limit])


_PARTS = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'detect_signal'::regclass
"""
_WITHOUT_PART = """
    SELECT DISTINCT date_trunc('day', received_at, 'UTC') AS day FROM detect_signal_default
    ORDER BY day LIMIT 10
"""


def signal_parts() -> list[str]:
    """The names of the parts of the signals' table, by day and the default one."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS)
        return [name for (name,) in cursor.fetchall()]


def days_without_part() -> list[date]:
    """Days of which signals are in the default part, because they had none of their own; oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_PART)
        return [day_of(at) for (at,) in cursor.fetchall()]


def changes(actor: Actor, services: Iterable[int] | None = None) -> QuerySet[ChangeEvent]:
    """What senders told was changed, on these services or on all, the latest change first."""
    rows = ChangeEvent.objects.visible_to(actor).select_related("service", "integration")
    if services is not None:
        rows = rows.filter(service__in=list(services))
    return rows.order_by("-changed_at", "-id")


def changes_near(
    actor: Actor, services: Iterable[int], moment: datetime, until: datetime, *, most: int
) -> list[ChangeEvent]:
    """The changes of these services that may have to do with trouble that began at `moment`: from a day
    before, and until now; the latest first."""
    rows = changes(actor, services).filter(changed_at__gt=moment - NEAR, changed_at__lte=until)
    return list(rows[:most])


def noted_signals(alert: Alert, limit: int) -> list[Signal]:
    """The signals of an alert, which the caller may see, that brought a note; oldest first."""
    found = Signal.objects.filter(alert=alert, received_at__gte=alert.opened_at, raw__has_key="note")
    return list(found.order_by("id")[:limit])


def integrations(actor: Actor) -> QuerySet[Integration]:
    """The ways in, by handle; those of heartbeats are the heartbeats' own."""
    rows = Integration.objects.visible_to(actor).exclude(kind=HEARTBEAT_KIND)
    return rows.select_related("service").order_by("handle")


def integration_of(actor: Actor, handle: str) -> Integration:
    """Return an integration by handle. Raises `Refused` when there is none."""
    found = integrations(actor).filter(handle=handle).first()
    if found is None:
        raise Refused(Detect.INTEGRATION_NOT_FOUND, {"handle": handle})
    return found


def heartbeats(actor: Actor) -> QuerySet[Heartbeat]:
    """The heartbeats, by name."""
    return Heartbeat.objects.visible_to(actor).select_related("integration__service").order_by("name", "id")


def heartbeat_of(actor: Actor, handle: str) -> Heartbeat:
    """Return a heartbeat by handle. Raises `Refused` when there is none."""
    found = heartbeats(actor).filter(integration__handle=handle).first()
    if found is None:
        raise Refused(Detect.HEARTBEAT_NOT_FOUND, {"handle": handle[:80]})
    return found


def heartbeats_of_sender(actor: Actor, kind: str) -> QuerySet[Heartbeat]:
    """The heartbeats in use that an integration of this kind may read: of its own service, and those made
    through its protocol."""
    own = Q(integration__service_id=home_of(actor.id or 0))
    rows = heartbeats(actor).filter(Q(made_by=kind) | own, integration__retired_at__isnull=True)
    return rows.select_related("integration__service__team")


def home_of(integration_id: int) -> int:
    """The home service of an integration that asks."""
    return Integration.objects.values_list("service_id", flat=True).get(pk=integration_id)


def beat_of(row: Heartbeat) -> Beat:
    """What is known of a job, as the rules see it."""
    return Beat(BeatState(row.state), row.since, row.started_at, row.took, row.spared_until)


def rhythm_of_row(row: Heartbeat) -> Rhythm:
    """When a job ought to report."""
    return _rhythm(row.schedule, row.timezone, row.grace)


@lru_cache(4096)
def _rhythm(schedule: str, timezone: str, grace: timedelta) -> Rhythm:
    """(Reading a cron expression costs more than all else of a ping.)"""
    return rhythm_of(schedule, timezone, grace)


def free_handle(wanted: str) -> str:
    """This handle, or with a number behind it where a way in has or had it."""
    base = wanted[:58]
    taken = set(Integration.objects.filter(handle__startswith=base).values_list("handle", flat=True))
    numbered = (f"{base}-{n}" for n in range(2, 10_000))
    return wanted if wanted not in taken else next(one for one in numbered if one not in taken)


def pings_of(row: Heartbeat, limit: int = 100) -> list[Ping]:
    """The latest pings of a heartbeat that the caller may see, newest first."""
    return list(Ping.objects.filter(heartbeat=row).order_by("-number")[:limit])


_RECENT = """
    SELECT CASE disposition WHEN 'unreadable' THEN raw->'body' ELSE raw END
    FROM (SELECT id, integration_id, disposition, dedup_key, raw FROM detect_signal
          ORDER BY id DESC LIMIT 10000) newest
    WHERE integration_id = %s AND dedup_key <> %s AND (disposition <> 'unreadable' OR raw->>'form' = 'json')
    ORDER BY id DESC LIMIT %s
"""


def recent_payloads(row: Integration, limit: int = 20) -> list[Any]:
    """What an integration that the caller was shown brought lately, among the last ten thousand signals.

    What could not be read is among it: a mapping is looked for that reads it. Test signals are not.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [row.pk, key_of_tests(row), limit])
        return [raw if not isinstance(raw, str) else json.loads(raw) for (raw,) in cursor.fetchall()]


def key_of_tests(row: Integration) -> str:
    """The key under which the test signals of an integration come."""
    return bounded_key(f"muster-test:{row.handle}")


def shown_mapping(row: Integration) -> dict[str, str]:
    """What an integration's owner told it, with marks in the place of secrets: written back, they stay."""
    return {**row.mapping, **{name: kept.mark(secret) for name, secret in (row.sealed or {}).items()}}


_KEYS = """
    SELECT k.hash, i.id, i.kind, i.service_id, i.mapping, i.sealed FROM unnest(%s::bytea[]) AS k(hash)
    JOIN detect_integration i ON i.retired_at IS NULL
        AND (i.key_hash = k.hash OR (i.old_key_hash = k.hash AND i.old_key_until > now()))
"""

ByKey = tuple[int, str, int, dict[str, Any] | None]
"""An integration as the doors see it: id, kind, home service, mapping with its secrets; None in place of it
when those cannot be opened."""


def integrations_by_key(hashes: Sequence[bytes]) -> dict[bytes, ByKey]:
    """The integrations in use that have these keys (given by their SHA-256), for the doors."""
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [list(hashes)])
        rows = cursor.fetchall()
    found: dict[bytes, ByKey] = {}
    for hash_, pk, kind, service, mapping, sealed in rows:
        found[bytes(hash_)] = (pk, kind, service, _told(pk, mapping, sealed))
    return found


def _told(pk: int, mapping: str, sealed: str | None) -> dict[str, Any] | None:
    told: dict[str, Any] = msgspec.json.decode(mapping)
    try:
        return told | unseal(sealed) if sealed else told
    except InvalidToken:
        log.warning("the secrets of integration %s were sealed with another MUSTER_SECRET_KEY", pk)
        return None


_SEALED = """
    SELECT id, handle, mapping, sealed FROM detect_integration
    WHERE retired_at IS NULL AND sealed IS NOT NULL ORDER BY handle
"""


def locked_integrations() -> list[str]:
    """The integrations in use whose secrets were sealed with another secret key: their doors stay shut."""
    with connection.cursor() as cursor:
        cursor.execute(_SEALED)
        rows = cursor.fetchall()
    return [handle for pk, handle, mapping, sealed in rows if _told(pk, mapping, sealed) is None]


def integration_by_key(hash_: bytes) -> ByKey | None:
    """The integration in use that has this key, or None."""
    return integrations_by_key([hash_]).get(hash_)


@dataclass(frozen=True, slots=True)
class Caller:
    """A sender that asks or tells something beside its signals, and the database's time at which it came."""

    actor: Actor
    at: datetime
    integration_id: int
    kind: str


_CALLER = """
    SELECT id, kind, service_id, now() FROM detect_integration
    WHERE retired_at IS NULL AND (key_hash = %(hash)s OR (old_key_hash = %(hash)s AND old_key_until > now()))
"""


def caller_by_key(hash_: bytes) -> Caller | None:
    """The integration in use that has this key, as an actor within the scope of its alerts."""
    with connection.cursor() as cursor:
        cursor.execute(_CALLER, {"hash": hash_})
        row = cursor.fetchone()
    if row is None:
        return None
    number, kind, service_id, at = row
    scope = source_kinds.scope_of(kind, service_id)
    return Caller(Actor(kind=ActorKind.INTEGRATION, id=number, scope=scope), at, number, kind)


def alerts_of_sender(actor: Actor) -> QuerySet[Alert]:
    """The alerts that an integration may read: of its own scope, without those that it has withdrawn."""
    rows = Alert.objects.visible_to(actor).filter(dedup_scope=actor.scope)
    return rows.exclude(vendor__has_key="withdrawn").select_related(
        "service__team", "integration", "acknowledged_by"
    )
