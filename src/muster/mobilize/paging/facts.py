"""Rows as the rules see them."""

from muster.core.delivery import Delivery as Facts
from muster.core.delivery import DeliveryState
from muster.mobilize.paging.models import Delivery, Post


def facts_of(row: Delivery | Post) -> Facts:
    """What the rules of leases and sends ask of a message, whomever it goes to."""
    return Facts(
        state=DeliveryState(row.state),
        due_at=row.due_at,
        attempts=row.attempts,
        fence=row.fence,
        lease_until=row.lease_until,
        epoch=row.epoch,
    )
