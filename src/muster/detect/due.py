"""What detect does by the clock: jobs that did not report in time are seen, alerts end that nobody repeats,
and signals are counted."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import OperationalError, connection

from muster.core.intake import SPARED_AT_MOST
from muster.core.permissions import system
from muster.detect.commands import (
    add_up_repeats,
    count_signals,
    end_unrepeated_alerts,
    forget_traffic,
    judge_heartbeats,
    spare_alerts,
    spare_heartbeats,
)
from muster.detect.commands.repeating import ADDED_UP
from muster.detect.commands.traffic import AT_ONCE
from muster.foundation.timeline.beats import DOORS
from muster.foundation.timeline.due import Due, Pool

log = logging.getLogger(__name__)

BATCH = 200
AWAY_S = 30.0
"""Who did not look for so long may find jobs and senders that nobody could hear either."""
_LOOK_EVERY_S, _NOTED_EVERY_S = 1.0, 5.0
_ADD_UP_EVERY_S = 1.0
_COUNT_EVERY_S, _FORGET_EVERY_S = 4.0, 600.0

_DUE = "SELECT id, now() FROM detect_heartbeat WHERE due_at <= now() ORDER BY due_at LIMIT %s"
_OVER = """
    SELECT id, now() FROM detect_alert WHERE holds_until <= now() AND state <> 'resolved'
    ORDER BY holds_until LIMIT %s
"""
_JOBS, _SENDERS = "heartbeats", "senders"
_BEFORE = """
    SELECT now(), max(at) FILTER (WHERE process = %(jobs)s), max(at) FILTER (WHERE process = %(senders)s),
        max(at) FILTER (WHERE process = %(doors)s)
    FROM timeline_beat WHERE process IN (%(jobs)s, %(senders)s, %(doors)s)
"""
_LOOKED = """
    INSERT INTO timeline_beat (process, kind, version, at) VALUES (%s, %s, '', %s)
    ON CONFLICT (process) DO UPDATE SET at = excluded.at
"""
_WAITING = "SELECT id FROM detect_heartbeat WHERE due_at IS NOT NULL ORDER BY id"
_SOON_OVER = "SELECT id FROM detect_alert WHERE holds_until < %s AND state <> 'resolved' ORDER BY id"


def look() -> int:
    """See which jobs are due and which alerts nobody repeats; returns how many were. After nobody looked for
    a while no job is blamed for it, and no alert ends by it.

    While Muster itself is away, or its machine sleeps, all are silent. So that an upgrade or a power cut
    raises no alerts of its own and ends none that still hold, each job then has its grace once more, and each
    sender the time that it named. That nobody looked is known from the last look of any worker, by the
    database's clock, and a look is written down when all were spared. Senders were looked for until the doors
    last heard: while they are deaf (no web process lives, or each turns some away) no alert ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, {"jobs": _JOBS, "senders": _SENDERS, "doors": DOORS})
        at, jobs, senders, doors = cursor.fetchone()
    heard = at if doors is None else doors
    hears = _apart(heard, at) <= AWAY_S
    _looked(_JOBS, jobs, at, lambda: _spare_jobs(at))
    if hears:
        _looked(_SENDERS, jobs if senders is None else senders, heard, lambda: _spare_senders(at))
    judged = _each_due(_DUE, lambda ids, at: judge_heartbeats(ids, actor=system("judge_heartbeats"), at=at))
    if not hears:
        return judged
    return judged + _each_due(
        _OVER, lambda ids, at: end_unrepeated_alerts(ids, actor=system("end_unrepeated"), at=at)
    )


def _apart(before: datetime, at: datetime) -> float:
    return (at - before).total_seconds()


def _looked(beat: str, before: datetime | None, at: datetime, spare: Callable[[], None]) -> None:
    """Write down until when was looked; after a while in which nobody did, all are spared first."""
    if before is not None and _apart(before, at) > AWAY_S:
        spare()
    if before is None or _apart(before, at) > _NOTED_EVERY_S:
        with connection.cursor() as cursor:
            cursor.execute(_LOOKED, [beat, beat, at])


def _each_due(due: str, act: Callable[[Sequence[int], datetime], object]) -> int:
    """Together, else one by one: one that cannot be judged keeps no other from being seen (I14)."""
    with connection.cursor() as cursor:
        cursor.execute(due, [BATCH])
        rows = cursor.fetchall()
    if not rows:
        return 0
    ids, at = [id_ for id_, _ in rows], rows[0][1]
    if not _done(ids, act, at):
        for id_ in ids:
            _done([id_], act, at)
    return len(rows)


def _done(ids: Sequence[int], act: Callable[[Sequence[int], datetime], object], at: datetime) -> bool:
    try:
        act(ids, at)
    except OperationalError:
        raise
    except Exception:
        log.exception("what is due cannot be judged: %s", ids)
        return False
    return True


def _spare_jobs(at: datetime) -> None:
    for ids in _batches(_WAITING):
        spare_heartbeats(ids, actor=system("spare_heartbeats"), at=at)


def _spare_senders(at: datetime) -> None:
    for ids in _batches(_SOON_OVER, at + SPARED_AT_MOST):
        spare_alerts(ids, actor=system("spare_alerts"), at=at)


def _batches(waiting: str, *values: datetime) -> list[list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(waiting, values)
        ids = [id_ for (id_,) in cursor.fetchall()]
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def due_works() -> tuple[Due, ...]:
    """Detect's due work, of one worker."""
    return (
        Due("judge_heartbeats", Pool.ENGINE, look, every_s=_LOOK_EVERY_S),
        Due("add_up_repeats", Pool.ENGINE, add_up_repeats, every_s=_ADD_UP_EVERY_S, full=ADDED_UP),
        Due("count_signals", Pool.BACKGROUND, count_signals, every_s=_COUNT_EVERY_S, full=AT_ONCE),
        Due("forget_traffic", Pool.BACKGROUND, forget_traffic, every_s=_FORGET_EVERY_S),
    )
