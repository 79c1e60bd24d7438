"""What the commands of heartbeats share: the rules' answer becomes columns, an event, and a signal."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from muster.core.heartbeats import Beat, Down, Turn, due_at
from muster.core.permissions import Actor
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.detect.commands.intake import Received, receive_signals
from muster.detect.heartbeat_words import silence_words
from muster.detect.models import HEARTBEAT_KIND, Heartbeat
from muster.detect.queries import rhythm_of_row
from muster.foundation.timeline.pen import record, touch


def locked(which: Q) -> list[Heartbeat]:
    """The heartbeats in use that these conditions name, locked in the order of their ids."""
    rows = Heartbeat.objects.select_for_update(of=("self",), no_key=True)
    found = rows.filter(which, integration__retired_at__isnull=True).order_by("id")
    return list(found.select_related("integration__service"))


def timing(row: Heartbeat, known: Beat) -> dict[str, Any]:
    """The columns that are no state, as they follow from what is known now."""
    return {
        "since": known.since,
        "started_at": known.started_at,
        "took": known.took,
        "spared_until": known.spared_until,
        "due_at": due_at(known, rhythm_of_row(row)),
    }


def turn_to(row: Heartbeat, turn: Turn, *, actor: Actor, at: datetime) -> None:
    """Write what a turn makes of a heartbeat: with one event when its state changes, else as a mere touch."""
    columns = timing(row, turn.beat)
    if turn.change is not None:
        whole = replace(turn.change, set=dict(turn.change.set) | columns)
        record(row, whole, actor=actor, at=at)
        return
    for name, value in columns.items():
        setattr(row, name, value)
    touch([row], *columns)


def told(row: Heartbeat, action: Action, why: Down | None, *, exit_status: int | None = None) -> Received:
    """What a heartbeat says to the intake, as every sender does: its alert opens, counts up or ends."""
    return Received(
        bytes(row.integration.key_hash), HEARTBEAT_KIND, (_signal(row, action, why, exit_status),)
    )


def _signal(row: Heartbeat, action: Action, why: Down | None, exit_status: int | None) -> Signal:
    facts = {
        "heartbeat": row.handle,
        "state": row.state,
        "why": why,
        "schedule": row.schedule,
        "last_ping_at": row.last_ping_at,
        "started_at": row.started_at,
        "exit_status": exit_status,
    }
    return make_signal(
        action,
        f"{HEARTBEAT_KIND}:{row.handle}",
        summary=row.message or silence_words(row, why or Down.SILENT, exit_status),
        severity=SignalSeverity(row.severity),
        labels={**row.labels, HEARTBEAT_KIND: row.handle},
        source=row.name,
        description=row.description,
        tags=row.tags,
        raw={name: value for name, value in facts.items() if value is not None},
    )


def tell(signals: Iterable[Received]) -> None:
    """Give what heartbeats say to the intake, in the transaction of the command that runs."""
    batch = list(signals)
    if batch:
        receive_signals(batch)
