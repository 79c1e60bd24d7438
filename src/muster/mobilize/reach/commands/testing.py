"""Test pages: a call, a page and a delivery for each contact, on the very road of a real page (peers 7b)."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from muster.core.change import Change
from muster.core.paging import ContactMethod, PagePlan, PlannedDelivery, PlanReason, start_page
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.foundation.access.models import Contact
from muster.foundation.access.queries import contacts_of
from muster.foundation.timeline.pen import command, record
from muster.mobilize.paging.commands import start_call
from muster.mobilize.paging.models import TEST_TARGET, Call, Delivery, Page
from muster.mobilize.reach.models import TestPage
from muster.mobilize.reach.reasons import Testing

MOST_IN_A_WHILE = 12
A_WHILE = timedelta(minutes=10)


@command
def send_test_pages(
    person_id: int, *, actor: Actor, at: datetime, contact_id: int | None = None
) -> Sequence[TestPage]:
    """Test one proved contact of a person, or all of them: each gets a page of its own to be answered.

    Raises:
        Refused: not one's own (and not an admin), nothing proved to test, or many were sent just now.
    """
    require(actor, Right.EDIT_PEOPLE, own=person_id)
    rows = [row for row in contacts_of([person_id])[person_id] if row.verified_at is not None]
    if contact_id is not None:
        rows = [row for row in rows if row.pk == contact_id]
    if not rows:
        raise Refused(Testing.NOTHING_TO_TEST)
    lately = TestPage.objects.filter(contact__person_id=person_id, asked_at__gt=at - A_WHILE)
    if actor.kind is not ActorKind.SYSTEM and lately.count() + len(rows) > MOST_IN_A_WHILE:
        raise Refused(Testing.TOO_MANY)  # a round, which nobody presses again and again, is not limited
    return [_test(row, actor, at) for row in rows]


def _test(contact: Contact, actor: Actor, at: datetime) -> TestPage:
    summary = _("This is a test page by %(contact)s. Nothing is wrong.") % {"contact": contact.name}
    target = f"{TEST_TARGET}:{contact.name}"
    call = start_call(target, actor=actor, at=at, summary=summary, urgency=Urgency.HIGH)
    method = ContactMethod(contact.pk, contact.kind, contact.name)
    plan = PagePlan((PlannedDelivery(1, method, at),), PlanReason.CONTACT_RULES)
    page = record(Page(), _page(contact, call, plan, at), actor=actor, at=at)
    delivery = record(Delivery(), _delivery(contact, page, at), actor=actor, at=at)
    columns = {
        "contact_id": contact.pk,
        "page_id": page.pk,
        "delivery_id": delivery.pk,
        "asked_at": at,
    }
    facts = {"contact": contact.name, "person": contact.person_id, "page": page.pk}
    return record(TestPage(), Change("test_page.started", columns, facts), actor=actor, at=at)


def _page(contact: Contact, call: Call, plan: PagePlan, at: datetime) -> Change:
    told = start_page(plan, Urgency.HIGH)
    columns = {
        "person_id": contact.person_id,
        "about": call.subject,
        "epoch": 1,
        "round": 1,
        "step": 1,
        "urgency": Urgency.HIGH.value,
        "reason": plan.reason.value,
        "started_at": at,
    }
    facts = dict(told.payload) | {"person": contact.person_id, "about": call.subject}
    return Change(told.kind, columns, facts, reason=told.reason)


def _delivery(contact: Contact, page: Page, at: datetime) -> Change:
    columns = {
        "page_id": page.pk,
        "contact_id": contact.pk,
        "kind": contact.kind,
        "key": secrets.token_hex(16),
        "place": 1,
        "epoch": 1,
        "urgency": Urgency.HIGH.value,
        "state": "queued",
        "due_at": at,
        "created_at": at,
    }
    facts = {"page": page.pk, "contact": contact.pk, "kind": contact.kind, "due_at": at}
    return Change("delivery.queued", columns, facts)
