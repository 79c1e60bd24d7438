"""Pages begin: one person's contact rules become deliveries, each a row with its due time and its key."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from muster.core.change import Change
from muster.core.paging import PagePlan, start_page
from muster.core.permissions import Actor
from muster.foundation.timeline.pen import command, record_many
from muster.mobilize.paging.commands.queueing import Errand, causes_of, queue_messages
from muster.mobilize.paging.models import Page
from muster.mobilize.paging.queries import Reach


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
    pages = record_many(
        [Page() for _ in planned],
        [_page_change(id_, plan, errand, at) for errand, id_, plan in planned],
        actor=actor,
        at=at,
        incidents=[errand.incident for errand, _, _ in planned],
        causes=causes_of([errand for errand, _, _ in planned]),
    )
    begun = [(page, plan, errand) for page, (errand, _, plan) in zip(pages, planned, strict=True)]
    queue_messages(begun, actor, at)
    return list(pages)


def _page_change(person_id: int, plan: PagePlan, errand: Errand, at: datetime) -> Change:
    told = start_page(plan, errand.urgency)
    columns: dict[str, object] = {
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
    if plan.begins is not None:
        columns |= {"begins_at": plan.begins.at, "held": plan.begins.reason.value}
    facts: Mapping[str, object] = dict(told.payload) | {
        "person": person_id,
        "about": errand.about,
        "escalation": errand.escalation,
        "epoch": errand.epoch,
        "round": errand.round,
        "step": errand.step,
    }
    return Change(told.kind, columns, facts, reason=told.reason)


@command
def answer_pages(about: str, *, actor: Actor, at: datetime, person_id: int | None = None) -> None:
    """Mark the pages about something as answered by this person (all of theirs, once)."""
    answer_pages_about([about], actor=actor, at=at, person_id=person_id)


@command
def answer_pages_about(
    abouts: Sequence[str], *, actor: Actor, at: datetime, person_id: int | None = None
) -> None:
    """Mark the pages about these things as answered by this person (all of theirs, once)."""
    rows = Page.objects.select_for_update(no_key=True).filter(
        about__in=list(abouts), acknowledged_at__isnull=True
    )
    mine = list(rows.filter(person_id=person_id or 0).order_by("id"))
    change = Change("page.acknowledged", {"acknowledged_at": at}, {"person": person_id})
    record_many(mine, [change] * len(mine), actor=actor, at=at)
