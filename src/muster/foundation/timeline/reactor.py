"""Works the table of reactions in lanes that keep the order per subject (design section 4).

A lane is a row `(group, lane, seq)` claimed with SKIP LOCKED, so workers share a group. Its row is also the
lock that makes parking and un-parking exclude each other: nothing waits behind an event that is gone.
"""

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import OperationalError, connection, transaction

from muster.core.permissions import system
from muster.foundation.timeline.hints import wake_after_commit
from muster.foundation.timeline.lanes import Sealed, groups, reaction_of
from muster.foundation.timeline.models import Lane, Parked
from muster.foundation.timeline.pen import caused_by, is_retried
from muster.foundation.timeline.sealer import LANES

log = logging.getLogger(__name__)

BATCH = 50
PARKED_AGAIN = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))
# Serialization and lock errors are tried again in place; the last two times with one event, which then holds
# no lock of an earlier event that somebody could wait for in a ring.
_LIMITS = (BATCH, BATCH, 1, 1)
# The server or the connection has gone, or has no room: not the fault of any one event.
_NOT_THE_EVENTS_FAULT = ("08", "53", "57P")


def prepare() -> None:
    """Make the lane rows of every registered group; a new group begins at the head, it does not replay."""
    with connection.cursor() as cursor:
        for group in groups():
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


def react(only: Sequence[str] | None = None) -> int:
    """Work one batch of one lane; return how many events it passed, 0 when no lane waits.

    The lane advances in the transaction of the effects: a kill between them is impossible.

    Raises:
        OperationalError: the database has gone or has no room; nothing was done.
    """
    for attempt, limit in enumerate(_LIMITS, 1):
        last = attempt == len(_LIMITS)
        try:
            return _react(list(groups() if only is None else only), limit, park_all=last)
        except OperationalError as error:
            if last or not is_retried(error):
                raise
            time.sleep(0.01 * attempt * (1 + secrets.randbelow(100) / 100))
    raise AssertionError("unreachable")


def _react(claimed_groups: list[str], limit: int, *, park_all: bool) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [claimed_groups])
        claimed = cursor.fetchone()
        if claimed is None:
            return 0
        lane_id, group, lane, seq, now = claimed
        cursor.execute(_NEXT, [lane, seq, limit])
        events = [_sealed(row) for row in cursor.fetchall()]
        if not events:
            return 0
        behind = _parked_subjects(group, {event.subject for event in events})
        for event in events:
            _react_to(event, group, behind, now, park_all=park_all)
        Lane.objects.filter(pk=lane_id).update(seq=events[-1].seq)
    return len(events)


def _sealed(row: Sequence[Any]) -> Sealed:
    """Django's connection hands jsonb to raw cursors as text."""
    return Sealed(*(*row[:-1], msgspec.json.decode(row[-1])))


def _parked_subjects(group: str, subjects: set[str]) -> set[str]:
    return set(Parked.objects.filter(group=group, subject__in=subjects).values_list("subject", flat=True))


def _react_to(event: Sealed, group: str, behind: set[str], now: datetime, *, park_all: bool) -> None:
    if reaction_of(group, event.kind) is None:
        return
    if event.subject in behind:
        _park(event, group, due_at=None, error="waits behind an earlier event of its subject")
        return
    error = _failure(event, group, now, retried_is_one=park_all)
    if error is not None:
        log.error("reaction failed", exc_info=error, extra={"group": group, "event": event.id})
        behind.add(event.subject)
        _park(event, group, due_at=now + PARKED_AGAIN[0], error=f"{type(error).__name__}: {error}")


def _failure(event: Sealed, group: str, now: datetime, *, retried_is_one: bool) -> Exception | None:
    """Call the reaction within a savepoint; return what went wrong with it, None when nothing did."""
    reaction = reaction_of(group, event.kind)
    if reaction is None:
        return None
    try:
        with transaction.atomic(), caused_by(event.id):
            reaction(event, actor=system(reaction.__name__), at=now)
    except OperationalError as error:
        sqlstate = getattr(error.__cause__, "sqlstate", None) or "08000"
        tried_again = is_retried(error) and not retried_is_one
        if tried_again or sqlstate.startswith(_NOT_THE_EVENTS_FAULT):
            raise
        return error
    except Exception as error:  # noqa: BLE001 - whatever a reaction raises is parked and told
        return error
    return None


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
    JOIN timeline_lane l ON l."group" = p."group" AND l.lane = k.lane
    WHERE p.due_at <= now() ORDER BY p.due_at LIMIT 1 FOR UPDATE OF p, l SKIP LOCKED
"""

GiveUp = Callable[[Sealed, str, str], object]
"""Told once, `(event, group, error)`, when a parked reaction waits for a person from now on."""


def retry_due_parked(give_up: GiveUp | None = None) -> int:
    """Try one parked reaction whose time has come; return 1 if there was one.

    When it succeeds, the next parked event of its subject becomes due at once. After the last attempt it
    waits for a person: `give_up(event, group, error)` is told once.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DUE)
        row = cursor.fetchone()
        if row is None:
            return 0
        parked_id, group, subject, attempts, now = row[:5]
        event = _sealed(row[5:])
        error = _failure(event, group, now, retried_is_one=False)
        if error is not None:
            log.error("parked reaction failed again", exc_info=error, extra={"event": event.id})
            _wait_longer(parked_id, attempts, now, f"{type(error).__name__}: {error}")
            if attempts == len(PARKED_AGAIN) and give_up is not None:
                give_up(event, group, f"{type(error).__name__}: {error}")
            return 1
        Parked.objects.filter(pk=parked_id).delete()
        _next_is_due(group, subject, now)
    return 1


def _wait_longer(parked_id: int, attempts: int, now: datetime, error: str) -> None:
    due_at = now + PARKED_AGAIN[attempts] if attempts < len(PARKED_AGAIN) else None
    Parked.objects.filter(pk=parked_id).update(attempts=attempts + 1, due_at=due_at, error=error[:2000])


def _next_is_due(group: str, subject: str, now: datetime) -> None:
    following = Parked.objects.filter(group=group, subject=subject).order_by("seq").first()
    if following is not None:
        Parked.objects.filter(pk=following.pk).update(due_at=now)
        wake_after_commit()
