"""Pages begin: one person's contact rules become deliveries, each a row with its due time and its key."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from muster.core.change import Change
from muster.core.paging import PagePlan, PlannedDelivery, start_page
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.foundation.failpoints import fail_point, fail_point_after_commit
from muster.foundation.timeline.hints import Hint, wake_after_commit
from muster.foundation.timeline.pen import command, record_many
from muster.mobilize.paging.models import Delivery, Page
from muster.mobilize.paging.queries import Reach

RowT = TypeVar("RowT", Page, Delivery)


@dataclass(frozen=True, slots=True)
class Errand:
    """Whom to page, about what, and by which step of which escalation. `why` says it to them.

    `cause` is the event that made us do it, when the command that pages reacts to many.
    """

    people: tuple[int, ...]
    about: str
    urgency: Urgency
    escalation: int | None = None
    epoch: int = 1
    round: int = 1
    step: int = 1
    sev1: bool = False
    why: str = ""
    incident: int | None = None
    cause: int | None = None


@command
def start_pages(errands: Sequence[Errand], reach: Reach, *, actor: Actor, at: datetime) -> list[Page]:
    """Page these people: a page each, and a delivery for each contact that their rules name.

    A person with nothing that a page could go to gets a page that says so (`page.unreachable`); the caller
    falls through to whoever is next.
    """
    reach.load(id_ for errand in errands for id_ in errand.people)
    planned = [
        (errand, id_, reach.plan(id_, errand.urgency))
        for errand in errands
        for id_ in reach.active(errand.people)
    ]
    pages = _record(
        Page,
        [(errand, _page_change(id_, plan, errand, at)) for errand, id_, plan in planned],
        actor,
        at,
    )
    begun = [(page, plan, errand) for page, (errand, _, plan) in zip(pages, planned, strict=True)]
    queue_messages(begun, actor=actor, at=at)
    return pages


def queue_messages(
    begun: Sequence[tuple[Page, PagePlan, Errand]], *, actor: Actor, at: datetime
) -> list[Delivery]:
    """The messages of pages that begin, as planned; part of the command that begins them."""
    queued = [
        (errand, _delivery_change(page, delivery, errand, at))
        for page, plan, errand in begun
        for delivery in plan.deliveries
    ]
    deliveries = _record(Delivery, queued, actor, at)
    fail_point("P2")
    fail_point_after_commit("P3")
    wake_after_commit(Hint.DUE)
    return deliveries


def _record(
    table: type[RowT], made: Sequence[tuple[Errand, Change]], actor: Actor, at: datetime
) -> list[RowT]:
    return list(
        record_many(
            [table() for _ in made],
            [change for _, change in made],
            actor=actor,
            at=at,
            incidents=[errand.incident for errand, _ in made],
            causes=[errand.cause for errand, _ in made] if made and made[0][0].cause else None,
        )
    )


def _page_change(person_id: int, plan: PagePlan, errand: Errand, at: datetime) -> Change:
    told = start_page(plan, errand.urgency)
    columns = {
        "person_id": person_id,
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
        "person": person_id,
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
