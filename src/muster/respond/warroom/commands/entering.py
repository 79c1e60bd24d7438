"""Who may act in a room: responders, and whoever holds a role in this incident."""

from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.evaluate.models import Incident
from muster.foundation.timeline.pen import lock


def enter(actor: Actor, incident_id: int, right: Right = Right.RESPOND) -> Incident:
    """Lock an incident that the actor may see, for somebody who has the right or any role in it.

    Raises:
        Incident.DoesNotExist: there is none, or it is not theirs to see: the same answer.
        Refused: neither the right nor a role in this incident.
    """
    row = lock(Incident, incident_id, seen_by=actor)
    try:
        require(actor, right)
    except Refused:
        if not any(incident == incident_id for incident, _ in actor.incident_roles):
            raise
    return row


def command_of(actor: Actor, incident_id: int) -> Incident:
    """Lock an incident for its commander, or for a manager or admin on their behalf. Raises as `enter`."""
    row = lock(Incident, incident_id, seen_by=actor)
    require(actor, Right.COMMAND_INCIDENT, incident=incident_id, incident_role="incident_commander")
    return row
