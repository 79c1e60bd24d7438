"""What became of a page and of a step, and what follows a failure (design section 7; I5, I9).

A page that reached nobody is never just recorded: the person's next contact is due at once, and when there is
none left the escalation's next step is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from muster.core.change import Change
from muster.core.delivery import DeliveryState


class PageOutcome(StrEnum):
    """Where a page stands."""

    PENDING = "pending"
    REACHED = "reached"
    ANSWERED = "answered"
    FAILED = "failed"
    ENDED = "ended"


_REACHED = frozenset({DeliveryState.ACCEPTED, DeliveryState.DELIVERED})
_PENDING = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING})


def page_outcome(states: Iterable[DeliveryState]) -> PageOutcome:
    """Where a page with deliveries in these states stands; one without deliveries has failed.

    For a folded delivery give the state of the one that carried it: a digest that failed reached nobody.
    """
    seen = frozenset(states)
    if DeliveryState.ACKNOWLEDGED in seen:
        return PageOutcome.ANSWERED
    if seen & _REACHED:
        return PageOutcome.REACHED
    if seen & _PENDING:
        return PageOutcome.PENDING
    return PageOutcome.ENDED if DeliveryState.CANCELLED in seen else PageOutcome.FAILED


def step_outcome(pages: Iterable[PageOutcome]) -> PageOutcome:
    """Where a step with pages of these outcomes stands; after FAILED `escalation.hasten` follows."""
    seen = frozenset(pages)
    for outcome in (PageOutcome.ANSWERED, PageOutcome.REACHED, PageOutcome.PENDING, PageOutcome.ENDED):
        if outcome in seen:
            return outcome
    return PageOutcome.FAILED


@dataclass(frozen=True, slots=True)
class Sibling:
    """A delivery of the same page."""

    id: int
    state: DeliveryState
    due_at: datetime


class HastenReason(StrEnum):
    """Why a delivery is due earlier than its rule says."""

    CONTACT_BEFORE_FAILED = "contact_before_failed"


def hasten_next(siblings: Sequence[Sibling], *, at: datetime) -> tuple[int, Change] | None:
    """One delivery of a page has failed for good: which other one is due now instead of later.

    None when something has reached the person already, or nothing else waits for a later time.
    """
    if any(sibling.state in _REACHED or sibling.state is DeliveryState.ACKNOWLEDGED for sibling in siblings):
        return None
    later = [each for each in siblings if each.state is DeliveryState.QUEUED and each.due_at > at]
    if not later:
        return None
    following = min(later, key=lambda sibling: (sibling.due_at, sibling.id))
    facts = {"was_due_at": following.due_at}
    return following.id, Change(
        "delivery.hastened", {"due_at": at}, facts, reason=HastenReason.CONTACT_BEFORE_FAILED
    )
