"""When a message that failed is tried again (design section 7; reliability I5, M15, V).

The number of attempts stands in the delivery's row, so a restart never begins again at nought.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

BACK_OFF: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 30, 60, 60, 60, 60))
"""The wait after the first, second, ... failed attempt."""

MOST_ATTEMPTS: Final = len(BACK_OFF) + 1

LONGEST_RETRY_AFTER: Final = timedelta(minutes=2)
"""A provider may slow us down, not silence us: by then the next contact or step has its turn."""


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """No final positive answer. `detail` is a status or a code, never a body, an address or a secret."""

    permanent: bool
    reason: StrEnum
    detail: str = ""
    retry_after: timedelta | None = None


class RetryReason(StrEnum):
    """Why a delivery is tried again when it is, or not."""

    BACK_OFF = "back_off"
    RETRY_AFTER = "retry_after"
    RETRY_AFTER_BOUNDED = "retry_after_bounded"
    GIVEN_UP = "given_up"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """When to try again; None: never."""

    reason: RetryReason
    due_at: datetime | None = None


def retry_at(attempts: int, failure: AttemptFailed, *, at: datetime) -> RetryDecision:
    """When the next attempt is due after `attempts` have been made, the last of which failed at `at`.

    The provider's wish to wait longer than our back-off is honoured up to LONGEST_RETRY_AFTER; a wish to wait
    less is not, and a negative one is no wish.
    """
    if failure.permanent:
        return RetryDecision(RetryReason.PERMANENT)
    if attempts >= MOST_ATTEMPTS:
        return RetryDecision(RetryReason.GIVEN_UP)
    wait = BACK_OFF[max(attempts, 1) - 1]
    wished = failure.retry_after
    if wished is None or wished <= wait:
        return RetryDecision(RetryReason.BACK_OFF, at + wait)
    if wished <= LONGEST_RETRY_AFTER:
        return RetryDecision(RetryReason.RETRY_AFTER, at + wished)
    return RetryDecision(RetryReason.RETRY_AFTER_BOUNDED, at + LONGEST_RETRY_AFTER)


def parse_retry_after(header: str | None, *, at: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for (RFC 9110 section 10.2.3: seconds or a date), bounded.

    None when there is none or it cannot be read; a date in the past is no wait.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        # Compared as text length first: a number of a thousand digits must not cost anything.
        return (
            min(timedelta(seconds=int(text[:6])), LONGEST_RETRY_AFTER)
            if len(text) < 7
            else LONGEST_RETRY_AFTER
        )
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(aware - at, timedelta(0)), LONGEST_RETRY_AFTER)
