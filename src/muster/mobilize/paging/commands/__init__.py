"""The only writers of calls, pages and deliveries."""

from muster.mobilize.paging.commands.bundling import Claimed
from muster.mobilize.paging.commands.calls import answer_call, end_call, raise_call, start_call
from muster.mobilize.paging.commands.deliveries import (
    SendResult,
    cancel_waiting,
    claim_deliveries,
    record_deliveries,
)
from muster.mobilize.paging.commands.mending import (
    queue_missing_messages,
    release_delivery,
    shift_deliveries,
    shift_posts,
)
from muster.mobilize.paging.commands.pages import answer_pages, answer_pages_about, start_pages
from muster.mobilize.paging.commands.posts import Telling, claim_posts, record_posts, start_posts
from muster.mobilize.paging.commands.queueing import Errand
from muster.mobilize.paging.commands.rules import change_contact_rules
from muster.mobilize.paging.commands.webhooks import add_webhook, change_webhook, rotate_secret
from muster.mobilize.paging.reasons import DeliveryStopped

__all__ = [
    "Claimed",
    "DeliveryStopped",
    "Errand",
    "SendResult",
    "Telling",
    "add_webhook",
    "answer_call",
    "answer_pages",
    "answer_pages_about",
    "cancel_waiting",
    "change_contact_rules",
    "change_webhook",
    "claim_deliveries",
    "claim_posts",
    "end_call",
    "queue_missing_messages",
    "raise_call",
    "record_deliveries",
    "record_posts",
    "release_delivery",
    "rotate_secret",
    "shift_deliveries",
    "shift_posts",
    "start_call",
    "start_pages",
    "start_posts",
]
