"""What detect does by the clock: jobs that did not report in time are seen."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import OperationalError, connection

from muster.core.permissions import system
from muster.detect.commands import judge_heartbeats, spare_heartbeats
from muster.foundation.timeline.due import Due, Pool

log = logging.getLogger(__name__)

BATCH = 200
AWAY_S = 30.0
"""Who did not look for so long may find jobs that nobody could hear either."""
_LOOK_EVERY_S, _NOTED_EVERY_S = 1.0, 5.0
_JUDGE = system("judge_heartbeats")

_DUE = "SELECT id, now() FROM detect_heartbeat WHERE due_at <= now() ORDER BY due_at LIMIT %s"
_BEFORE = "SELECT now(), (SELECT at FROM timeline_beat WHERE process = 'heartbeats')"
_LOOKED = """
    INSERT INTO timeline_beat (process, kind, version, at) VALUES ('heartbeats', 'heartbeats', '', now())
    ON CONFLICT (process) DO UPDATE SET at = now()
"""
_WAITING = "SELECT id FROM detect_heartbeat WHERE due_at IS NOT NULL ORDER BY id"


def look() -> int:
    """See which jobs are due; returns how many were. After nobody looked for a while no job is blamed for it.

    While Muster itself is away, or its machine sleeps, all jobs are silent. So that an upgrade or a power cut
    raises no alerts of its own, each job then has its grace once more. That nobody looked is known from the
    last look of any worker, by the database's clock, and a look is written down when all were spared.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE)
        at, before = cursor.fetchone()
        if before is not None and (at - before).total_seconds() > AWAY_S:
            _spare(at)
        if before is None or (at - before).total_seconds() > _NOTED_EVERY_S:
            cursor.execute(_LOOKED)
        cursor.execute(_DUE, [BATCH])
        rows = cursor.fetchall()
    if rows:
        _judge([id_ for id_, _ in rows], rows[0][1])
    return len(rows)


def _judge(ids: Sequence[int], at: datetime) -> None:
    """Together, else one by one: one that cannot be judged keeps no other from being seen (I14)."""
    try:
        judge_heartbeats(ids, actor=_JUDGE, at=at)
    except OperationalError:
        raise
    except Exception:
        log.exception("heartbeats could not be judged together")
        for id_ in ids:
            try:
                judge_heartbeats([id_], actor=_JUDGE, at=at)
            except OperationalError:
                raise
            except Exception:
                log.exception("heartbeat %s cannot be judged", id_)


def _spare(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        ids = [id_ for (id_,) in cursor.fetchall()]
    for start in range(0, len(ids), BATCH):
        spare_heartbeats(ids[start : start + BATCH], actor=system("spare_heartbeats"), at=at)


def due_works() -> tuple[Due, ...]:
    """Detect's due work, of one worker."""
    return (Due("judge_heartbeats", Pool.ENGINE, look, every_s=_LOOK_EVERY_S),)
