"""Deliveries: claimed under a lease and a fence, recorded after the send (design 7; I5, I6, I8, I15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef

from muster.core.claim import Subject, may_claim
from muster.core.delivery import Accepted, DeliveryState, cancel, record_result
from muster.core.lifecycle import AlertState
from muster.core.outcome import Sibling, hasten_next
from muster.core.permissions import Actor
from muster.core.retry import AttemptFailed
from muster.foundation.access.models import Contact
from muster.foundation.access.queries import targets_of
from muster.foundation.failpoints import fail_point
from muster.foundation.timeline.pen import command, lock_many, record_many
from muster.mobilize.paging.carried import answered_pages, pages_of_message, standing
from muster.mobilize.paging.commands.bundling import Claimed, bundle_claims, end_claims
from muster.mobilize.paging.facts import facts_of
from muster.mobilize.paging.models import Delivery
from muster.mobilize.paging.reasons import DeliveryStopped

BATCH = 50
CANCELLED_AT_ONCE = 1000
"""Five messages for each event of a full batch of reactions."""

# Expired leases first, then SEV1, then high urgency, then the freshest (reliability I12).
# A contact's messages are one worker's at a time: two would send two within the same minute.
_DUE = """
    SELECT d.id FROM paging_delivery d JOIN access_contact c ON c.id = d.contact_id
    WHERE d.kind = %(kind)s AND (
        (state IN ('queued', 'retrying') AND due_at <= now())
        OR (state = 'sending' AND lease_until <= now()))
    ORDER BY sev1 DESC, urgency, due_at DESC LIMIT %(limit)s
    FOR NO KEY UPDATE OF d, c SKIP LOCKED
"""


@command
def claim_deliveries(
    kind: str, limit: int, read_by_person: bool, *, actor: Actor, at: datetime
) -> list[Claimed]:
    """Claim due deliveries of one kind of contact; a send counts as started when this has committed.

    What each page is about is re-read FOR SHARE, so that whoever acknowledged first wins: what nobody wants
    any more is cancelled here. `read_by_person` is what this kind says of itself (`ContactForm`).
    """
    fail_point("C1")
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"kind": kind, "limit": min(limit, BATCH)})
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    fail_point("C2")
    rows = _rows(ids)
    subjects = standing({row.page.about for row in rows}, shared=True)
    answered = answered_pages({row.page_id for row in rows})
    verdicts = {
        row.pk: may_claim(
            _ANSWERED if row.page_id in answered else subjects[row.page.about],
            facts_of(row),
            at=at,
            contact_usable=_is_usable(row.contact),
        )
        for row in rows
    }
    wanted = [row for row in rows if verdicts[row.pk].may_send]
    changes = {pk: verdict.change for pk, verdict in verdicts.items() if verdict.change is not None}
    ended = [(row, changes[row.pk]) for row in rows if row.pk in changes and row not in wanted]
    end_claims(ended, actor=actor, at=at)
    _hasten([row for row, _ in ended if row.state == DeliveryState.FAILED], actor, at)
    return bundle_claims(wanted, changes, read_by_person, actor=actor, at=at)


def _rows(ids: Sequence[int]) -> list[Delivery]:
    """The deliveries with what they need. Each contact is opened by itself: one that cannot be (sealed by
    another secret) fails its own deliveries and no neighbour's (I14)."""
    found = Delivery.objects.select_related("page__person", "contact").defer("contact__target")
    rows = list(found.filter(pk__in=ids).order_by("id"))
    targets = targets_of(row.contact_id for row in rows)
    for row in rows:
        row.contact.target = targets[row.contact_id]
    return rows


def _is_usable(contact: Contact) -> bool:
    return contact.verified_at is not None and contact.retired_at is None and contact.target is not None


_ANSWERED = Subject(AlertState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class SendResult:
    """What one send brought, to whoever still holds lease and fence."""

    delivery_id: int
    fence: int
    result: Accepted | AttemptFailed


@command
def record_deliveries(sent: Sequence[SendResult], *, actor: Actor, at: datetime) -> list[Delivery]:
    """Record what sends brought; a worker that lost lease or fence changes nothing (I15).

    When one failed for good, its person's next contact is due at once.
    """
    by_id = {one.delivery_id: one for one in sent}
    rows = lock_many(Delivery, by_id)
    record_many(
        rows,
        [record_result(facts_of(row), by_id[row.pk].fence, by_id[row.pk].result, at=at) for row in rows],
        actor=actor,
        at=at,
    )
    _hasten([row for row in rows if row.state == DeliveryState.FAILED], actor, at)
    fail_point("N5")
    return rows


def _hasten(failed: Sequence[Delivery], actor: Actor, at: datetime) -> None:
    """The next contacts of whoever was not reached are due at once: by their own message, or as carried."""
    if not failed:
        return
    pages = {page.pk for row in failed for page in pages_of_message(row.pk)}
    siblings: dict[int, list[Sibling]] = {page: [] for page in sorted(pages)}
    for row in Delivery.objects.filter(page_id__in=pages).order_by("id"):
        siblings[row.page_id].append(Sibling(row.pk, DeliveryState(row.state), row.due_at))
    following = dict(found for each in siblings.values() if (found := hasten_next(each, at=at)) is not None)
    rows = [row for row in lock_many(Delivery, following) if row.state == DeliveryState.QUEUED]
    record_many(rows, [following[row.pk] for row in rows], actor=actor, at=at)


@command
def cancel_waiting(
    abouts: Sequence[str],
    *,
    actor: Actor,
    at: datetime,
    why: DeliveryStopped,
    causes: Mapping[str, int] | None = None,
    only_answered: bool = False,
) -> None:
    """Cancel what still waits to be sent about things that were answered or have ended; with `only_answered`
    to those alone who have answered for themselves.

    Beyond `CANCELLED_AT_ONCE` the claim cancels: it asks again whether a page is still wanted; and what
    carries others is left to it. `causes` are events by about.
    """
    waiting = [DeliveryState.QUEUED, DeliveryState.RETRYING]
    found = Delivery.objects.filter(page__about__among=list(abouts), state__in=waiting)
    if only_answered:
        found = found.filter(page__acknowledged_at__isnull=False)
    carries = Exists(Delivery.objects.filter(folded_into=OuterRef("pk")))
    some = found.values_list("id", "page__about", carries)[:CANCELLED_AT_ONCE]
    about = {pk: of for pk, of, is_carrier in some if not is_carrier}
    rows = [row for row in lock_many(Delivery, about) if row.state in waiting]
    record_many(
        rows,
        [cancel(row.state, why) for row in rows],
        actor=actor,
        at=at,
        causes=[causes.get(about[row.pk]) for row in rows] if causes else None,
    )
