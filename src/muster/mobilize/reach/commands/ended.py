"""A contact whose provider says that it has ended is taken out of use."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.foundation.access.commands import stop_contact
from muster.foundation.timeline.pen import command
from muster.mobilize.paging.models import Delivery


@command
def stop_gone_contact(delivery_id: int, why: str, *, actor: Actor, at: datetime) -> None:
    """Stop the contact of a delivery that failed because its far end is gone for good."""
    contact_id = Delivery.objects.values_list("contact_id", flat=True).get(pk=delivery_id)
    stop_contact(contact_id, why, actor=actor, at=at)
