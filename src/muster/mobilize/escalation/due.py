"""Climbs the escalations whose next step is due; asks again where an acknowledgement was forgotten."""

from django.db import connection

from muster.core.permissions import system
from muster.evaluate.commands import wake_group
from muster.foundation.access.queries import now
from muster.foundation.timeline.due import Due, Pool
from muster.mobilize.escalation.commands import climb_due

BATCH = 50
FIRST_CLIMBED, MOST_CLIMBED = 100, 500
"""Batches grow while there are more: the first letters leave soon, and in a large batch a step costs half."""
_ASK_EVERY_S = 5.0

_FORGOTTEN = """
    SELECT g.id, e.acknowledged_for, now() FROM escalation_escalation e
    JOIN evaluate_alertgroup g ON e.about = 'group:' || g.id
    WHERE e.acknowledged_for IS NOT NULL AND e.state <> 'running' AND g.state = 'acknowledged'
        AND g.snoozed_until IS NULL AND g.incident_id IS NULL
        AND g.acknowledged_at + e.acknowledged_for <= now()
    ORDER BY g.acknowledged_at LIMIT %s
"""


def climb_due_escalations(together: int = FIRST_CLIMBED) -> int:
    """Start the steps whose time has come, so many at most; returns how many."""
    return climb_due(together, actor=system("climb_due_escalations"), at=now())


class Climber:
    """Climbs in batches that grow while each is full."""

    def __init__(self) -> None:
        self._together = FIRST_CLIMBED

    def run(self) -> int:
        """Climb one batch; returns how many steps started."""
        climbed = climb_due_escalations(self._together)
        is_full = climbed == self._together
        self._together = min(2 * self._together, MOST_CLIMBED) if is_full else FIRST_CLIMBED
        return climbed


def ask_again() -> int:
    """Page afresh for groups that were acknowledged long ago and are open still (R41)."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN, [BATCH])
        found = cursor.fetchall()
    for group_id, holds, at in found:
        wake_group(group_id, actor=system("ask_again"), at=at, acknowledged_for=holds)
    return len(found)


DUE = (
    Due("climb_due_escalations", Pool.ENGINE, Climber().run, full=FIRST_CLIMBED),
    Due("ask_again", Pool.ENGINE, ask_again, every_s=_ASK_EVERY_S, full=BATCH),
)
