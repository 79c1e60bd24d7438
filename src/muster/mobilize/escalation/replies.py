"""Replies to pages: judged, and then answered as their person, through the scope of that page only."""

from django.db import connections

from muster.core.permissions import Via
from muster.core.refusal import Refused
from muster.core.reply import Answered, Reply, ReplyAnswer, judge
from muster.foundation.access.queries import arrival_of, now
from muster.mobilize.escalation.commands import acknowledge_page
from muster.mobilize.paging.commands.answered import answer_delivery
from muster.mobilize.paging.models import Delivery
from muster.mobilize.paging.reply_links import delivery_of_reply


def take_reply(reply: Reply) -> ReplyAnswer:
    """Acknowledge the page that a reply answers, when it counts; a second one is no fault."""
    try:
        return _take(reply)
    finally:
        connections.close_all()


def _take(reply: Reply) -> ReplyAnswer:
    number = delivery_of_reply(reply.token)
    rows = Delivery.objects.select_related("contact", "page").filter(pk=number or 0, kind="email")
    row = rows.first()
    refused = judge(reply, _facts(row) if row is not None else None, now())
    if refused is not None or row is None:
        return refused or ReplyAnswer.TOKEN_UNKNOWN
    scope = f"page:{row.page_id}"
    try:
        arrival = arrival_of(row.page.person_id, via=Via.LINK, scope=scope)
        acknowledge_page(row.page_id, actor=arrival.actor, at=arrival.at)
        answer_delivery(row.pk, actor=arrival.actor, at=arrival.at)
    except Refused:
        return ReplyAnswer.REFUSED  # somebody else has it, it is over, or the person's access has ended
    return ReplyAnswer.ACKNOWLEDGED


def _facts(row: Delivery) -> Answered:
    contact = row.contact
    proved = contact.verified_at is not None and contact.retired_at is None
    return Answered(str(contact.target.get("address", "")), proved, row.created_at)
