"""Which bodies of a storm are kept (design section 5): all up to sixty a minute, then every hundredth.

Only identical repeats may go without a row of their own: their count and the time of the last stand on the
alert, and the first body is kept, so nothing that was said is lost.
"""

from datetime import datetime

import msgspec

KEPT_A_MINUTE = 60
THEN_EVERY = 100


class Repeats(msgspec.Struct, frozen=True):
    """How often the same body came under one key within one minute (`minute_of`)."""

    minute: int
    body: int
    times: int = 1


def minute_of(at: datetime) -> int:
    """The minute since 1970 in which an instant lies."""
    return int(at.timestamp()) // 60


def repeated(before: Repeats | None, body: int, minute: int) -> Repeats:
    """Count one more body, given by its hash, in a minute of the database's time."""
    if before is None or before.body != body or before.minute != minute:
        return Repeats(minute, body)
    return Repeats(minute, body, before.times + 1)


def is_kept(repeats: Repeats) -> bool:
    """Whether the body just counted gets a row of its own."""
    return repeats.times <= KEPT_A_MINUTE or repeats.times % THEN_EVERY == 0
