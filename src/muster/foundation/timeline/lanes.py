"""Reactions: "when event X, call command Y", in lanes that keep the order per subject (design section 4)."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import OperationalError, connection, transaction

from muster.core.permissions import Actor, system
from muster.foundation.timeline.models import Lane, Parked
from muster.foundation.timeline.pen import caused_by
from muster.foundation.timeline.sealer import LANES

log = logging.getLogger(__name__)

BATCH = 50
PARKED_AGAIN = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event as a reaction reads it."""

    seq: int
    id: int
    command: UUID
    kind: str
    subject: str
    incident: int | None
    actor: str
    at: datetime
    payload: Mapping[str, Any]

    @property
    def subject_id(self) -> int:
        """The key of the row that changed."""
        return int(self.subject.partition(":")[2])


Reaction = Callable[..., object]
"""`on_<event>(event, *, actor, at)`: calls exactly one command. `at` is the database's clock."""

_groups: dict[str, dict[str, Reaction]] = {}


def register(group: str, table: Mapping[str, Reaction]) -> None:
    """Add a stage's table of reactions at start-up."""
    _groups[group] = dict(table)


def printed() -> list[tuple[str, str, str]]:
    """Return (event kind, group, reaction) for `muster map` and its golden file."""
    return sorted(
        (kind, group, fn.__name__) for group, table in _groups.items() for kind, fn in table.items()
    )


def prepare() -> None:
    """Make the lane rows of every registered group; a new group begins at the head, it does not replay."""
    with connection.cursor() as cursor:
        for group in _groups:
            cursor.execute(
                """INSERT INTO timeline_lane ("group", lane, seq)
                   SELECT %s, lane, coalesce((SELECT max(seq) FROM timeline_link), 0)
                   FROM generate_series(0, %s) AS lane ON CONFLICT DO NOTHING""",
                [group, LANES - 1],
            )


_CLAIM = """
    SELECT l.id, l."group", l.lane, l.seq, now() FROM timeline_lane l
    WHERE l."group" = ANY(%s)
      AND EXISTS (SELECT 1 FROM timeline_link k WHERE k.lane = l.lane AND k.seq > l.seq)
    ORDER BY l.seq LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_NEXT = """
    SELECT k.seq, e.id, e.command, e.kind, e.subject, e.incident, e.actor, e.at, e.payload
    FROM timeline_link k JOIN timeline_event e ON e.id = k.event_id
    WHERE k.lane = %s AND k.seq > %s ORDER BY k.seq LIMIT %s
"""


def react(groups: list[str] | None = None) -> int:
    """Work one batch of one lane; return how many events it passed, 0 when no lane waits.

    The lane advances in the transaction of the effects: a kill between them is impossible.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [list(_groups) if groups is None else groups])
        claimed = cursor.fetchone()
        if claimed is None:
            return 0
        lane_id, group, lane, seq, now = claimed
        cursor.execute(_NEXT, [lane, seq, BATCH])
        events = [Sealed(*row[:8], payload=_json(row[8])) for row in cursor.fetchall()]
        behind = _parked_subjects(group, {event.subject for event in events})
        for event in events:
            _react_to(event, group, behind, now)
        Lane.objects.filter(pk=lane_id).update(seq=events[-1].seq)
    return len(events)


def _json(value: Any) -> Any:
    """Django's connection hands jsonb to raw cursors as text."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def _parked_subjects(group: str, subjects: set[str]) -> set[str]:
    return set(Parked.objects.filter(group=group, subject__in=subjects).values_list("subject", flat=True))


def _react_to(event: Sealed, group: str, behind: set[str], now: datetime) -> None:
    reaction = _groups[group].get(event.kind)
    if reaction is None:
        return
    if event.subject in behind:
        _park(event, group, due_at=None, error="waits behind an earlier event of its subject")
        return
    try:
        with transaction.atomic():
            _call(reaction, event, now)
    except OperationalError:
        raise
    except Exception as error:
        log.exception("reaction failed", extra={"reaction": reaction.__name__, "event": event.id})
        behind.add(event.subject)
        _park(event, group, due_at=now + PARKED_AGAIN[0], error=f"{type(error).__name__}: {error}")


def _call(reaction: Reaction, event: Sealed, now: datetime) -> None:
    actor: Actor = system(reaction.__name__)
    with caused_by(event.id):
        reaction(event, actor=actor, at=now)


def _park(event: Sealed, group: str, *, due_at: datetime | None, error: str) -> None:
    Parked.objects.create(
        group=group,
        subject=event.subject,
        seq=event.seq,
        event_id=event.id,
        attempts=0 if due_at is None else 1,
        due_at=due_at,
        error=error[:2000],
    )


_DUE = """
    SELECT p.id, p."group", p.subject, p.attempts, now(),
           k.seq, e.id, e.command, e.kind, e.subject, e.incident, e.actor, e.at, e.payload
    FROM timeline_parked p
    JOIN timeline_link k ON k.event_id = p.event_id JOIN timeline_event e ON e.id = p.event_id
    WHERE p.due_at <= now() ORDER BY p.due_at LIMIT 1 FOR UPDATE OF p SKIP LOCKED
"""


def retry_due_parked(give_up: Callable[[Sealed, str, str], None] | None = None) -> int:
    """Try one parked reaction whose time has come; return 1 if there was one.

    When it succeeds, the next parked event of its subject becomes due at once. After the last attempt it waits
    for a person: `give_up(event, group, error)` is told once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DUE)
        row = cursor.fetchone()
        if row is None:
            return 0
        parked_id, group, subject, attempts, now = row[:5]
        event = Sealed(*row[5:13], payload=_json(row[13]))
        reaction = _groups.get(group, {}).get(event.kind)
        try:
            with transaction.atomic():
                if reaction is not None:
                    _call(reaction, event, now)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("parked reaction failed again", extra={"event": event.id, "attempts": attempts})
            _wait_longer(parked_id, attempts, now, f"{type(error).__name__}: {error}")
            if attempts >= len(PARKED_AGAIN) and give_up is not None:
                give_up(event, group, str(error))
            return 1
        Parked.objects.filter(pk=parked_id).delete()
        following = Parked.objects.filter(group=group, subject=subject).order_by("seq").first()
        if following is not None:
            Parked.objects.filter(pk=following.pk).update(due_at=now)
    return 1


def _wait_longer(parked_id: int, attempts: int, now: datetime, error: str) -> None:
    due_at = now + PARKED_AGAIN[attempts] if attempts < len(PARKED_AGAIN) else None
    Parked.objects.filter(pk=parked_id).update(attempts=attempts + 1, due_at=due_at, error=error[:2000])
