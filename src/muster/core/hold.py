"""What can wait is held: quiet and working hours, and throttles (R44). Nothing urgent ever passes here.

`begin_page` says when a page's contact rules begin, `throttled_until` when the next message may leave.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from muster.core.calendar import Calendar
from muster.core.urgency import Urgency


class HoldReason(StrEnum):
    """Why a page begins when it does."""

    URGENT = "urgent_never_waits"
    NOT_HELD = "not_held"
    QUIET_HOURS = "quiet_hours"
    OUTSIDE_WORKING_HOURS = "outside_working_hours"


HELD: Final = frozenset({HoldReason.QUIET_HOURS, HoldReason.OUTSIDE_WORKING_HOURS})


@dataclass(frozen=True, slots=True)
class PersonHours:
    """When somebody wants to hear of what can wait: in none of `quiet`, and in one of `working` if any."""

    working: tuple[Calendar, ...] = ()
    quiet: tuple[Calendar, ...] = ()


ALWAYS: Final = PersonHours()


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a page's contact rules begin, and why then."""

    at: datetime
    reason: HoldReason

    @property
    def held(self) -> bool:
        """Whether it waits for somebody's hours."""
        return self.reason in HELD


_STEPS_TRIED = 60
"""Working hours that lie wholly in quiet hours would never begin: after so many steps it begins anyway."""


def begin_page(urgency: Urgency, hours: PersonHours, at: datetime) -> Beginning:
    """When a page of this urgency begins for a person with these hours: an urgent one at once, always (R44).

    What can wait is held until working hours open and quiet hours are over.
    """
    if urgency is Urgency.HIGH:
        return Beginning(at, HoldReason.URGENT)
    found = _allowed(hours, at)
    return found if found is not None else Beginning(at, HoldReason.NOT_HELD)


def never_begins(hours: PersonHours, at: datetime) -> bool:
    """Whether these hours leave no moment for what can wait: such hours are not kept as they were meant."""
    return _allowed(hours, at) is None


def _allowed(hours: PersonHours, at: datetime) -> Beginning | None:
    begins, reason = at, HoldReason.NOT_HELD
    for _ in range(_STEPS_TRIED):
        if hours.working and not any(one.is_open(begins) for one in hours.working):
            begins = min(one.next_opening(begins) for one in hours.working)
            reason = HoldReason.OUTSIDE_WORKING_HOURS
        ends = [one.closing(begins) for one in hours.quiet if one.is_open(begins)]
        if not ends:
            return Beginning(begins, reason)
        begins, reason = max(ends), HoldReason.QUIET_HOURS
    return None


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most `messages` to one contact within `per`."""

    messages: int
    per: timedelta


LOW_THROTTLE: Final = Throttle(6, timedelta(hours=1))
"""Somebody who gets more than this of what can wait stops reading it."""


def throttled_until(
    urgency: Urgency, sent_at: Iterable[datetime], at: datetime, throttle: Throttle = LOW_THROTTLE
) -> datetime | None:
    """When the next message may go to a contact that was sent to at these instants; None: now.

    Nothing urgent is ever throttled here: bundling alone gathers it, and lets a first SEV1 page pass.
    """
    if urgency is Urgency.HIGH:
        return None
    within = sorted(when for when in sent_at if at - throttle.per < when <= at)
    if len(within) < throttle.messages:
        return None
    return within[len(within) - throttle.messages] + throttle.per
