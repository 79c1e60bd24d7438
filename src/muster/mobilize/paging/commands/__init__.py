"""The only writers of calls, pages and deliveries."""

from muster.mobilize.paging.commands.calls import answer_call, end_call, start_call
from muster.mobilize.paging.commands.deliveries import (
    Claimed,
    cancel_waiting,
    claim_deliveries,
    record_delivery,
)
from muster.mobilize.paging.commands.pages import Errand, answer_pages, plan_for, start_pages
from muster.mobilize.paging.reasons import DeliveryStopped

__all__ = [
    "Claimed",
    "DeliveryStopped",
    "Errand",
    "answer_call",
    "answer_pages",
    "cancel_waiting",
    "claim_deliveries",
    "end_call",
    "plan_for",
    "record_delivery",
    "start_call",
    "start_pages",
]
