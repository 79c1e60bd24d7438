"""Deliveries are queued, each with its due time and its key; in a storm they gather at once (design 7)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from muster.core.bundle import DIGEST_EVERY, BundleReason, Waiting, may_join
from muster.core.change import Change
from muster.core.delivery import DeliveryState
from muster.core.hold import Beginning
from muster.core.paging import PagePlan, PlannedDelivery
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.foundation.access.contact_kinds import is_read_by_person
from muster.foundation.failpoints import fail_point, fail_point_after_commit
from muster.foundation.timeline.hints import Hint, wake_after_commit
from muster.foundation.timeline.pen import record_many
from muster.mobilize.paging.carried import gathering, sent_lately
from muster.mobilize.paging.models import Delivery, Page


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


@dataclass(frozen=True, slots=True)
class Wish:
    """One delivery of a page that has begun; `begins` where it waits for the person's hours."""

    page: Page
    planned: PlannedDelivery
    errand: Errand
    begins: Beginning | None = None

    @property
    def contact_id(self) -> int:
        """The contact that it goes to."""
        return int(self.planned.contact.id)


def queue_messages(begun: Sequence[tuple[Page, PagePlan, Errand]], actor: Actor, at: datetime) -> None:
    """The messages of pages that begin, as planned; part of the command that begins them.

    What would have to wait for its contact's next minute waits from the start, behind one that waits already
    where there is one: a storm writes each message once.
    """
    wishes = [
        Wish(page, delivery, errand, plan.begins)
        for page, plan, errand in begun
        for delivery in plan.deliveries
    ]
    gathered = _Gathered([one.contact_id for one in wishes if _may_gather(one, at)], at)
    leaders: list[tuple[Wish, Change]] = []
    followers: list[tuple[Wish, int | Wish]] = []
    for wish in wishes:
        until = gathered.until.get(wish.contact_id) if _may_gather(wish, at) else None
        carrier = gathered.carrier(wish, until) if until is not None else None
        if carrier is None:
            leaders.append((wish, _queued(wish, at, until)))
        else:
            followers.append((wish, carrier))
    rows = _record(leaders, actor, at)
    made = {id(wish): row.pk for (wish, _), row in zip(leaders, rows, strict=True)}
    behind = [(wish, made[id(of)] if isinstance(of, Wish) else of) for wish, of in followers]
    _record([(wish, _folded(wish, carrier, at)) for wish, carrier in behind], actor, at)
    fail_point("P2")
    fail_point_after_commit("P3")
    wake_after_commit(Hint.DUE)


def _may_gather(wish: Wish, at: datetime) -> bool:
    """Whether the claim would have it wait for its minute: a first SEV1 page may jump, the claim knows."""
    due_now = wish.planned.due_at <= at and not wish.errand.sev1
    return due_now and is_read_by_person(wish.planned.contact.kind)


class _Gathered:
    """What waits already for the contacts to which something left within the last minute.

    `until` says when the next message to such a contact may leave.
    """

    def __init__(self, contact_ids: Sequence[int], at: datetime) -> None:
        wanted = sorted(set(contact_ids))
        lately = {pk: sent.last for pk, sent in sent_lately(wanted).items()}
        ends = {pk: last + DIGEST_EVERY for pk, last in lately.items() if last is not None}
        self.until = {pk: end for pk, end in ends.items() if end > at}
        self._waiting: dict[int, list[tuple[Waiting, int | Wish]]] = {
            pk: [(one, one.id) for one in found]
            for pk, found in (gathering(list(self.until)) if self.until else {}).items()
        }

    def carrier(self, wish: Wish, until: datetime) -> int | Wish | None:
        """Behind what a delivery gathers: a row, or a wish before it; None: others gather behind this one."""
        newcomer = Waiting(0, until, wish.errand.urgency)
        standing = self._waiting.setdefault(wish.contact_id, [])
        found = next((carrier for one, carrier in standing if may_join(newcomer, one)), None)
        if found is None:
            standing.append((newcomer, wish))
        return found


def _queued(wish: Wish, at: datetime, until: datetime | None = None) -> Change:
    columns = _columns(wish, at) | {"state": DeliveryState.QUEUED.value}
    reason: StrEnum | None = None
    if until is not None:
        reason, columns["due_at"] = BundleReason.WAITS, until
    elif wish.begins is not None:
        reason = wish.begins.reason
    columns["reason"] = reason.value if reason is not None else ""
    return Change("delivery.queued", columns, _told(columns), reason=reason)


def _folded(wish: Wish, carrier: int, at: datetime) -> Change:
    columns = _columns(wish, at) | {"state": DeliveryState.FOLDED.value, "folded_into_id": carrier}
    columns["reason"] = BundleReason.WAITS.value
    return Change(
        "delivery.folded", columns, _told(columns) | {"carrier": carrier}, reason=BundleReason.WAITS
    )


def _columns(wish: Wish, at: datetime) -> dict[str, Any]:
    return {
        "page_id": wish.page.pk,
        "contact_id": wish.contact_id,
        "kind": wish.planned.contact.kind,
        "key": secrets.token_hex(16),
        "place": wish.planned.place,
        "epoch": wish.errand.epoch,
        "urgency": wish.errand.urgency.value,
        "sev1": wish.errand.sev1,
        "due_at": wish.planned.due_at,
        "created_at": at,
    }


def _told(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        "page": columns["page_id"],
        "contact": columns["contact_id"],
        "kind": columns["kind"],
        "due_at": columns["due_at"],
    }


def _record(made: Sequence[tuple[Wish, Change]], actor: Actor, at: datetime) -> Sequence[Delivery]:
    return record_many(
        [Delivery() for _ in made],
        [change for _, change in made],
        actor=actor,
        at=at,
        incidents=[wish.errand.incident for wish, _ in made],
        causes=causes_of([wish.errand for wish, _ in made]),
    )


def causes_of(errands: Sequence[Errand]) -> list[int | None] | None:
    """The events that made us do it, row by row; None where the command names its one cause itself."""
    return [errand.cause for errand in errands] if errands and errands[0].cause else None
