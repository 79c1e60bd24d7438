"""What every act on a postmortem begins with: it is locked, visible, neither published nor waived."""

from datetime import datetime

from muster.core import phases
from muster.core.change import Change
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.phases import Phase
from muster.core.refusal import Refused
from muster.core.review import PostmortemState
from muster.evaluate.commands import write_incident
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of
from muster.foundation.timeline.pen import lock, record
from muster.respond.warroom.queries import life_of
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.queries import postmortem_of
from muster.review.postmortem.reasons import Reviewing


def opened(incident_id: int, actor: Actor) -> Postmortem:
    """Lock an incident and its postmortem, in this order, for somebody who reviews.

    Raises:
        Refused: may not; there is none to see; or it was waived.
    """
    require(actor, Right.REVIEW)
    lock(Incident, incident_of(actor, incident_id).pk)
    row = lock(Postmortem, postmortem_of(actor, incident_id).pk)
    if row.waived_at is not None:
        raise Refused(Reviewing.WAIVED)
    return row


def writable(incident_id: int, actor: Actor) -> Postmortem:
    """As `opened`, and not published. Raises `Refused`."""
    row = opened(incident_id, actor)
    if row.state == PostmortemState.PUBLISHED:
        raise Refused(Reviewing.PUBLISHED)
    return row


def take_up(row: Postmortem, *, actor: Actor, at: datetime) -> None:
    """The first person who writes is the author, and the incident enters its review, one step forward."""
    if row.author_id is None and actor.kind is ActorKind.PERSON:
        change = Change("postmortem.begun", {"author_id": actor.id}, {"person": actor.id})
        record(row, change, actor=actor, at=at, incident=row.incident_id)
    enter_review(row.incident_id, actor=actor, at=at)


def enter_review(incident_id: int, *, actor: Actor, at: datetime) -> None:
    """Move a resolved incident to `reviewing`, unless the Standard skips that phase."""

    def begun(incident: Incident) -> Change | None:
        life = life_of(incident)
        if life.phase is not Phase.RESOLVED or phases.next_phase(life) is not Phase.REVIEWING:
            return None
        return phases.advance(life, Phase.REVIEWING, at=at)

    write_incident(incident_id, begun, actor=actor, at=at)
