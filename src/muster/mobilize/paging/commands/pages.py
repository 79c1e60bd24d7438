"""Pages begin: one person's contact rules become deliveries, each a row with its due time and its key."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from muster.core.change import Change
from muster.core.paging import ContactMethod, PagePlan, PlannedDelivery, plan_deliveries, start_page
from muster.core.permissions import Actor
from muster.core.plain_form import FormFault
from muster.core.policy_form import read_contact_rules
from muster.core.urgency import Urgency
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.queries import contacts_of
from muster.foundation.timeline.pen import command, record_many
from muster.mobilize.paging.models import Delivery, Page


@dataclass(frozen=True, slots=True)
class Errand:
    """What people are paged about, and by which step of which escalation. `why` says it to them."""

    about: str
    urgency: Urgency
    escalation: int | None = None
    epoch: int = 1
    round: int = 1
    step: int = 1
    sev1: bool = False
    why: str = ""
    incident: int | None = None


@command
def start_pages(person_ids: Sequence[int], errand: Errand, *, actor: Actor, at: datetime) -> list[Page]:
    """Page these people: a page each, and a delivery for each contact that their rules name.

    A person with nothing that a page could go to gets a page that says so (`page.unreachable`); the caller
    falls through to whoever is next.
    """
    people = Person.objects.in_bulk(list(person_ids))
    contacts = contacts_of(list(person_ids))
    plans = [
        (people[id_], plan_for(people[id_], contacts[id_], errand.urgency, at))
        for id_ in person_ids
        if id_ in people
    ]
    pages = [Page() for _ in plans]
    changes = [_page_change(person, plan, errand, at) for person, plan in plans]
    incidents = [errand.incident] * len(pages)
    record_many(pages, changes, actor=actor, at=at, incidents=incidents)
    queued = [
        (page, planned) for page, (_, plan) in zip(pages, plans, strict=True) for planned in plan.deliveries
    ]
    deliveries = [_delivery_change(page, planned, errand, at) for page, planned in queued]
    record_many(
        [Delivery() for _ in queued],
        deliveries,
        actor=actor,
        at=at,
        incidents=[errand.incident] * len(queued),
    )
    return pages


def plan_for(person: Person, contacts: Sequence[Contact], urgency: Urgency, at: datetime) -> PagePlan:
    """The deliveries of a page to this person; rules that cannot be read count as none: rather too much."""
    methods = [
        ContactMethod(row.pk, row.kind, row.name, usable=row.verified_at is not None) for row in contacts
    ]
    try:
        rules = read_contact_rules(person.rules)
    except FormFault:
        rules = {}
    return plan_deliveries(rules, methods, urgency, at)


def _page_change(person: Person, plan: PagePlan, errand: Errand, at: datetime) -> Change:
    told = start_page(plan, errand.urgency)
    columns = {
        "person_id": person.pk,
        "about": errand.about,
        "escalation": errand.escalation,
        "epoch": errand.epoch,
        "round": errand.round,
        "step": errand.step,
        "urgency": errand.urgency.value,
        "sev1": errand.sev1,
        "why": errand.why,
        "reason": plan.reason.value,
        "started_at": at,
    }
    facts: Mapping[str, object] = dict(told.payload) | {
        "person": person.pk,
        "about": errand.about,
        "escalation": errand.escalation,
        "epoch": errand.epoch,
        "round": errand.round,
        "step": errand.step,
    }
    return Change(told.kind, columns, facts, reason=told.reason)


def _delivery_change(page: Page, planned: PlannedDelivery, errand: Errand, at: datetime) -> Change:
    columns = {
        "page_id": page.pk,
        "contact_id": planned.contact.id,
        "kind": planned.contact.kind,
        "key": secrets.token_hex(16),
        "place": planned.place,
        "epoch": errand.epoch,
        "urgency": errand.urgency.value,
        "sev1": errand.sev1,
        "state": "queued",
        "due_at": planned.due_at,
        "created_at": at,
    }
    facts = {
        "page": page.pk,
        "contact": planned.contact.id,
        "kind": planned.contact.kind,
        "due_at": planned.due_at,
    }
    return Change("delivery.queued", columns, facts)


@command
def answer_pages(about: str, *, actor: Actor, at: datetime, person_id: int | None = None) -> None:
    """Mark the pages about something as answered by this person (all of theirs, once)."""
    rows = Page.objects.select_for_update(no_key=True).filter(about=about, acknowledged_at__isnull=True)
    mine = list(rows.filter(person_id=person_id or 0).order_by("id"))
    change = Change("page.acknowledged", {"acknowledged_at": at}, {"person": person_id})
    record_many(mine, [change] * len(mine), actor=actor, at=at)
