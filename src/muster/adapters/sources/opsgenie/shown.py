"""Alerts as Opsgenie's API shows them (wire facts 2.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from muster.adapters.sources.opsgenie.ids import Thing, id_of
from muster.adapters.sources.opsgenie.translate import DEFAULT_PRIORITY
from muster.core.lifecycle import AlertState
from muster.detect.models import Alert


def stamp(at: datetime) -> str:
    """A time in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def alert_id(row: Alert) -> str:
    """The UUID of an alert."""
    return id_of(Thing.ALERT, row.pk, row.opened_at)


def alias_of(row: Alert) -> str:
    """The alias as its sender wrote it."""
    return str(row.vendor.get("alias") or row.dedup_key)


def listed(row: Alert, at: datetime) -> dict[str, Any]:
    """An alert in a list."""
    is_over = row.state == AlertState.RESOLVED
    shown = {
        "id": alert_id(row),
        "tinyId": str(row.pk),
        "alias": alias_of(row),
        "message": row.summary,
        "status": "closed" if is_over else "open",
        "acknowledged": row.acknowledged_at is not None,
        "isSeen": row.acknowledged_at is not None,
        "tags": row.tags,
        "snoozed": row.snoozed_until is not None and row.snoozed_until > at,
        "count": row.count,
        "lastOccurredAt": stamp(row.last_seen_at),
        "createdAt": stamp(row.opened_at),
        "updatedAt": stamp(max(filter(None, _times(row)))),
        "source": row.source,
        "owner": row.acknowledged_by.handle if row.acknowledged_by else "",
        "priority": row.vendor.get("priority", DEFAULT_PRIORITY),
        "responders": row.vendor.get("responders", []),
        "integration": _integration(row),
        "report": _report(row),
    }
    if shown["snoozed"] and row.snoozed_until is not None:
        shown["snoozedUntil"] = stamp(row.snoozed_until)
    return shown


def whole(row: Alert, at: datetime) -> dict[str, Any]:
    """An alert by itself."""
    return listed(row, at) | {
        "actions": row.vendor.get("actions", []),
        "entity": row.component,
        "description": row.description,
        "details": row.labels,
    }


def _times(row: Alert) -> tuple[datetime | None, ...]:
    return row.opened_at, row.last_seen_at, row.acknowledged_at, row.resolved_at


def _integration(row: Alert) -> dict[str, str]:
    if row.integration is None:
        return {}
    return {
        "id": id_of(Thing.INTEGRATION, row.integration.pk),
        "name": row.integration.handle,
        "type": "API",
    }


def _report(row: Alert) -> dict[str, Any]:
    report: dict[str, Any] = {}
    if row.acknowledged_at is not None:
        report["ackTime"] = (row.acknowledged_at - row.opened_at) // timedelta(milliseconds=1)
        report["acknowledgedBy"] = row.acknowledged_by.handle if row.acknowledged_by else _sender(row)
    if row.resolved_at is not None:
        report["closeTime"] = (row.resolved_at - row.opened_at) // timedelta(milliseconds=1)
        report["closedBy"] = row.resolved_by
    return report


def _sender(row: Alert) -> str:
    return row.integration.handle if row.integration is not None else ""
