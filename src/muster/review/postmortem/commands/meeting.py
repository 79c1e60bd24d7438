"""The review meeting: planned, then held within its business days (R53, R55)."""

from datetime import datetime

from muster.core.change import Change
from muster.core.obligations import Kind
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.foundation.obligations.commands import meet_obligations
from muster.foundation.timeline.pen import command, record
from muster.review.postmortem.commands.opening import opened
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.reasons import Reviewing


@command
def plan_meeting(incident_id: int, meeting_at: datetime, *, actor: Actor, at: datetime) -> Postmortem:
    """Say when the review meeting takes place. Planning it does not meet what is owed; holding it does.

    Raises:
        Refused: may not, no such postmortem, waived, or held already.
    """
    row = opened(incident_id, actor)
    if row.meeting_held_at is not None:
        raise Refused(Reviewing.MEETING_HELD)
    if meeting_at == row.meeting_at:
        return row
    facts = {"before": row.meeting_at, "meeting_at": meeting_at}
    change = Change("postmortem.meeting_planned", {"meeting_at": meeting_at}, facts)
    return record(row, change, actor=actor, at=at, incident=row.incident_id)


@command
def hold_meeting(incident_id: int, *, actor: Actor, at: datetime) -> Postmortem:
    """Say that the review meeting was held: at its time, which has come.

    Raises:
        Refused: may not, no such postmortem, waived, none was planned, it is still to come, or held already.
    """
    row = opened(incident_id, actor)
    if row.meeting_held_at is not None:
        raise Refused(Reviewing.MEETING_HELD)
    if row.meeting_at is None:
        raise Refused(Reviewing.MEETING_NOT_PLANNED)
    if row.meeting_at > at:
        raise Refused(Reviewing.MEETING_AHEAD)
    change = Change(
        "postmortem.meeting_held", {"meeting_held_at": row.meeting_at}, {"meeting_at": row.meeting_at}
    )
    record(row, change, actor=actor, at=at, incident=row.incident_id)
    meet_obligations(row.incident.subject, [Kind.POSTMORTEM_MEETING_BY], actor=actor, at=row.meeting_at)
    return row
