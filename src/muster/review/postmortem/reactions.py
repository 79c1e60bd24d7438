"""When an incident is resolved, see whether a postmortem is due; when it is reopened, wait."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.foundation.timeline.lanes import Reaction, Sealed
from muster.review.postmortem.commands import begin_review, suspend_review


def on_incident_resolved(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """The triggers are looked at; the draft and its clocks follow."""
    begin_review(event.subject_id, actor=actor, at=at)


def on_incident_reopened(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Nothing is owed on a review while people work."""
    suspend_review(event.subject_id, actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {
    "incident.resolved": on_incident_resolved,
    "incident.reopened": on_incident_reopened,
}
