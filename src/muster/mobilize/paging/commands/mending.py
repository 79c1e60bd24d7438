"""What the auditor does to messages that nobody sends although somebody waits for them (reliability I5)."""

from datetime import datetime, timedelta

from muster.core.delivery import DeliveryState, release, shift
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.foundation.timeline.hints import Hint, wake_after_commit
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many
from muster.mobilize.paging.commands.posts import of_post
from muster.mobilize.paging.commands.queueing import Errand, queue_messages
from muster.mobilize.paging.facts import facts_of
from muster.mobilize.paging.models import Delivery, Page, Post
from muster.mobilize.paging.queries import Reach

SHIFTED_AT_ONCE = 200
_LIVE = (DeliveryState.QUEUED, DeliveryState.RETRYING, DeliveryState.SENDING)


@command
def release_delivery(delivery_id: int, fence: int, *, actor: Actor, at: datetime) -> bool:
    """Take a message back from a sender that has gone. False when another one has it by now, or it is out."""
    row = lock(Delivery, delivery_id)
    change = release(facts_of(row), at=at) if row.fence == fence else None
    if change is None:
        return False
    record(row, change, actor=actor, at=at)
    wake_after_commit(Hint.DUE)
    return True


@command
def queue_missing_messages(page_id: int, *, actor: Actor, at: datetime) -> bool:
    """Queue the messages of a page that began without any. False when it has some, or its person has none."""
    page = lock(Page, page_id)
    if page.deliveries.exists():
        return False
    errand = Errand(
        people=(page.person_id,),
        about=page.about,
        urgency=Urgency(page.urgency),
        escalation=page.escalation,
        epoch=page.epoch,
        sev1=page.sev1,
    )
    plan = Reach(at).plan(page.person_id, errand.urgency)
    queue_messages([(page, plan, errand)], actor, at)
    return bool(plan.deliveries)


@command
def shift_deliveries(
    by: timedelta, before_event: int, after: int = 0, *, actor: Actor, at: datetime
) -> int | None:
    """The clock was set: what waits is due, and what is held is held, for as long as before it.

    At most 200, from the first one `after` on. Returns the last one looked at; None when none is left.
    """
    return _shift(Delivery, by, before_event, after, actor, at)


@command
def shift_posts(
    by: timedelta, before_event: int, after: int = 0, *, actor: Actor, at: datetime
) -> int | None:
    """The same for what webhooks are told."""
    return _shift(Post, by, before_event, after, actor, at)


def _shift(
    model: type[Delivery] | type[Post],
    by: timedelta,
    before_event: int,
    after: int,
    actor: Actor,
    at: datetime,
) -> int | None:
    live = model._default_manager.filter(pk__gt=after, state__in=_LIVE, last_event_id__lte=before_event)
    ids = list(live.order_by("id").values_list("id", flat=True)[:SHIFTED_AT_ONCE])
    rows = [row for row in lock_many(model, ids) if row.last_event_id <= before_event]
    moved = [(row, change) for row in rows if (change := shift(facts_of(row), by)) is not None]
    changes = [of_post(change) if model is Post else change for _, change in moved]
    record_many([row for row, _ in moved], changes, actor=actor, at=at)
    return ids[-1] if ids else None
