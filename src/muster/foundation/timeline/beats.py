"""Whether a worker lives, and the doors hear: each writes a beat into the database (peers 7a)."""

from datetime import datetime, timedelta

from django.db import connection

WORKER_SEEN_WITHIN = timedelta(seconds=30)

# (One that lies ahead was written before the clock was set back, and says nothing.)
_BEAT = "SELECT now(), max(at) FROM timeline_beat WHERE kind = 'worker' AND at <= now()"


DOORS = "doors"
"""The beat of all web processes together: the newest counts."""
_HEARS = """
    INSERT INTO timeline_beat (process, kind, version, at) VALUES (%s, %s, '', now())
    ON CONFLICT (process) DO UPDATE SET at = now()
"""


def note_hearing() -> None:
    """The doors of one web process hear, and turn nobody away."""
    with connection.cursor() as cursor:
        cursor.execute(_HEARS, [DOORS, DOORS])


def last_beat() -> tuple[bool, datetime | None]:
    """Whether a worker was seen within 30 s, and when one was last; None: never."""
    with connection.cursor() as cursor:
        cursor.execute(_BEAT)
        now, seen = cursor.fetchone()
    return seen is not None and now - seen <= WORKER_SEEN_WITHIN, seen


def worker_is_seen() -> bool:
    """Whether a worker was seen within 30 s: without one nothing that waits is sent."""
    return last_beat()[0]
