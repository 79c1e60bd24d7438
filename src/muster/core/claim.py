"""Who may send a delivery now: the claim re-reads what the page is about, so acknowledging wins (design 7).

The claim is one transaction: the subject FOR SHARE, the delivery's row locked, this decision, its change. A
send counts as started when the claim has committed (reliability I8). Leases are written and compared with
the database's clock only (I11): `at` is its `now()`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.change import Change
from muster.core.delivery import WAITING, Delivery, DeliveryState, cancel, fail
from muster.core.lifecycle import AlertState
from muster.core.retry import MOST_ATTEMPTS

LEASE: Final = timedelta(seconds=30)
"""How long a claim holds. A send takes less, so a healthy worker never loses one."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page is about, re-read FOR SHARE in the claim's transaction.

    `state` is the group's, or for an incident's responder and a direct page `triggered` until it is answered.
    `wanted` is False for a group of which no member is triggered and not suppressed. `epoch` is the
    escalation's present one.
    """

    state: AlertState
    wanted: bool = True
    epoch: int = 1


class ClaimReason(StrEnum):
    """Why a delivery may be sent now, or may not."""

    WANTED = "wanted"
    LEASE_EXPIRED = "lease_expired"
    NOT_DUE = "not_due"
    HELD_BY_ANOTHER = "held_by_another"
    NOT_WAITING = "not_waiting"
    SUBJECT_ACKNOWLEDGED = "subject_acknowledged"
    SUBJECT_RESOLVED = "subject_resolved"
    SUBJECT_SUPPRESSED = "subject_suppressed"
    SUPERSEDED = "superseded"
    CONTACT_NOT_USABLE = "contact_not_usable"
    ATTEMPTS_SPENT = "attempts_spent"


@dataclass(frozen=True, slots=True)
class ClaimDecision:
    """Whether to send, and why. `change`, where there is one, is to be recorded: claim or end."""

    reason: ClaimReason
    change: Change | None = None

    @property
    def may_send(self) -> bool:
        """Whether the send may start once the claim has committed."""
        return self.reason in (ClaimReason.WANTED, ClaimReason.LEASE_EXPIRED)


def may_claim(
    subject: Subject, delivery: Delivery, *, at: datetime, contact_usable: bool = True
) -> ClaimDecision:
    """Decide a claim under the row's lock; `at` is the database's clock, as leases are (I8, I11, I15)."""
    expired = delivery.state is DeliveryState.SENDING
    if expired and delivery.lease_until is not None and at < delivery.lease_until:
        return ClaimDecision(ClaimReason.HELD_BY_ANOTHER)
    if not expired and delivery.state not in WAITING:
        return ClaimDecision(ClaimReason.NOT_WAITING)
    reason = unwanted(subject, delivery.epoch)
    if reason is not None:
        return ClaimDecision(reason, cancel(delivery.state, reason))
    if not expired and at < delivery.due_at:
        return ClaimDecision(ClaimReason.NOT_DUE)
    if not contact_usable:
        return ClaimDecision(
            ClaimReason.CONTACT_NOT_USABLE, fail(delivery.state, ClaimReason.CONTACT_NOT_USABLE)
        )
    if delivery.attempts >= MOST_ATTEMPTS:
        return ClaimDecision(ClaimReason.ATTEMPTS_SPENT, fail(delivery.state, ClaimReason.ATTEMPTS_SPENT))
    reason = ClaimReason.LEASE_EXPIRED if expired else ClaimReason.WANTED
    return ClaimDecision(reason, _claim(delivery, at, reason))


def unwanted(subject: Subject, epoch: int) -> ClaimReason | None:
    """Why nobody wants a page of this epoch about it any more, or None."""
    if subject.state is AlertState.RESOLVED:
        return ClaimReason.SUBJECT_RESOLVED
    if subject.state is AlertState.ACKNOWLEDGED:
        return ClaimReason.SUBJECT_ACKNOWLEDGED
    if epoch < subject.epoch:
        return ClaimReason.SUPERSEDED
    return None if subject.wanted else ClaimReason.SUBJECT_SUPPRESSED


def _claim(delivery: Delivery, at: datetime, reason: ClaimReason) -> Change:
    columns = {
        "state": DeliveryState.SENDING,
        "fence": delivery.fence + 1,
        "lease_until": at + LEASE,
        "attempts": delivery.attempts + 1,
    }
    facts = {"fence": delivery.fence + 1, "attempt": delivery.attempts + 1}
    return Change("delivery.claimed", columns, facts, reason=reason)
