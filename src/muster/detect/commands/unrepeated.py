"""Alerts whose sender named an end ahead and did not repeat them: they end of themselves."""

from collections.abc import Sequence
from datetime import datetime

from muster.core.intake import EndReason, spared
from muster.core.lifecycle import AlertState, Verb, move
from muster.core.permissions import Actor
from muster.detect.commands.alerts import moved_by
from muster.detect.models import Alert
from muster.foundation.timeline.pen import command, lock_many, record_many, touch


@command
def end_unrepeated_alerts(alert_ids: Sequence[int], *, actor: Actor, at: datetime) -> list[Alert]:
    """Resolve those among these alerts whose end has come; at most 200 at once.

    The end is read under the lock that a repeat takes, too. A repeat that was first has moved it, and the
    alert is left alone; one that comes second finds nothing open, and opens an alert of its own.
    """
    rows = [row for row in lock_many(Alert, alert_ids) if _is_over(row, at)]
    changes = [
        moved_by(
            move(row.state, Verb.RESOLVE, at=at, reason=EndReason.NOT_REPEATED),
            Verb.RESOLVE,
            actor,
        )
        for row in rows
    ]
    return list(record_many(rows, changes, actor=actor, at=at))


def _is_over(row: Alert, at: datetime) -> bool:
    return row.state != AlertState.RESOLVED and row.holds_until is not None and row.holds_until <= at


@command
def spare_alerts(alert_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """Nobody could hear the senders of these alerts for a while: each is waited for once more; at most 200 at
    once."""
    rows = lock_many(Alert, alert_ids)
    for row in rows:
        if row.holds_until is not None:
            row.holds_until = spared(row.holds_until, row.last_seen_at, at=at)
    touch(rows, "holds_until")
