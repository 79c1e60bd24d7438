"""When a message fails for good, whoever lost that way of being reached is told by another."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.foundation.timeline.lanes import Reaction, Sealed
from muster.mobilize.reach.commands import note_lost_contact


def on_delivery_failed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A bounce, an expired subscription, a topic that is closed to us."""
    why = event.payload.get("result")
    if why:
        note_lost_contact(event.subject_id, str(why), actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {"delivery.failed": on_delivery_failed}
