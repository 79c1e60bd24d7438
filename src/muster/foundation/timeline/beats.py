"""Whether a worker lives: each writes a beat of its own into the database (peers 7a)."""

from datetime import datetime, timedelta

from django.db import connection

WORKER_SEEN_WITHIN = timedelta(seconds=30)

# (One that lies ahead was written before the clock was set back, and says nothing.)
_BEAT = "SELECT now(), max(at) FROM timeline_beat WHERE kind = 'worker' AND at <= now()"


def last_beat() -> tuple[bool, datetime | None]:
    """Whether a worker was seen within 30 s, and when one was last; None: never."""
    with connection.cursor() as cursor:
        cursor.execute(_BEAT)
        now, seen = cursor.fetchone()
    return seen is not None and now - seen <= WORKER_SEEN_WITHIN, seen


def worker_is_seen() -> bool:
    """Whether a worker was seen within 30 s: without one nothing that waits is sent."""
    return last_beat()[0]
