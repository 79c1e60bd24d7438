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
from muster.foundation.timeline.hints import Hint, wake_after_commit
from muster.foundation.timeline.lanes import (
    Reaction,
    Sealed,
    gathered,
    groups,
    kinds_of,
    reaction_of,
    takes_many,
)
from muster.foundation.timeline.models import Parked
from muster.foundation.timeline.pen import caused_by, is_retried
from muster.foundation.timeline.prepared import prepared_cursor
from muster.foundation.timeline.sealer import LANES

log = logging.getLogger(__name__)

BATCH = 200
PASS_AFTER = 250
"""After so many links, idle lanes are sent on: every claim looks through what they lag."""
PARKED_AGAIN = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))
# Serialization and lock errors are tried again in place; the last two times with one event, which then holds
# no lock of an earlier event that somebody could wait for in a ring.
_LIMITS = (BATCH, BATCH, 1, 1)
# The server or the connection has gone, or has no room: not the fault of any one event.
_NOT_THE_EVENTS_FAULT = ("08", "53", "57P")


def prepare() -> None:
    """Make the lane rows of every registered group; a new group begins at the head, it does not replay."""
    wanted = sorted({kind for group in groups() for kind in kinds_of(group)})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timeline_wanted (kind) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [wanted]
        )
        for group in groups():
            cursor.execute(
                """INSERT INTO timeline_lane ("group", lane, seq)
                   SELECT %s, lane, coalesce((SELECT max(seq) FROM timeline_link), 0)
                   FROM generate_series(0, %s) AS lane ON CONFLICT DO NOTHING""",
                [group, LANES - 1],
            )


# What a group reacts to comes as rows (group, kinds). The lane that has waited longest is claimed, and with
# it others of its group in which something waits and that nobody holds: they go together, half of all lanes
# at most, so that a second worker always finds the other half.
# `head` is the newest link that this statement sees; links commit in the order of `seq`.
_TABLE = """SELECT t.g, string_to_array(t.k, ',') AS kinds FROM unnest(%s::text[], %s::text[]) AS t(g, k)"""
# (PostgreSQL cannot know that lanes are near the head. Limit and order keep it from reading all links; rows
# are compared, and the lane by its bound, so that only the index of lanes gives this order: it would look
# through the links of other lanes, or sort all that wait. The event is asked for its kind only where the link
# of an older version does not say it, and read only when it is one of the first.)
_WAITS = """
    FROM timeline_link k WHERE (k.lane, k.seq) > (l.lane, l.seq) AND k.lane <= l.lane
        AND coalesce(k.kind, (SELECT e.kind FROM timeline_event e WHERE e.id = k.event_id)) = ANY(w.kinds)
    ORDER BY k.lane, k.seq LIMIT
"""
_IS_WANTED = f"(SELECT k.seq {_WAITS} 1) IS NOT NULL"
_CLAIM = f"""
    WITH w AS MATERIALIZED ({_TABLE}), first AS MATERIALIZED (
        SELECT l.id, l."group", l.lane, l.seq FROM timeline_lane l JOIN w ON w.g = l."group"
        WHERE {_IS_WANTED} ORDER BY l.seq LIMIT 1 FOR UPDATE OF l SKIP LOCKED
    ), others AS MATERIALIZED (
        SELECT l.id, l."group", l.lane, l.seq
        FROM first JOIN w ON w.g = first."group" JOIN timeline_lane l ON l."group" = w.g AND l.id <> first.id
        WHERE {_IS_WANTED} ORDER BY l.seq LIMIT {LANES // 2 - 1} FOR UPDATE OF l SKIP LOCKED
    ), claimed AS (SELECT * FROM first UNION ALL SELECT * FROM others), waiting AS MATERIALIZED (
        SELECT k.* FROM claimed l JOIN w ON w.g = l."group"
        CROSS JOIN LATERAL (SELECT k.seq, k.event_id {_WAITS} %s) k ORDER BY k.seq LIMIT %s
    )
    SELECT (SELECT array_agg(id) FROM claimed), (SELECT "group" FROM first), now(),
        (SELECT max(seq) FROM timeline_link),
        k.seq, e.id, e.command, e.kind, e.subject, e.incident, e.actor, e.at, e.payload
    FROM waiting k JOIN timeline_event e ON e.id = k.event_id ORDER BY k.seq
"""  # noqa: S608 - made of constants
_PARKED = """SELECT DISTINCT subject FROM timeline_parked WHERE "group" = %s AND subject = ANY(%s::text[])"""
# In a claimed lane nothing that is wanted comes before the last event of a full batch; and of one that is not
# full, nothing more at all.
_ADVANCE = "UPDATE timeline_lane SET seq = %s WHERE id = ANY(%s::bigint[]) AND seq < %s"
# Lanes in which nothing is wanted go to the head, all at once and not for every event: looking past a few is
# cheaper than writing them. One that another worker holds is left alone; one that it has moved on meanwhile
# had more to look at when this statement looked, not less.
_PASS = f"""
    WITH w AS MATERIALIZED ({_TABLE}), head AS (SELECT max(seq) AS seq FROM timeline_link),
    idle AS (SELECT l.id FROM timeline_lane l JOIN w ON w.g = l."group", head
             WHERE l.seq < head.seq - 100 AND NOT {_IS_WANTED} FOR UPDATE OF l SKIP LOCKED)
    UPDATE timeline_lane SET seq = head.seq FROM head, idle WHERE timeline_lane.id = idle.id
"""  # noqa: S608 - made of constants


class _Passed:
    """Up to which link this process sent idle lanes on."""

    at = 0


def react(only: Sequence[str] | None = None) -> int:
    """Work one batch of one group; return how many events it reacted to, 0 when no lane waits.

    The lanes advance in the transaction of the effects: a kill between them is impossible.

    Raises:
        OperationalError: the database has gone or has no room; nothing was done.
    """
    for attempt, limit in enumerate(_LIMITS, 1):
        last = attempt == len(_LIMITS)
        try:
            done, head = _react(list(groups() if only is None else only), limit, park_all=last)
        except OperationalError as error:
            if last or not is_retried(error):
                raise
            time.sleep(0.01 * attempt * (1 + secrets.randbelow(100) / 100))
        else:
            if head - _Passed.at >= PASS_AFTER:
                _pass_on(only, head)
            return done
    raise AssertionError("unreachable")


def _pass_on(only: Sequence[str] | None, head: int) -> None:
    """The batch is committed: what fails here is tried again with the next one."""
    try:
        pass_idle_lanes(only)
    except OperationalError as error:
        log.warning("idle lanes were not sent on: %s", error)
    else:
        _Passed.at = head


def pass_idle_lanes(only: Sequence[str] | None = None) -> int:
    """Send the lanes in which nothing is wanted to the head, so that nobody looks past it; returns 0."""
    wanted = list(groups() if only is None else only)
    with prepared_cursor() as cursor:
        cursor.execute(_PASS, [wanted, [",".join(kinds_of(group)) for group in wanted]])
    return 0


def _react(only: list[str], limit: int, *, park_all: bool) -> tuple[int, int]:
    """How many events were reacted to, and the newest link (0 when no lane waits)."""
    table = [only, [",".join(kinds_of(group)) for group in only]]
    with transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute(_CLAIM, [*table, limit, limit])
        rows = cursor.fetchall()
        if not rows:
            return 0, 0
        claimed, group, now, head, *_rest = rows[0]
        events = [_sealed(row[4:]) for row in rows]
        # Asked once the lanes are ours: the claim's own snapshot may be older than what was parked, or freed.
        cursor.execute(_PARKED, [group, [event.subject for event in events]])
        behind = {subject for (subject,) in cursor.fetchall()}
        for reaction, some in gathered(events, group):
            _react_to(reaction, some, group, behind, now, park_all=park_all)
        upto = events[-1].seq if len(rows) == limit else head
        cursor.execute(_ADVANCE, [upto, claimed, upto])
    return len(events), head


def _sealed(row: Sequence[Any]) -> Sealed:
    """Django's connection hands jsonb to raw cursors as text."""
    return Sealed(*(*row[:-1], msgspec.json.decode(row[-1])))


def _react_to(
    reaction: Reaction,
    events: Sequence[Sealed],
    group: str,
    behind: set[str],
    now: datetime,
    *,
    park_all: bool,
) -> None:
    """React to events of different subjects: together where the reaction takes many, else one by one."""
    for event in events:
        if event.subject in behind:
            _park(event, group, due_at=None, error="waits behind an earlier event of its subject")
    free = [event for event in events if event.subject not in behind]
    if len(free) > 1 and takes_many(reaction):
        if _failure(reaction, free, now, retried_is_one=False) is None:
            return
        log.warning("a reaction to many failed, each goes by itself", extra={"group": group})
    for event in free:
        error = _failure(reaction, [event], now, retried_is_one=park_all)
        if error is not None:
            log.error("reaction failed", exc_info=error, extra={"group": group, "event": event.id})
            behind.add(event.subject)
            _park(event, group, due_at=now + PARKED_AGAIN[0], error=f"{type(error).__name__}: {error}")


def _failure(
    reaction: Reaction, events: Sequence[Sealed], now: datetime, *, retried_is_one: bool
) -> Exception | None:
    """Call the reaction within a savepoint; return what went wrong with it, None when nothing did."""
    given: Any = list(events) if takes_many(reaction) else events[0]
    try:
        with transaction.atomic(), caused_by(events[0].id):
            reaction(given, actor=system(reaction.__name__), at=now)
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
    with transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute(_DUE)
        row = cursor.fetchone()
        if row is None:
            return 0
        parked_id, group, subject, attempts, now = row[:5]
        event = _sealed(row[5:])
        reaction = reaction_of(group, event.kind)
        error = None if reaction is None else _failure(reaction, [event], now, retried_is_one=False)
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
        wake_after_commit(Hint.WANTED)
