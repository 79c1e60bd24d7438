"""Whose night it was: a page at 23:00 is somebody's evening and another's sleep. Pure."""

from datetime import date, datetime, time, timedelta

from muster.core.wallclock import wall_time, zone

NIGHT_FROM, NIGHT_UNTIL = time(22), time(7)


def night_of(at: datetime, timezone: str) -> date | None:
    """The evening on which the night of this instant began, by the wall clock of a zone; None by day."""
    local = wall_time(at, zone(timezone))
    if NIGHT_UNTIL <= local.time() < NIGHT_FROM:
        return None
    return (local - timedelta(hours=NIGHT_UNTIL.hour)).date()
