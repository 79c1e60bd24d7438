"""What the auditor holds to be wrong, and for how long it waits before it says so (design 7; I5-I9, I25).

The auditor looks at what is stored, not at what the engine believes: who ought to have been paged by now?
Each check names one way in which a page can be lost without anybody noticing. What it can put right by itself
it does; the rest (`TOLD_ONLY`) it tells. A pass that found nothing is *clean*; only a clean pass may feed the
outside dead man's switch.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final


class Check(StrEnum):
    """One way in which somebody is missed."""

    ALERT_UNDECIDED = "alert_undecided"
    """An alert is triggered and nothing was decided about it."""
    GROUP_NOT_PAGED = "group_not_paged"
    """A group is triggered and no ladder is climbed for it."""
    CALL_NOT_PAGED = "call_not_paged"
    """Somebody was called and no ladder is climbed for it."""
    INCIDENT_NOT_CALLED = "incident_not_called"
    """An incident was declared and none of its people was called."""
    STEP_WITHOUT_TIME = "step_without_time"
    """A running ladder has no next time: it would stand for ever (peers 2b)."""
    STEP_OVERDUE = "step_overdue"
    """Steps are due and do not start."""
    STEP_WITHOUT_PAGE = "step_without_page"
    """A step started and a person whom it found has no page."""
    STEP_FAILED = "step_failed"
    """Nobody of a step could be reached, and the next one still waits."""
    PAGE_WITHOUT_MESSAGE = "page_without_message"
    """A page began and nothing is to be sent for it."""
    MESSAGE_OVERDUE = "message_overdue"
    """Messages are due and nobody takes them."""
    MESSAGE_FORGOTTEN = "message_forgotten"
    """A message is held by a sender that has gone, and by no lease that will end."""
    PAGE_NOT_THROUGH = "page_not_through"
    """A page was tried again and again, and nothing has got through by any way."""
    WAKE_OVERDUE = "wake_overdue"
    """A snooze or an acknowledgement has run out, and nobody is asked again."""
    EVENTS_UNSEALED = "events_unsealed"
    """Events wait for their place in the chain, and with them all that follows from them."""
    REACTIONS_BEHIND = "reactions_behind"
    """Events that something follows from are sealed, and it does not follow."""
    PARKED_OVERDUE = "parked_overdue"
    """A reaction that failed is to be tried again, and is not."""
    LOOP_STANDS = "loop_stands"
    """A worker is alive and one of its threads is not."""


TOLD_ONLY: Final = frozenset({Check.PAGE_NOT_THROUGH, Check.LOOP_STANDS})
"""What the auditor cannot put right by itself."""

PASS_EVERY: Final = timedelta(seconds=10)
HEALTHY: Final = timedelta(seconds=5)
"""How late anything may be while all is well (reliability section 4, D)."""
ALLOWED: Final = timedelta(seconds=15)
"""How late it may be before the auditor takes it for missed: thrice what is healthy."""
NOT_THROUGH_AFTER: Final = timedelta(seconds=30)
LOOP_STANDS_AFTER: Final = timedelta(seconds=30)
LONGEST_LEASE: Final = timedelta(seconds=60)
"""A lease that ends later than this from now was written by another clock."""
TOLD_FOR: Final = timedelta(minutes=15)
"""Our own alert about a check stays open this long after the check was last found wrong."""
MOST_OF_A_KIND: Final = 50
"""Findings of one check in one pass; what is beyond them is found by the next."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong: what it is about (`group:7`, or a part of the engine), and the facts."""

    check: Check
    about: str
    facts: dict[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """What makes two findings the same one, seen again."""
        return self.check.value, self.about

    @property
    def number(self) -> int:
        """The row that it is about."""
        return int(self.about.partition(":")[2])


# The outside dead man's switch


PING_EVERY: Final = timedelta(seconds=20)
FRESH: Final = timedelta(seconds=35)
"""A clean pass older than this says nothing any more: three of them should have come since."""


class Silent(StrEnum):
    """Why the outside watcher hears nothing."""

    NEVER_CLEAN = "never_clean"
    NOT_CLEAN_LATELY = "not_clean_lately"


def silent(clean_at: datetime | None, *, at: datetime) -> Silent | None:
    """Whether the outside watcher may hear from us: only while the last clean pass is fresh; None: it may.

    A clean pass in the future was written by another clock and says nothing either.
    """
    if clean_at is None:
        return Silent.NEVER_CLEAN
    return None if timedelta(0) <= at - clean_at <= FRESH else Silent.NOT_CLEAN_LATELY


# The clock


JUMP: Final = timedelta(seconds=2)
"""The database's clock and a steady one part by more than this between two readings: it was set."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The database's clock, and the process's steady clock just before and just after it was asked (s)."""

    at: datetime
    before: float
    after: float


def jumped(earlier: Reading, later: Reading) -> timedelta | None:
    """By how much the database's clock was set between two readings of one process; None when it was not.

    A process that was stopped while it asked knows less exactly when the answer was true: the jump is what
    lies beyond the longest, or short of the shortest, time that can have passed.
    """
    passed = later.at - earlier.at
    longest = timedelta(seconds=later.after - earlier.before)
    shortest = timedelta(seconds=later.before - earlier.after)
    if passed > longest + JUMP:
        return passed - longest
    if passed < shortest - JUMP:
        return passed - shortest
    return None
