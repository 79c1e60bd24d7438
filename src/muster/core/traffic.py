"""How an integration stands: sending, gone quiet, sending what cannot be read, or never heard from. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

SHORT, HOUR = timedelta(minutes=10), timedelta(hours=1)
"""The spans by which signals are counted: short ones for the last hour, hours for the last days."""
KEPT_SHORT, KEPT_HOURS = timedelta(hours=3), timedelta(days=8)
"""For how long the counts of each span are kept."""
DAY_HOURS = 24
KNOWN_HOURS = 8
"""In so many hours a sender must have sent before its rhythm is known."""
_QUIET_UNKNOWN = timedelta(days=7)
_QUIET_AT_LEAST = timedelta(hours=2)


class Doing(StrEnum):
    """How an integration stands, those first that somebody should look at."""

    QUIET = "quiet"
    WRONG = "wrong"
    NEVER = "never"
    SENDING = "sending"
    OFF = "off"

    @property
    def rank(self) -> int:
        """Its place in a list: the smaller, the sooner."""
        return list(Doing).index(self)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """In how many hours of the last days a sender sent, and the longest pause between two of them."""

    hours: int = 0
    longest: timedelta = timedelta()


def quiet_after(rhythm: Rhythm) -> timedelta:
    """How long a sender may be silent before that is worth a look: twice its longest pause, or a week where
    its rhythm is not known."""
    if rhythm.hours < KNOWN_HOURS:
        return _QUIET_UNKNOWN
    return max(2 * rhythm.longest, _QUIET_AT_LEAST)


def doing(
    *, is_off: bool, last_seen_at: datetime | None, unreadable: int, rhythm: Rhythm, at: datetime
) -> Doing:
    """How an integration stands; `unreadable` is how much of what it sent lately could not be read."""
    if is_off:
        return Doing.OFF
    if last_seen_at is None:
        return Doing.NEVER
    if at - last_seen_at > quiet_after(rhythm):
        return Doing.QUIET
    return Doing.WRONG if unreadable else Doing.SENDING


def hour_of(at: datetime) -> datetime:
    """The beginning of its hour, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def by_hour(counts: Sequence[tuple[datetime, int]], at: datetime) -> tuple[int, ...]:
    """How many came in each of the last 24 hours, the one that runs included; oldest first."""
    first = hour_of(at) - timedelta(hours=DAY_HOURS - 1)
    found = [0] * DAY_HOURS
    for hour, count in counts:
        place = (hour - first) // HOUR
        if 0 <= place < DAY_HOURS:
            found[place] += count
    return tuple(found)
