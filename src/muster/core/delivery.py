"""The life of one message to one contact: sent, tried again, ended (design section 7; I5, I6, I8, I15).

    queued -> sending -> accepted -> delivered -> acknowledged
                 |  \\-> retrying -> sending ...        failed, folded, cancelled

`acknowledged`, `failed`, `folded` and `cancelled` are final, and `accepted` where a kind has no receipts. A
claim writes a lease and a higher fence; the send follows its commit, and the result is recorded after the
send. A lease that has run out is taken again: rather a duplicate than a loss. Who no longer holds lease and
fence changes nothing; what it saw is kept as evidence. The claim itself is decided in `core.claim`.

Columns written: `state`, `due_at`, `attempts`, `fence`, `lease_until`, `accepted_at`, `reason`,
`folded_into_id`. Events whose changes are made here:

    delivery.claimed          a worker holds it: state sending, fence + 1, lease_until, attempts + 1
    delivery.accepted         the provider gave a final positive answer
    delivery.retry_scheduled  it did not, and may yet: due again
    delivery.failed           it never will, or we have tried enough: the next contact or step is due at once
    delivery.delivered        a receipt says that it arrived
    delivery.acknowledged     the person answered through it
    delivery.held             it waits for its minute, or for the throttle: due later, nothing was tried
    delivery.folded           another delivery carries it
    delivery.cancelled        nobody wants it any more
    delivery.hastened         the contact before it failed, so it is due now
    delivery.released         its sender has gone, so it is due now: a higher fence, no lease
    delivery.shifted          the clock was set: due, or held, for as long as before
    delivery.result_ignored   a result that came too late to count (no column changes)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from muster.core.change import Change
from muster.core.refusal import Refused
from muster.core.retry import AttemptFailed, retry_at


class DeliveryState(StrEnum):
    """Of a delivery."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    FOLDED = "folded"
    CANCELLED = "cancelled"


_S = DeliveryState
FINAL: Final = frozenset({_S.ACKNOWLEDGED, _S.FAILED, _S.FOLDED, _S.CANCELLED})
WAITING: Final = frozenset({_S.QUEUED, _S.RETRYING})

MOVES: Final[Mapping[DeliveryState, frozenset[DeliveryState]]] = {
    _S.QUEUED: frozenset({_S.SENDING, _S.FAILED, _S.FOLDED, _S.CANCELLED}),
    # Sending again: an expired lease taken by another. Acknowledged: a person faster than our record.
    _S.SENDING: frozenset(
        {_S.SENDING, _S.RETRYING, _S.ACCEPTED, _S.DELIVERED, _S.ACKNOWLEDGED, _S.FAILED, _S.CANCELLED}
    ),
    _S.RETRYING: frozenset({_S.SENDING, _S.ACKNOWLEDGED, _S.FAILED, _S.FOLDED, _S.CANCELLED}),
    _S.ACCEPTED: frozenset({_S.DELIVERED, _S.ACKNOWLEDGED, _S.FAILED}),
    _S.DELIVERED: frozenset({_S.ACKNOWLEDGED}),
    _S.ACKNOWLEDGED: frozenset(),
    _S.FAILED: frozenset(),
    _S.FOLDED: frozenset(),
    _S.CANCELLED: frozenset(),
}


class DeliveryRefusal(StrEnum):
    """Why a delivery does not move."""

    ALREADY_FINAL = "already_final"
    ALREADY_THERE = "already_there"
    NO_SUCH_MOVE = "no_such_move"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery's row as the rules see it. `epoch` is that of the escalation whose page it belongs to."""

    state: DeliveryState
    due_at: datetime
    attempts: int = 0
    fence: int = 0
    lease_until: datetime | None = None
    epoch: int = 1


def is_over(state: DeliveryState, *, has_receipts: bool) -> bool:
    """Whether we wait for nothing more from the provider."""
    return state in FINAL or state is _S.DELIVERED or (state is _S.ACCEPTED and not has_receipts)


def check_move(before: str, after: DeliveryState) -> None:
    """Raise Refused with a DeliveryRefusal unless the arrow exists."""
    was = DeliveryState(before)
    if after in MOVES[was]:
        return
    facts = {"before": was.value, "after": after.value}
    if was is after:
        raise Refused(DeliveryRefusal.ALREADY_THERE, facts)
    raise Refused(DeliveryRefusal.ALREADY_FINAL if was in FINAL else DeliveryRefusal.NO_SUCH_MOVE, facts)


# The result


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider's final positive answer; `receipt` is its own id for the message."""

    receipt: str = ""


class ResultReason(StrEnum):
    """Why a result does not count."""

    FENCE_LOST = "fence_lost"
    LEASE_RAN_OUT = "lease_ran_out"
    NOT_SENDING = "not_sending"


def record_result(
    delivery: Delivery, fence: int, result: Accepted | AttemptFailed, *, at: datetime
) -> Change:
    """What the result of one send does to the row, which is locked and re-read; `fence` is the sender's.

    A worker without lease and fence changes nothing (I15): its result becomes `delivery.result_ignored`.
    """
    late = _too_late(delivery, fence, at)
    if late is not None:
        facts = {"fence": fence, "row_fence": delivery.fence} | _outcome(result)
        return Change("delivery.result_ignored", {}, facts, reason=late)
    if isinstance(result, Accepted):
        columns = {"state": _S.ACCEPTED, "accepted_at": at, "lease_until": None, "reason": ""}
        text = {"receipt": result.receipt} if result.receipt else {}
        return Change("delivery.accepted", columns, {"attempt": delivery.attempts}, text)
    retry = retry_at(delivery.attempts, result, at=at)
    if retry.due_at is None:
        return fail(delivery.state, result.reason, {"retry": retry.reason} | _outcome(result))
    columns = {
        "state": _S.RETRYING,
        "due_at": retry.due_at,
        "lease_until": None,
        "reason": result.reason.value,
    }
    facts = {"due_at": retry.due_at, "retry": retry.reason, "attempt": delivery.attempts} | _outcome(result)
    return Change("delivery.retry_scheduled", columns, facts, reason=result.reason)


def _too_late(delivery: Delivery, fence: int, at: datetime) -> ResultReason | None:
    if delivery.fence != fence:
        return ResultReason.FENCE_LOST
    if delivery.state is not _S.SENDING:
        return ResultReason.NOT_SENDING
    if delivery.lease_until is None or at >= delivery.lease_until:
        return ResultReason.LEASE_RAN_OUT
    return None


def _outcome(result: Accepted | AttemptFailed) -> dict[str, Any]:
    if isinstance(result, Accepted):
        return {"result": "accepted"}
    return {"result": result.reason, "detail": result.detail}


# A sender that has gone, and a clock that was set


def release(delivery: Delivery, *, at: datetime) -> Change | None:
    """Its sender has gone: it is due now, and whoever held it holds it no more. None when nobody held it."""
    if delivery.state is not _S.SENDING:
        return None
    columns = {"state": _S.RETRYING, "due_at": at, "fence": delivery.fence + 1, "lease_until": None}
    facts = {"fence": delivery.fence + 1, "lease_until": delivery.lease_until}
    return Change("delivery.released", columns, facts)


def shift(delivery: Delivery, by: timedelta) -> Change | None:
    """The clock was set by this much: due after the same wait, or held for as long, as before."""
    if delivery.state in WAITING:
        due_at = delivery.due_at + by
        return Change("delivery.shifted", {"due_at": due_at}, {"due_at": due_at})
    if delivery.state is _S.SENDING and delivery.lease_until is not None:
        lease_until = delivery.lease_until + by
        return Change("delivery.shifted", {"lease_until": lease_until}, {"lease_until": lease_until})
    return None


# Ends and receipts


def fail(state: str, reason: StrEnum, facts: Mapping[str, Any] | None = None) -> Change:
    """The end without success; raises Refused where the delivery has ended already."""
    check_move(state, _S.FAILED)
    columns = {"state": _S.FAILED, "lease_until": None, "reason": reason.value}
    return Change("delivery.failed", columns, dict(facts or {}), reason=reason)


def cancel(state: str, reason: StrEnum, carrier_id: int | None = None) -> Change:
    """Nobody wants it any more; raises Refused where it is out or has ended already.

    `carrier_id` is the delivery that takes on what this one carried.
    """
    check_move(state, _S.CANCELLED)
    columns: dict[str, Any] = {"state": _S.CANCELLED, "lease_until": None, "reason": reason.value}
    if carrier_id is None:
        return Change("delivery.cancelled", columns, reason=reason)
    columns["folded_into_id"] = carrier_id
    return Change("delivery.cancelled", columns, {"carrier": carrier_id}, reason=reason)


def hold(state: str, until: datetime, reason: StrEnum) -> Change:
    """It waits on, though it is due: nothing was tried. A send whose lease ran out is to be tried again."""
    columns: dict[str, Any] = {"due_at": until, "reason": reason.value}
    if state == _S.SENDING:
        columns |= {"state": _S.RETRYING, "lease_until": None}
    return Change("delivery.held", columns, {"due_at": until}, reason=reason)


def fold(state: str, carrier_id: int, reason: StrEnum) -> Change:
    """Another delivery to the same contact carries it; raises Refused unless it was waiting."""
    check_move(state, _S.FOLDED)
    columns = {"state": _S.FOLDED, "folded_into_id": carrier_id, "reason": reason.value}
    return Change("delivery.folded", columns, {"carrier": carrier_id}, reason=reason)


def receive_receipt(state: str) -> Change:
    """The provider's receipt says that it arrived; raises Refused when that is known or no longer matters."""
    check_move(state, _S.DELIVERED)
    return Change("delivery.delivered", {"state": _S.DELIVERED, "lease_until": None})


def answer(state: str) -> Change:
    """The person acknowledged through this delivery; raises Refused when it was never sent or has ended."""
    check_move(state, _S.ACKNOWLEDGED)
    return Change("delivery.acknowledged", {"state": _S.ACKNOWLEDGED, "lease_until": None})
