"""Silences: alerts that somebody, for a stated reason and time, wants no page for (design section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from muster.core.matchers import AlertView, Matcher, all_match
from muster.core.refusal import Refused

LONGEST = timedelta(days=90)


class SilenceState(StrEnum):
    """Where a silence stands at an instant; half-open, so it is over at the very instant it ends."""

    PENDING = "pending"
    ACTIVE = "active"
    OVER = "over"


class SilenceRefusal(StrEnum):
    """Why a silence is refused."""

    NO_MATCHER = "silence_has_no_matcher"
    MATCHES_EVERYTHING = "silence_matches_everything"
    NO_REASON = "silence_needs_a_reason"
    ENDS_BEFORE_IT_STARTS = "silence_ends_before_it_starts"
    ENDS_IN_THE_PAST = "silence_ends_in_the_past"
    TOO_LONG = "silence_too_long"


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence. `author` names who made it (a handle); `ended_at` is set when somebody ended it early."""

    id: int
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    author: str
    why: str
    ended_at: datetime | None = None

    @property
    def over_at(self) -> datetime:
        """When it stops holding back: its end, or earlier when somebody ended it."""
        return self.ends_at if self.ended_at is None else min(self.ended_at, self.ends_at)

    def state(self, at: datetime) -> SilenceState:
        """Where it stands."""
        if at >= self.over_at:
            return SilenceState.OVER
        return SilenceState.ACTIVE if at >= self.starts_at else SilenceState.PENDING


def silence_over(alert: AlertView, silences: Iterable[Silence], at: datetime) -> Silence | None:
    """The active silence that matches the alert and lasts longest, or None."""
    found = [s for s in silences if s.state(at) is SilenceState.ACTIVE and all_match(s.matchers, alert)]
    return max(found, key=lambda silence: (silence.over_at, -silence.id), default=None)


def check_silence(
    matchers: tuple[Matcher, ...], *, starts_at: datetime, ends_at: datetime, why: str, at: datetime
) -> None:
    """Refuse a silence that would hide too much, or would not say why.

    Raises:
        Refused: with a `SilenceRefusal`.
    """
    if not matchers:
        raise Refused(SilenceRefusal.NO_MATCHER)
    if all(one.matches_text("") for one in matchers):
        raise Refused(SilenceRefusal.MATCHES_EVERYTHING)
    if not why.strip():
        raise Refused(SilenceRefusal.NO_REASON)
    if ends_at <= starts_at:
        raise Refused(SilenceRefusal.ENDS_BEFORE_IT_STARTS)
    if ends_at <= at:
        raise Refused(SilenceRefusal.ENDS_IN_THE_PAST)
    if ends_at - max(starts_at, at) > LONGEST:
        raise Refused(SilenceRefusal.TOO_LONG, {"longest_days": LONGEST.days})


@dataclass(frozen=True, slots=True)
class Caught:
    """How many open alerts, of how many services, something holds back or would."""

    alerts: int
    services: int


def catches_more(when_made: Caught | None, now: Caught) -> bool:
    """Whether matchers that caught something when they were made catch more now: what came later may be what
    nobody meant. A silence made for what was still to come caught nothing then, and says nothing by this."""
    if when_made is None or not when_made.alerts:
        return False
    return now.alerts > when_made.alerts or now.services > when_made.services
