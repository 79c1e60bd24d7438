"""Who is told of lost ways of being reached, and of people who left."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.foundation.timeline.lanes import Reaction, Sealed
from muster.mobilize.reach.commands import note_lost_contact, tell_of_leaving


def on_delivery_failed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A bounce, an expired subscription, a topic that is closed to us."""
    why = event.payload.get("result")
    if why:
        note_lost_contact(event.subject_id, str(why), actor=actor, at=at)


def on_person_retired(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Whoever leaves is on call on paper still: their leads hear where nobody is."""
    tell_of_leaving(event.subject_id, actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {
    "delivery.failed": on_delivery_failed,
    "person.retired": on_person_retired,
}
