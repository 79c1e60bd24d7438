"""When a message fails because its far end is gone, the contact is taken out of use."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.core.ports.contact_form import FailureReason
from muster.foundation.timeline.lanes import Reaction, Sealed
from muster.mobilize.reach.commands import stop_gone_contact


def on_delivery_failed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """An expired subscription or a webhook that answered 410 is not tried with the next page."""
    if event.payload.get("result") == FailureReason.GONE:
        stop_gone_contact(event.subject_id, FailureReason.GONE.value, actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {"delivery.failed": on_delivery_failed}
