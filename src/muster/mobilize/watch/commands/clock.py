"""The database's clock was set: told once, and what was promised by the old clock is kept by the new one."""

from datetime import datetime, timedelta

from django.db import connection

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.core.signals import SignalSeverity
from muster.core.watch import JUMP
from muster.detect.commands import open_meta_alert
from muster.foundation.timeline.pen import command, record
from muster.mobilize.watch.models import ClockJump

META, ABOUT = "clock_jumped", "database"
_LOCK = 0x636C6F63
_SAME_WITHIN = timedelta(minutes=1)


@command
def record_jump(by: timedelta, *, actor: Actor, at: datetime) -> ClockJump | None:
    """Keep that the clock was set by this much, and tell it. None when another worker has said so already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    latest = ClockJump.objects.order_by("-id").first()
    if latest is not None and _is_same(latest, by, at):
        return None
    seconds = round(by.total_seconds(), 1)
    columns = {"by": by, "jumped_at": at}
    jump = record(ClockJump(), Change("clock_jump.seen", columns, {"seconds": seconds}), actor=actor, at=at)
    way = "forward" if seconds > 0 else "back"
    open_meta_alert(
        META,
        ABOUT,
        actor=actor,
        at=at,
        summary=f"The database's clock was set {way} by {abs(seconds)} s: do not trust times around it",
        severity=SignalSeverity.ERROR,
    )
    return jump


def _is_same(latest: ClockJump, by: timedelta, at: datetime) -> bool:
    """Two workers see one jump within moments, and of nearly the same size."""
    near = abs(latest.by - by) <= JUMP * 2
    return near and timedelta(0) <= at - latest.jumped_at <= _SAME_WITHIN
