"""How much noise an alert makes, what it costs people, and whether a remedy helped (R43). Pure.

An *interruption* is a page of which at least one message was sent to a person by itself. A message that
another carried with it interrupts nobody further. A page belongs to the alert that began its group.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from muster.core.refusal import Refused


class Feedback(StrEnum):
    """What a person says of an alert afterwards."""

    USEFUL = "useful"
    NOISE = "noise"
    DUPLICATE = "duplicate"
    WRONG_TARGET = "wrong_target"


class FeedbackRefusal(StrEnum):
    """Why feedback is refused."""

    UNKNOWN = "feedback_unknown"
    NAMES_A_SERVICE = "feedback_names_a_service"
    NAMES_ITS_OWN = "feedback_names_its_own_service"


def read_feedback(said: str, target: str, own: str) -> Feedback:
    """What somebody said. `target` is the service to which it should have gone, `own` where it went.

    Raises:
        Refused: with a `FeedbackRefusal`.
    """
    if said not in set(Feedback):
        raise Refused(FeedbackRefusal.UNKNOWN, {"said": said[:40], "known": ", ".join(Feedback)})
    if target and said != Feedback.WRONG_TARGET:
        raise Refused(FeedbackRefusal.NAMES_A_SERVICE, {"said": said})
    if target and target == own:
        raise Refused(FeedbackRefusal.NAMES_ITS_OWN, {"service": own})
    return Feedback(said)


@dataclass(frozen=True, slots=True)
class Interruption:
    """One page that reached a person, and the evening on which their night began, if it was at night."""

    person: int
    at: datetime
    night: date | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert from its opening to its end.

    `acted`: a person resolved it by hand or gave it to somebody else; acknowledging alone is no act. `group`
    is None where nobody was to be paged. `interruptions` are those of the group that it began. `said` holds
    each feedback, with the service named as the right one. `key` is the one under which it came.
    """

    alert: int
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by_sender: bool = False
    acknowledged: bool = False
    acted: bool = False
    incident: bool = False
    group: int | None = None
    urgent: bool = False
    count: int = 1
    last_seen_at: datetime | None = None
    interruptions: tuple[Interruption, ...] = ()
    said: tuple[tuple[Feedback, str], ...] = ()
    key: str = ""

    @property
    def needed_people(self) -> bool:
        """Whether somebody did something about it here."""
        return self.acted or self.incident

    @property
    def by_itself(self) -> bool:
        """Whether its sender closed it, and nobody had done anything about it here."""
        return self.closed_by_sender and not self.needed_people

    @property
    def lasted(self) -> timedelta | None:
        """How long it was open; None while it is."""
        return None if self.closed_at is None else self.closed_at - self.opened_at


@dataclass(frozen=True, slots=True)
class Cost:
    """What some alerts cost: every share is two counts, so that few are seen to be few.

    `unacted` is of `acknowledged`, `by_itself` of `closed`. A night is one person's: two people woken in one
    night are two.
    """

    fired: int = 0
    paged: int = 0
    interruptions: int = 0
    persons: int = 0
    nights: int = 0
    acknowledged: int = 0
    unacted: int = 0
    closed: int = 0
    by_itself: int = 0
    incidents: int = 0
    feedback: Mapping[Feedback, int] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int, int]:
        """What costs most comes first."""
        return (-self.interruptions, -self.nights, -self.fired)


def cost(firings: Iterable[Firing]) -> Cost:
    """What these alerts cost."""
    found = list(firings)
    woken = [one for firing in found for one in firing.interruptions]
    acknowledged = [one for one in found if one.acknowledged]
    closed = [one for one in found if one.closed_at is not None]
    return Cost(
        fired=len(found),
        paged=sum(one.group is not None for one in found),
        interruptions=len(woken),
        persons=len({one.person for one in woken}),
        nights=len({(one.person, one.night) for one in woken if one.night is not None}),
        acknowledged=len(acknowledged),
        unacted=sum(not one.needed_people for one in acknowledged),
        closed=len(closed),
        by_itself=sum(one.by_itself for one in closed),
        incidents=sum(one.incident for one in found),
        feedback=Counter(said for one in found for said, _ in one.said),
    )


class Verdict(StrEnum):
    """What may honestly be said of a remedy."""

    TOO_MANY = "too_many"
    TOO_EARLY = "too_early"
    TOO_FEW = "too_few"
    NOT_FIRED = "not_fired"
    FEWER = "fewer"
    AS_MANY = "as_many"
    MORE = "more"


_WEEK = timedelta(days=7)
FEW = 5
"""Of so many alerts, before and after together, nothing is concluded."""
_ALIKE = 0.1
"""A difference of less than a tenth is none."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What the alerts of a remedy cost over some time."""

    lasted: timedelta
    cost: Cost

    def per_week(self, count: int) -> float:
        """A count of this stretch for each week of it."""
        return count / (self.lasted / _WEEK) if self.lasted else 0.0


def verdict(
    before: Stretch,
    after: Stretch,
    counted: Callable[[Cost], int] = lambda cost: cost.interruptions,
    *,
    is_whole: bool = True,
) -> Verdict:
    """Whether less was `counted` a week after a remedy than before it, if that can be said.

    Not where alerts were left out for their number; not before a week on either side; not where hardly
    anything fired; and not where nothing fired after it: then the cause may have gone.
    """
    if not is_whole:
        return Verdict.TOO_MANY
    if min(before.lasted, after.lasted) < _WEEK:
        return Verdict.TOO_EARLY
    if before.cost.fired + after.cost.fired < FEW:
        return Verdict.TOO_FEW
    if not after.cost.fired:
        return Verdict.NOT_FIRED
    was, is_now = (one.per_week(counted(one.cost)) for one in (before, after))
    if abs(is_now - was) <= _ALIKE * was:
        return Verdict.AS_MANY
    return Verdict.FEWER if is_now < was else Verdict.MORE
