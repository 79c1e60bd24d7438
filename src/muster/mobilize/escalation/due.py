"""Climbs the escalations whose next step is due."""

from muster.core.permissions import system
from muster.foundation.access.queries import now
from muster.foundation.timeline.due import Due, Pool
from muster.mobilize.escalation.commands import climb_due

BATCH = 50


def climb_due_escalations() -> int:
    """Start every step whose time has come, in batches."""
    return climb_due(BATCH, actor=system("climb_due_escalations"), at=now())


DUE = (Due("climb_due_escalations", Pool.ENGINE, climb_due_escalations),)
