"""The days of signals: made ahead, and dropped when they are old, each drop with its event (design 4)."""

from datetime import date, datetime

from django.db import connection

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.core.retention import last_day
from muster.detect.models import SignalDay
from muster.foundation.timeline.pen import command, record


def make_signal_day(day: date) -> bool:
    """Make the part of a day; False when it is there, or another worker is at it.

    No state changes by it, so nothing is told. `OperationalError` when somebody is in the way for too long.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT detect_make_signal_day(%s::date)", [day])
        return bool(cursor.fetchone()[0])


@command
def drop_signal_part(part: str, *, actor: Actor, at: datetime) -> SignalDay | None:
    """Drop a part with all its signals; None when it is gone, or another worker is at it.

    The alerts stay, and so does how many signals they had.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT detect_drop_signal_part(%s)", [part])
        held = cursor.fetchone()[0]
    if held is None:
        return None
    columns = {"part": part, "last_day": last_day(part), "signals": held, "dropped_at": at}
    facts = {"part": part, "signals": held}
    return record(SignalDay(), Change("signal_day.dropped", columns, facts), actor=actor, at=at)
