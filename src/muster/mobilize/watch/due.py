"""The auditor's pass, a look at the clock, and the sign of life that only clean passes feed (I11, I25).

They run in one thread of their own in every worker, on a connection of their own; of all workers one makes
each pass and gives each sign.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from muster.core.ports.contact import Channels
from muster.core.watch import JUMP, Check, Reading, jumped, silent
from muster.foundation.access.queries import now
from muster.foundation.timeline.due import Due, DueWork, Pool
from muster.mobilize.escalation.commands import shift_escalations
from muster.mobilize.paging.commands import shift_deliveries, shift_posts
from muster.mobilize.paging.due import due_works as paging_works
from muster.mobilize.watch import looks, passes
from muster.mobilize.watch.commands import record_jump, record_pass
from muster.mobilize.watch.looks import FOLLOWING, Eye
from muster.mobilize.watch.repairs import ACTOR, WORKS, repair

log = logging.getLogger(__name__)

GRACE_S = 10.0
"""A worker that has just started is left alone for so long: it may be catching up with an outage."""
_LOOK_EVERY_S, _CLOCK_EVERY_S = 2.0, 1.0

Ping = Callable[[], object]
"""Gives the sign of life; raises when nobody has heard it."""


class Auditor:
    """Looks, repairs, and keeps what it found."""

    def __init__(self, eye: Eye, messages: DueWork, *, grace_s: float = GRACE_S) -> None:
        self._eye = eye
        self._works = {**WORKS, Check.MESSAGE_OVERDUE: messages}
        self._not_before = time.monotonic() + grace_s

    def run(self) -> int:
        """One pass, unless another worker has just made it; returns how much was found wrong.

        Raises:
            psycopg.Error: the look failed; the pass has no end, so nothing counts as clean.
        """
        if time.monotonic() < self._not_before:
            return 0
        begun = passes.begin(self._eye)
        if begun is None:
            return 0
        began = time.monotonic()
        seen = looks.look(self._eye, begun.span, begun.marks)
        wrong, mended = repair(seen.found, self._works)
        for one in record_pass(wrong, mended, actor=ACTOR, at=now()):
            log.error("the auditor found %s about %s: %s", one.check, one.about, one.facts)
        again = any(one.key not in mended for one in wrong if one.check in FOLLOWING)
        took_ms = round((time.monotonic() - began) * 1000)
        passes.end(self._eye, begun, seen.marks, found=len(wrong), took_ms=took_ms, again=again)
        return len(wrong)


class Pulse:
    """Tells the outside watcher that all is well, while it is: when this falls silent, it tells somebody."""

    def __init__(self, eye: Eye, ping: Ping) -> None:
        self._eye = eye
        self._ping = ping

    def run(self) -> int:
        """Give the sign of life if it is time, and if a clean pass of the auditor is fresh."""
        turn = passes.try_ping(self._eye)
        if turn is None:
            return 0
        why = silent(turn[0], at=turn[1])
        if why is not None:
            log.warning("the outside watcher hears nothing from us: %s", why)
            return 0
        try:
            self._ping()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the watcher has not heard us
            log.warning("the outside watcher cannot be reached: %s", type(error).__name__)
            passes.pinged(self._eye, type(error).__name__)
            return 0
        passes.pinged(self._eye)
        return 1


class ClockWatch:
    """Sees when the database's clock is set, by a steady clock and by the reading before (I11)."""

    def __init__(self, eye: Eye) -> None:
        self._eye = eye
        self._last: tuple[Reading, int] | None = None

    def run(self) -> int:
        """Read the clock; returns 1 when it was set since the last reading."""
        before = time.monotonic()
        at, event = passes.read_clock(self._eye)
        reading = Reading(at, before, time.monotonic())
        earlier = self._last
        kept = passes.keep_clock(self._eye)
        if earlier is not None:
            by = jumped(earlier[0], reading)
        else:
            # Nobody watched since: that the clock went on proves nothing, that it went back does.
            by = at - kept if kept is not None and at < kept - JUMP else None
        if by is None:
            self._last = reading, event
            return 0
        log.error("the database's clock was set by %s s", by.total_seconds())
        jump = record_jump(by, actor=ACTOR, at=now())
        self._last = reading, event  # only now: what could not be kept is seen again by the next look
        if jump is not None and by < timedelta(0):
            self._shift(by, event if earlier is None else earlier[1])
        return 1

    def _shift(self, by: timedelta, event: int) -> None:
        """What was due by the old clock is due by the new one after the same wait."""
        boundary = passes.last_before(self._eye, event)
        for shift in (shift_escalations, shift_deliveries, shift_posts):
            last: int | None = 0
            while last is not None:
                last = shift(by, boundary, last, actor=ACTOR, at=now())


def due_works(channels: Channels, ping: Ping | None) -> tuple[Due, ...]:
    """The auditor with senders of its own; `ping` is None where no outside watcher is named."""
    eye = Eye()
    messages = next(work.run for work in paging_works(channels) if work.name == "send_due_deliveries")
    works = (
        Due("watch_clock", Pool.WATCH, ClockWatch(eye).run, every_s=_CLOCK_EVERY_S),
        Due("audit", Pool.WATCH, Auditor(eye, messages).run, every_s=_LOOK_EVERY_S),
    )
    if ping is None:
        return works
    return (*works, Due("give_sign_of_life", Pool.WATCH, Pulse(eye, ping).run, every_s=_LOOK_EVERY_S))
