"""What obligations do by the clock: remind, and state that something was not done in time."""

from collections.abc import Callable, Sequence

from django.db import connection

from muster.core.permissions import system
from muster.foundation.obligations.commands import breach_obligations, remind_obligations
from muster.foundation.timeline.due import Due, Pool

BATCH = 50

_OVERDUE = """
    SELECT id, now() FROM obligations_obligation
    WHERE state = 'armed' AND due_at < now() ORDER BY due_at LIMIT %s
"""
_TO_REMIND = """
    SELECT id, now() FROM obligations_obligation
    WHERE state = 'armed' AND remind_at <= now() AND due_at >= now() ORDER BY remind_at LIMIT %s
"""


def breach_due_obligations() -> int:
    """State what was not done in time."""
    return _each_batch(_OVERDUE, breach_obligations, "breach_due_obligations")


def remind_due_obligations() -> int:
    """Remind of what will be due."""
    return _each_batch(_TO_REMIND, remind_obligations, "remind_due_obligations")


def _each_batch(sql: str, run: Callable[..., Sequence[object]], name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, [BATCH])
        rows = cursor.fetchall()
    if not rows:
        return 0
    return len(run([row[0] for row in rows], actor=system(name), at=rows[0][1]))


DUE = (
    Due("breach_due_obligations", Pool.ENGINE, breach_due_obligations),
    Due("remind_due_obligations", Pool.ENGINE, remind_due_obligations),
)
