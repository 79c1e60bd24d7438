"""What detect does by the clock: jobs that did not report in time are seen."""

import time
from datetime import datetime

from django.db import connection

from muster.core.permissions import system
from muster.detect.commands import judge_heartbeats, spare_heartbeats
from muster.foundation.timeline.due import Due, Pool

BATCH = 200
AWAY_S = 30.0
"""Who did not look for so long may find jobs that nobody could hear either."""
_LOOK_EVERY_S, _NOTED_EVERY_S = 1.0, 5.0

_DUE = "SELECT id, now() FROM detect_heartbeat WHERE due_at <= now() ORDER BY due_at LIMIT %s"
_LOOKED = """
    WITH before AS (SELECT at FROM timeline_beat WHERE process = 'heartbeats'), looked AS (
        INSERT INTO timeline_beat (process, kind, version, at) VALUES ('heartbeats', 'heartbeats', '', now())
        ON CONFLICT (process) DO UPDATE SET at = now()
    )
    SELECT now(), (SELECT at FROM before)
"""
_WAITING = "SELECT id FROM detect_heartbeat WHERE due_at IS NOT NULL ORDER BY id"


class Look:
    """Sees which jobs are due. One that begins after nobody looked for a while blames no job for it.

    While Muster itself is away, all jobs are silent. So that an upgrade or a power cut raises no alerts of
    its own, each job then has its grace once more. That nobody looked is known from the last look of any
    worker, asked when a worker starts or has stood still itself.
    """

    def __init__(self) -> None:
        self._noted_at: float | None = None

    def run(self) -> int:
        """One look; returns how many jobs were due."""
        if self._noted_at is None or time.monotonic() - self._noted_at > _NOTED_EVERY_S:
            self._note()
        with connection.cursor() as cursor:
            cursor.execute(_DUE, [BATCH])
            rows = cursor.fetchall()
        if rows:
            judge_heartbeats([id_ for id_, _ in rows], actor=system("judge_heartbeats"), at=rows[0][1])
        return len(rows)

    def _note(self) -> None:
        """Write down that somebody looks, and see whether somebody did before."""
        with connection.cursor() as cursor:
            cursor.execute(_LOOKED)
            at, before = cursor.fetchone()
        stood = self._noted_at is None or time.monotonic() - self._noted_at > AWAY_S
        if stood and before is not None and (at - before).total_seconds() > AWAY_S:
            _spare(at)
        self._noted_at = time.monotonic()


def _spare(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        ids = [id_ for (id_,) in cursor.fetchall()]
    for start in range(0, len(ids), BATCH):
        spare_heartbeats(ids[start : start + BATCH], actor=system("spare_heartbeats"), at=at)


def due_works() -> tuple[Due, ...]:
    """Detect's due work, of one worker."""
    return (Due("judge_heartbeats", Pool.ENGINE, Look().run, every_s=_LOOK_EVERY_S),)
