"""Claims of one contact become one message, what must wait gathers behind one delivery (design 7; peers 11a).

A delivery that carries others is never dropped with what it carries: whoever finds that nobody wants it any
more hands the rest on to one of them.
"""

import dataclasses
import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from muster.core.bundle import NOTHING, Bundle, BundleReason, Waiting, bundle, first_of, is_bundled, may_join
from muster.core.change import Change
from muster.core.delivery import DeliveryState, cancel, fold, hold
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.foundation.timeline.pen import record_many
from muster.mobilize.paging.carried import Carried, carried_by, gathering, sent_lately
from muster.mobilize.paging.models import Delivery


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker may send now, with its fence, and the deliveries that it carries.

    What it carries is ordered as it is to be told: SEV1 first, then what is urgent, then what came first.
    """

    delivery: Delivery
    fence: int
    carries: tuple[int, ...] = ()


Changes = list[tuple[Delivery, Change]]


def bundle_claims(
    wanted: Sequence[Delivery],
    claims: Mapping[int, Change],
    read_by_person: bool,
    *,
    actor: Actor,
    at: datetime,
) -> list[Claimed]:
    """Record what becomes of locked deliveries that are wanted and due: sent, held or folded.

    `claims` are the changes by which each would be claimed. Runs within the claim's command.
    """
    by_contact: dict[int, list[Delivery]] = defaultdict(list)
    for row in wanted:
        by_contact[row.contact_id].append(row)
    ids = [row.pk for row in wanted]
    gathers = {
        contact_id
        for contact_id, rows in by_contact.items()
        if is_bundled(read_by_person=read_by_person, asked_for=bool(rows[0].contact.target.get("bundle")))
    }
    answers = _answers(by_contact, ids, gathers, at)
    waiting = [contact_id for contact_id, answer in answers.items() if answer.held is not None]
    behind = gathering(waiting, ids) if waiting else {}
    changes: Changes = []
    sends: list[Delivery] = []
    for contact_id, answer in answers.items():
        rows = {row.pk: row for row in by_contact[contact_id]}
        changes += _sent(answer, rows, claims, at)
        changes += _gathered(answer, rows, behind.get(contact_id, ()))
        sends += [rows[one.id] for one in answer.send]
    record_many([row for row, _ in changes], [change for _, change in changes], actor=actor, at=at)
    carriers = [row.pk for row in sends if row.contact_id in gathers]
    carried = carried_by(carriers) if carriers else {}
    return [Claimed(row, row.fence, _order(carried.get(row.pk, ()))) for row in sends]


def _answers(
    by_contact: Mapping[int, Sequence[Delivery]], ids: Sequence[int], gathers: set[int], at: datetime
) -> dict[int, Bundle]:
    sent = sent_lately(sorted(gathers), ids)
    return {
        contact_id: bundle(
            [_waiting(row) for row in rows],
            bundled=contact_id in gathers,
            sent=sent.get(contact_id, NOTHING),
            at=at,
        )
        for contact_id, rows in by_contact.items()
    }


def _waiting(row: Delivery) -> Waiting:
    return Waiting(row.pk, row.due_at, Urgency(row.urgency), row.sev1)


def _sent(
    answer: Bundle, rows: Mapping[int, Delivery], claims: Mapping[int, Change], at: datetime
) -> Changes:
    """The claims of what goes now; it carries the rest, unless that waits."""
    changes: Changes = []
    for one in answer.send:
        claim = claims[one.id]
        changes.append((rows[one.id], dataclasses.replace(claim, set=dict(claim.set) | {"claimed_at": at})))
    if answer.held is None:
        changes += [
            (rows[one.id], _folded(rows[one.id], answer.send[0].id, BundleReason.DIGEST))
            for one in answer.folded
        ]
    return changes


def _gathered(answer: Bundle, rows: Mapping[int, Delivery], standing: Sequence[Waiting]) -> Changes:
    """What waits gathers behind a delivery that waits already, or behind the first of its own."""
    if answer.held is None or answer.not_before is None:
        return []
    changes: Changes = []
    for one in (answer.held, *answer.folded):
        row = rows[one.id]
        carrier = next((other for other in standing if may_join(one, other)), None)
        if carrier is None:
            changes.append((row, hold(row.state, answer.not_before, answer.reason)))
            standing = [one]
        else:
            changes.append((row, _folded(row, carrier.id, answer.reason)))
    return changes


def _folded(row: Delivery, carrier: int, reason: BundleReason) -> Change:
    if row.state == DeliveryState.SENDING:
        # Its lease ran out: whether it arrived is not known, so the other carries it.
        return cancel(row.state, reason, carrier)
    return fold(row.state, carrier, reason)


def _order(carried: Iterable[Carried]) -> tuple[int, ...]:
    """SEV1 first, then what is urgent, then what came first: that is often where it began."""
    ranked = sorted(carried, key=lambda one: (not one.waiting.sev1, -one.waiting.urgency.rank, one.id))
    return tuple(one.id for one in ranked)


def end_claims(ended: Sequence[tuple[Delivery, Change]], *, actor: Actor, at: datetime) -> None:
    """Record the ends of locked deliveries; where one that nobody wants carries others, they are handed on.

    Runs within a command.
    """
    dropped = [row for row, change in ended if change.kind == "delivery.cancelled"]
    carried = carried_by([row.pk for row in dropped]) if dropped else {}
    heirs = [(row, found) for row in dropped if (found := carried.get(row.pk))]
    made = record_many(
        [Delivery() for _ in heirs], [_heir(row, found, at) for row, found in heirs], actor=actor, at=at
    )
    carriers = {row.pk: heir.pk for (row, _), heir in zip(heirs, made, strict=True)}
    changes = [
        cancel(row.state, BundleReason.HANDED_ON, carriers[row.pk]) if row.pk in carriers else change
        for row, change in ended
    ]
    record_many([row for row, _ in ended], changes, actor=actor, at=at)


def _heir(row: Delivery, carried: Sequence[Carried], at: datetime) -> Change:
    """The delivery that takes the place of one that nobody wants: of the first page that it carried."""
    first = first_of(one.waiting for one in carried)
    chosen = next(one for one in carried if one.waiting is first)
    columns = {
        "page_id": chosen.page,
        "contact_id": row.contact_id,
        "kind": row.kind,
        "key": secrets.token_hex(16),
        "place": row.place,
        "epoch": chosen.epoch,
        "urgency": first.urgency.value,
        "sev1": first.sev1,
        "state": DeliveryState.QUEUED.value,
        "due_at": at,
        "created_at": at,
        "reason": BundleReason.HANDED_ON.value,
    }
    facts = {"page": chosen.page, "contact": row.contact_id, "kind": row.kind, "due_at": at, "after": row.pk}
    return Change("delivery.queued", columns, facts, reason=BundleReason.HANDED_ON)
