"""Due work about signals: their days come and go, our own alerts about what could not be read end, and old
letters are forgotten."""

import functools
import logging
from datetime import timedelta

from django.db import IntegrityError, OperationalError

from muster.core import retention
from muster.core.permissions import system
from muster.detect import queries
from muster.detect.commands import (
    clear_unreadable_alerts,
    drop_signal_part,
    forget_letters,
    make_signal_day,
)
from muster.foundation.access.queries import now
from muster.foundation.timeline.due import Due, Pool
from muster.foundation.timeline.pen import is_retried

LOOK_EVERY_S = 60.0
FORGET_EVERY_S = 3600.0
LETTERS_KNOWN = timedelta(days=30)
"""So long a letter is known again: mail servers try for five days, a mailbox may stand still for longer."""
DROPPED_AT_ONCE = 5

log = logging.getLogger(__name__)


def make_signal_days() -> int:
    """Make the days that are missing: those ahead, and any that signals came for without one."""
    parts, at = queries.signal_parts(), now()
    wanted = [*retention.missing(parts, at), *queries.days_without_part()]
    made = 0
    for day in wanted:
        try:
            made += make_signal_day(day)
        except (OperationalError, IntegrityError) as error:
            _left(error, retention.part_of(day))
            break
    return made


def drop_old_signals(keep_days: int) -> int:
    """Drop the days that are older than what is kept, a few at a time."""
    parts = retention.droppable(queries.signal_parts(), now(), keep_days=keep_days)
    dropped = 0
    for part in parts[:DROPPED_AT_ONCE]:
        try:
            found = drop_signal_part(part, actor=system("drop_old_signals"), at=now())
        except OperationalError as error:
            _left(error, part)
            break
        dropped += found is not None
    return dropped


def _left(error: OperationalError | IntegrityError, part: str) -> None:
    """Somebody reads or writes there: they go first, and the next look comes again. Raises what is else.

    An `IntegrityError` is a signal that came to the default part just before its day was there.
    """
    if isinstance(error, OperationalError) and not is_retried(error):
        raise error
    log.warning("%s is in use; it is tried again in a minute", part)


def clear_unreadable() -> int:
    """End our own alerts about senders that have sent nothing unreadable for a while."""
    return clear_unreadable_alerts(actor=system("clear_unreadable"), at=now())


def forget_old_letters() -> int:
    """Forget letters that were taken long ago."""
    at = now()
    return forget_letters(at - LETTERS_KNOWN, actor=system("forget_old_letters"), at=at)


def due_works(keep_days: int) -> tuple[Due, ...]:
    """The days of signals, kept for so many days."""
    drop = functools.partial(drop_old_signals, keep_days)
    return (
        Due("make_signal_days", Pool.BACKGROUND, make_signal_days, every_s=LOOK_EVERY_S),
        Due("drop_old_signals", Pool.BACKGROUND, drop, every_s=LOOK_EVERY_S),
        Due("clear_unreadable", Pool.BACKGROUND, clear_unreadable, every_s=LOOK_EVERY_S),
        Due("forget_old_letters", Pool.BACKGROUND, forget_old_letters, every_s=FORGET_EVERY_S),
    )
