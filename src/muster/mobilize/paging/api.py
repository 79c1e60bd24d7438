"""`/deliveries`: what became of each message; and a page as the API shows it."""

from datetime import datetime
from typing import Any

from ninja import Query, Router
from pydantic import Field

from muster.core.permissions import Actor, Denied, Right, decide
from muster.detect.queries import alert_of
from muster.evaluate.queries import decision_of, groups
from muster.foundation.access.http import Paging, Shown, page_of
from muster.foundation.access.requests import Request
from muster.mobilize.paging import words
from muster.mobilize.paging.models import Delivery, Page
from muster.mobilize.paging.queries import call_of, deliveries
from muster.mobilize.paging.queries import page_of as one_page

router = Router(tags=["pages"])


class PageOut(Shown):
    """Somebody was paged. `about` is a group (`GRP-7`), or whom a call was for (`person:ana`).

    `state` is that of what it is about; `acknowledged_at` is when this very person answered. `begins_at` is
    set where their hours held it, `held` says why.
    """

    id: str
    person: str
    about: str
    state: str
    summary: str | None
    incident: str | None
    urgency: str
    round: int
    step: int
    started_at: datetime
    begins_at: datetime | None
    held: str
    acknowledged_at: datetime | None
    reason: str
    sentence: str


class DeliveryOut(Shown):
    """One message to one contact. `reason` says why it waits, failed or was not sent, `sentence` in words.

    `held` says why the person's hours held its page, until `held_until`; empty where they did not.
    """

    id: str
    person: str
    channel: str
    key: str
    state: str
    attempts: int
    created_at: datetime
    accepted_at: datetime | None
    reason: str
    sentence: str
    page: str
    contact: str
    due_at: datetime
    held: str
    held_until: datetime | None


class DeliveryPage(Shown):
    """Newest first."""

    items: list[DeliveryOut]
    next: str | None


class DeliveryQuery(Paging):
    """About which alert, of which page, to whom, by what; all states unless `state` names one."""

    alert: str = Field("", max_length=40)
    page: str = Field("", max_length=40)
    state: str = Field("", max_length=20)
    person: str = Field("", max_length=63)
    channel: str = Field("", max_length=40)


@router.get("/deliveries", response=DeliveryPage)
def list_deliveries(request: Request, asked: Query[DeliveryQuery]) -> dict[str, Any]:
    """What was sent. Who neither responds nor audits sees their own."""
    actor = request.arrival.actor
    rows = deliveries(actor)
    if all(isinstance(decide(actor, right), Denied) for right in (Right.RESPOND, Right.READ_AUDIT)):
        rows = rows.filter(page__person_id=actor.id or 0)
    if asked.alert:
        rows = rows.filter(page__about=about_alert(actor, asked.alert))
    if asked.page:
        rows = rows.filter(page=one_page(actor, asked.page))
    if asked.person:
        rows = rows.filter(page__person__handle=asked.person)
    exactly = {"state": asked.state, "kind": asked.channel}
    rows = rows.filter(**{column: value for column, value in exactly.items() if value})
    return page_of(rows, asked, _delivery)


def about_alert(actor: Actor, alert_id: str) -> str:
    """What pages about this alert name as `about`; empty when there are none. Raises `Refused`."""
    decision = decision_of(alert_of(actor, alert_id))
    return f"group:{decision.group_id}" if decision is not None and decision.group_id else ""


def shown_page(row: Page, actor: Actor) -> dict[str, Any]:
    """A page as the API shows it."""
    kind, _sep, number = row.about.partition(":")
    call = call_of(actor, int(number)) if kind == "call" else None
    incident = call.incident if call is not None else None
    group = groups(actor).filter(pk=int(number)).first() if kind == "group" else None
    subject = call or group
    return {
        "id": row.public_id,
        "person": row.person.handle,
        "about": f"GRP-{number}" if call is None else call.target,
        "state": subject.state if subject is not None else "",
        "summary": subject.summary if subject is not None else None,
        "incident": incident.public_id if incident is not None else None,
        "urgency": row.urgency,
        "round": row.round,
        "step": row.step,
        "started_at": row.started_at,
        "begins_at": row.begins_at,
        "held": row.held,
        "acknowledged_at": row.acknowledged_at,
        "reason": row.reason,
        "sentence": words.said(row.reason),
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "person": row.page.person.handle,
        "channel": row.kind,
        "key": row.key,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "accepted_at": row.accepted_at,
        "reason": row.reason,
        "sentence": words.said(row.reason),
        "page": row.page.public_id,
        "contact": row.contact.name,
        "due_at": row.due_at,
        "held": row.page.held,
        "held_until": row.page.begins_at,
    }
