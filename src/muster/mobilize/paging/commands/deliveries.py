"""Deliveries: claimed under a lease and a fence, recorded after the send (design 7; I5, I6, I8, I15)."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from muster.core.change import Change
from muster.core.claim import Subject, may_claim
from muster.core.delivery import Accepted, DeliveryState, cancel, fold, record_result
from muster.core.delivery import Delivery as Facts
from muster.core.lifecycle import AlertState
from muster.core.outcome import Sibling, hasten_next
from muster.core.paging import BundleReason, Waiting, bundle
from muster.core.permissions import Actor
from muster.core.retry import AttemptFailed
from muster.core.urgency import Urgency
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import wanted_groups
from muster.foundation.access.models import Contact
from muster.foundation.access.queries import targets_of
from muster.foundation.failpoints import fail_point
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many
from muster.mobilize.paging.models import Call, Delivery
from muster.mobilize.paging.reasons import DeliveryStopped

BATCH = 50

# Expired leases first, then SEV1, then high urgency, then the freshest (reliability I12).
_DUE = """
    SELECT id FROM paging_delivery
    WHERE kind = %(kind)s AND (
        (state IN ('queued', 'retrying') AND due_at <= now())
        OR (state = 'sending' AND lease_until <= now()))
    ORDER BY sev1 DESC, urgency, due_at DESC LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
"""
_LAST = """
    SELECT contact_id, max(claimed_at), max(claimed_at) FILTER (WHERE sev1) FROM paging_delivery
    WHERE contact_id = ANY(%s) AND claimed_at BETWEEN now() - interval '1 minute' AND now() AND id <> ALL(%s)
    GROUP BY contact_id
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker may send now, with its fence, and the deliveries that it carries."""

    delivery: Delivery
    fence: int
    carries: tuple[int, ...] = ()


@command
def claim_deliveries(kind: str, limit: int, bundled: bool, *, actor: Actor, at: datetime) -> list[Claimed]:
    """Claim due deliveries of one kind of contact; a send counts as started when this has committed.

    What each page is about is re-read FOR SHARE, so that whoever acknowledged first wins: what nobody wants
    any more is cancelled here. `bundled` says that a person reads this kind (`ContactForm.read_by_person`).
    """
    fail_point("C1")
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"kind": kind, "limit": min(limit, BATCH)})
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    fail_point("C2")
    rows = _rows(ids)
    subjects = _subjects({row.page.about for row in rows})
    verdicts = {
        row.pk: may_claim(
            subjects[row.page.about],
            _facts(row),
            at=at,
            contact_usable=_is_usable(row.contact),
        )
        for row in rows
    }
    wanted = [row for row in rows if verdicts[row.pk].may_send]
    ended = [row for row in rows if not verdicts[row.pk].may_send and verdicts[row.pk].change is not None]
    record_many(ended, [_change(verdicts[row.pk].change) for row in ended], actor=actor, at=at)
    return _bundle(wanted, {id_: verdict.change for id_, verdict in verdicts.items()}, bundled, actor, at)


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


def _change(change: Change | None) -> Change:
    assert change is not None
    return change


def _facts(row: Delivery) -> Facts:
    return Facts(
        state=DeliveryState(row.state),
        due_at=row.due_at,
        attempts=row.attempts,
        fence=row.fence,
        lease_until=row.lease_until,
        epoch=row.epoch,
    )


def _subjects(abouts: Iterable[str]) -> dict[str, Subject]:
    """What pages are about, each read FOR SHARE, in (kind, id) order: calls, then groups."""
    numbers: dict[str, list[int]] = {"call": [], "group": []}
    for about in abouts:
        kind, _, number = about.partition(":")
        numbers[kind].append(int(number))
    calls = _share(Call._meta.db_table, numbers["call"])
    groups = _share(AlertGroup._meta.db_table, numbers["group"])
    wanted = wanted_groups(groups)
    found = {f"call:{pk}": Subject(AlertState(state), True, epoch) for pk, (state, epoch) in calls.items()}
    return found | {
        f"group:{pk}": Subject(AlertState(state), pk in wanted, epoch)
        for pk, (state, epoch) in groups.items()
    }


def _share(table: str, pks: Sequence[int]) -> dict[int, tuple[str, int]]:
    if not pks:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, state, epoch FROM {table} WHERE id = ANY(%s) ORDER BY id FOR SHARE",  # noqa: S608 - ours
            [list(pks)],
        )
        return {pk: (state, epoch) for pk, state, epoch in cursor.fetchall()}


def _bundle(
    wanted: Sequence[Delivery], claims: dict[int, Change | None], bundled: bool, actor: Actor, at: datetime
) -> list[Claimed]:
    by_contact: dict[int, list[Delivery]] = defaultdict(list)
    for row in wanted:
        by_contact[row.contact_id].append(row)
    last = _last_sent(list(by_contact), [row.pk for row in wanted])
    claimed: list[Claimed] = []
    changes: list[tuple[Delivery, Change]] = []
    for contact_id, rows in by_contact.items():
        by_id = {row.pk: row for row in rows}
        asked = bundled or bool(rows[0].contact.target.get("bundle"))
        sent, sev1 = last.get(contact_id, (None, None))
        waiting = [Waiting(row.pk, row.due_at, Urgency(row.urgency), row.sev1) for row in rows]
        answer = bundle(waiting, bundled=asked, last_sent_at=sent, last_sev1_sent_at=sev1, at=at)
        if answer.reason is BundleReason.WAITS:
            changes += [(row, _wait(row, answer.not_before)) for row in rows]
            continue
        for one in answer.send:
            change = _change(claims[one.id])
            columns = dict(change.set) | {"claimed_at": at}
            changes.append((by_id[one.id], dataclasses.replace(change, set=columns)))
            carried = tuple(other.id for other in answer.folded)
            claimed.append(Claimed(by_id[one.id], int(change.set["fence"]), carried))
        changes += [(by_id[one.id], _folded(by_id[one.id], answer.send[0].id)) for one in answer.folded]
    record_many([row for row, _ in changes], [change for _, change in changes], actor=actor, at=at)
    return claimed


def _folded(row: Delivery, carrier: int) -> Change:
    if row.state == DeliveryState.SENDING:
        # Its lease ran out: whether it arrived is not known, so the digest carries it.
        return cancel(row.state, BundleReason.DIGEST)
    return fold(row.state, carrier, BundleReason.DIGEST)


def _wait(row: Delivery, not_before: datetime | None) -> Change:
    columns = {"due_at": not_before, "state": DeliveryState.RETRYING.value, "lease_until": None}
    return Change("delivery.retry_scheduled", columns, {"due_at": not_before}, reason=BundleReason.WAITS)


def _last_sent(
    contact_ids: list[int], claiming: list[int]
) -> dict[int, tuple[datetime | None, datetime | None]]:
    if not contact_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [contact_ids, claiming])
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


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
        [record_result(_facts(row), by_id[row.pk].fence, by_id[row.pk].result, at=at) for row in rows],
        actor=actor,
        at=at,
    )
    for row in rows:
        if row.state == DeliveryState.FAILED:
            _hasten(row, actor, at)
    fail_point("N5")
    return rows


def _hasten(failed: Delivery, actor: Actor, at: datetime) -> None:
    siblings = [
        Sibling(row.pk, DeliveryState(row.state), row.due_at)
        for row in Delivery.objects.filter(page_id=failed.page_id)
    ]
    following = hasten_next(siblings, at=at)
    if following is not None:
        record(lock(Delivery, following[0]), following[1], actor=actor, at=at)


@command
def cancel_waiting(
    abouts: Sequence[str],
    *,
    actor: Actor,
    at: datetime,
    why: DeliveryStopped,
    causes: Mapping[str, int] | None = None,
) -> None:
    """Cancel what still waits to be sent about things that were answered or have ended.

    Beyond 200 the claim cancels: it asks again whether a page is still wanted. `causes` are events by about.
    """
    waiting = [DeliveryState.QUEUED, DeliveryState.RETRYING]
    found = Delivery.objects.filter(page__about__in=list(abouts), state__in=waiting)
    about = dict(found.values_list("id", "page__about")[:200])
    rows = [row for row in lock_many(Delivery, about) if row.state in waiting]
    record_many(
        rows,
        [cancel(row.state, why) for row in rows],
        actor=actor,
        at=at,
        causes=[causes.get(about[row.pk]) for row in rows] if causes else None,
    )
