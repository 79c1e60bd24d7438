"""What an integration does to the alerts of its own scope, beside what its signals say (design section 5).

A sender's word is about its alert only; the group follows by a reaction.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.intake import IntakeReason
from muster.core.lifecycle import AlertState, Verb, move
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.detect.commands.alerts import moved_by
from muster.detect.models import Alert
from muster.detect.reasons import Detect
from muster.foundation.timeline.pen import command, lock, record

_CHANGEABLE = frozenset({"summary", "description", "severity", "component", "tags", "labels", "vendor"})
_REASONS = {
    Verb.RESOLVE: IntakeReason.RESOLVED_BY_SENDER,
    Verb.ACKNOWLEDGE: IntakeReason.ACKNOWLEDGED_BY_SENDER,
}


@command
def move_alert(alert_id: int, verb: Verb, *, actor: Actor, at: datetime, why: str = "") -> Alert:
    """Acknowledge, give back or resolve one alert.

    Raises:
        Refused: it is not the actor's to touch, it is resolved, or it is already where the verb leads.
    """
    row = _own(alert_id, actor)
    change = move(row.state, verb, at=at, snoozed_until=row.snoozed_until, reason=_REASONS.get(verb), why=why)
    return record(row, moved_by(change, verb, actor), actor=actor, at=at)


@command
def note_alert(alert_id: int, note: str, *, actor: Actor, at: datetime, by: str = "") -> Alert:
    """Write a note on an alert, open or not; `by` is the name that the sender gives.

    Raises:
        Refused: it is not the actor's to touch.
    """
    row = _own(alert_id, actor)
    text = {"note": note} | ({"author": by} if by else {})
    return record(row, Change("alert.noted", {}, {}, text), actor=actor, at=at)


@command
def change_alert(
    alert_id: int, edit: Callable[[Alert], Mapping[str, Any]], *, actor: Actor, at: datetime
) -> Alert:
    """Change what an alert says: `edit` makes the new values of columns from the locked row.

    A severity that is worse than before is decided about anew.

    Raises:
        Refused: it is not the actor's to touch, or says all this already.
    """
    row = _own(alert_id, actor)
    changes = edit(row)
    strange = set(changes) - _CHANGEABLE
    if strange:
        raise ValueError(f"an alert cannot change {sorted(strange)}")
    new = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not new:
        raise Refused(Detect.ALERT_UNCHANGED)
    return record(row, _changed(row, new), actor=actor, at=at)


@command
def withdraw_alert(alert_id: int, *, actor: Actor, at: datetime) -> Alert:
    """Take an alert out of its sender's sight, and end it; Muster keeps it and its history.

    Raises:
        Refused: it is not the actor's to touch.
    """
    row = _own(alert_id, actor)
    gone = {"vendor": {**row.vendor, "withdrawn": True}}
    if row.state == AlertState.RESOLVED:
        return record(row, Change("alert.withdrawn", gone), actor=actor, at=at)
    reason = IntakeReason.RESOLVED_BY_SENDER
    change = moved_by(move(row.state, Verb.RESOLVE, at=at, reason=reason), Verb.RESOLVE, actor)
    facts = {**change.payload, "withdrawn": True}
    told = Change(change.kind, {**change.set, **gone}, facts, change.text, change.reason)
    return record(row, told, actor=actor, at=at)


def _own(alert_id: int, actor: Actor) -> Alert:
    """The alert, locked, if the actor may see and touch it."""
    row = lock(Alert, alert_id, seen_by=actor)
    require(actor, Right.RESPOND, within=row.dedup_scope)
    return row


def _changed(row: Alert, new: Mapping[str, Any]) -> Change:
    """One event: what people read in it stands apart, so that it can be erased."""
    facts: dict[str, Any] = {"fields": sorted(new)}
    kind = "alert.changed"
    if "severity" in new:
        before, after = SignalSeverity(row.severity), SignalSeverity(new["severity"])
        facts |= {"from": before, "to": after}
        if after.rank > before.rank and row.state != AlertState.RESOLVED:
            kind = "alert.worsened"
    said = {name: value for name, value in new.items() if name in ("summary", "description", "component")}
    listed = {name: json.dumps(new[name], ensure_ascii=False) for name in ("tags", "labels") if name in new}
    return Change(kind, dict(new), facts, said | listed)
