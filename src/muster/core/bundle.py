"""How many pages become one message: the first at once, then at most one digest a minute (design section 7).

Bundling holds per contact that a person reads. What has to wait gathers behind one delivery, which carries
the others when it leaves: a storm costs a person one message a minute, and each page one row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.hold import LOW_THROTTLE, throttled_until
from muster.core.urgency import Urgency

DIGEST_EVERY: Final = timedelta(minutes=1)
"""How often a contact that a person reads may be written to, after the first page."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery of one contact, as bundling sees it."""

    id: int
    due_at: datetime
    urgency: Urgency
    sev1: bool = False


class BundleReason(StrEnum):
    """Why deliveries go now, together or not."""

    NOT_BUNDLED = "not_bundled"
    FIRST = "first"
    DIGEST = "digest"
    SEV1_JUMPS = "sev1_jumps"
    WAITS = "waits"
    THROTTLED = "throttled"
    HANDED_ON = "handed_on"


GATHERING: Final = (BundleReason.WAITS, BundleReason.THROTTLED)
"""Why a delivery waits behind which others may gather."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What left to one contact of late: when, newest first, and the last SEV1 page among it."""

    at: Sequence[datetime] = ()
    sev1_at: datetime | None = None

    @property
    def last(self) -> datetime | None:
        """When the last message left."""
        return self.at[0] if self.at else None


NOTHING: Final = Sent()
SENT_WITHIN: Final = LOW_THROTTLE.per
SENT_COUNTED: Final = LOW_THROTTLE.messages
"""How far back, and how many messages of one contact, bundling has to know."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """`send` goes now; `held` goes no earlier than `not_before`; the one or the other carries `folded`.

    `send` has several members only with NOT_BUNDLED: each goes by itself.
    """

    reason: BundleReason
    send: tuple[Waiting, ...] = ()
    held: Waiting | None = None
    folded: tuple[Waiting, ...] = ()
    not_before: datetime | None = None


def is_bundled(*, read_by_person: bool, asked_for: bool) -> bool:
    """Whether a contact's pages are gathered: where a person reads them, or where the contact says so."""
    return read_by_person or asked_for


def bundle(waiting: Iterable[Waiting], *, bundled: bool, sent: Sent, at: datetime) -> Bundle:
    """What goes out now of the due deliveries of one contact; at least one is given.

    Nothing sent within the last minute: everything goes, the most urgent and newest delivery carrying the
    rest. Within it: a first SEV1 page (none sent within the minute) goes at once and by itself; the rest
    waits. Where everything can wait, no more than the throttle allows goes in an hour.
    """
    ranked = sorted(waiting, key=_precedence)
    if not bundled:
        return Bundle(BundleReason.NOT_BUNDLED, send=tuple(ranked))
    first, rest = ranked[0], tuple(ranked[1:])
    if sent.last is not None and at - sent.last < DIGEST_EVERY:
        if first.sev1 and (sent.sev1_at is None or at - sent.sev1_at >= DIGEST_EVERY):
            later = at + DIGEST_EVERY if rest else None
            return Bundle(BundleReason.SEV1_JUMPS, (first,), rest[0] if rest else None, rest[1:], later)
        return Bundle(BundleReason.WAITS, held=first, folded=rest, not_before=sent.last + DIGEST_EVERY)
    later = None if first.sev1 else throttled_until(first.urgency, sent.at, at)
    if later is not None:
        return Bundle(BundleReason.THROTTLED, held=first, folded=rest, not_before=later)
    return Bundle(BundleReason.DIGEST if rest else BundleReason.FIRST, send=(first,), folded=rest)


def may_join(newcomer: Waiting, standing: Waiting) -> bool:
    """Whether a delivery may gather behind one that waits: what is urgent never behind what can wait."""
    return standing.urgency.rank >= newcomer.urgency.rank


def first_of(waiting: Iterable[Waiting]) -> Waiting:
    """The one that carries the others."""
    return min(waiting, key=_precedence)


def _precedence(delivery: Waiting) -> tuple[bool, int, float, int]:
    """Sorts SEV1 first, then high urgency, then the freshest (reliability I12)."""
    return (not delivery.sev1, -delivery.urgency.rank, -delivery.due_at.timestamp(), -delivery.id)
