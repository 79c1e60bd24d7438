"""A delivery through which its person answered."""

from datetime import datetime

from muster.core.delivery import MOVES, DeliveryState, answer
from muster.core.permissions import Actor, Right, require
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.paging.models import Delivery


@command
def answer_delivery(delivery_id: int, *, actor: Actor, at: datetime) -> Delivery:
    """Mark a delivery as the one that was answered; one that has ended otherwise stays as it is."""
    row = lock(Delivery, delivery_id)
    require(actor, Right.RESPOND, link=f"page:{row.page_id}")
    if DeliveryState.ACKNOWLEDGED not in MOVES[DeliveryState(row.state)]:
        return row
    return record(row, answer(row.state), actor=actor, at=at)
