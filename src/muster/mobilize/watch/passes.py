"""The auditor's own row: which pass runs, how far it has come, when all was last well.

It is no state of the product, has no events, and is written by the auditor's own connection.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from muster.core.watch import JUMP, PASS_EVERY, PING_EVERY
from muster.mobilize.watch.looks import QUESTIONS, Eye, Marks


@dataclass(frozen=True, slots=True)
class Begun:
    """A pass that is ours. `span` is the part of the chain whose consequences are asked after."""

    span: tuple[int, int]
    head: int
    marks: Marks


_MAKE = "INSERT INTO watch_watch (id) VALUES (1) ON CONFLICT DO NOTHING RETURNING id"
_BEGIN = """
    UPDATE watch_watch SET began_at = now()
    WHERE id = 1 AND (began_at IS NULL OR began_at <= now() - %(every)s * 0.9 OR began_at > now())
    RETURNING checked_seq, head_seq, marks
"""
_END = """
    UPDATE watch_watch SET ended_at = now(), took_ms = %(took_ms)s, found = %(found)s, marks = %(marks)s,
        checked_seq = %(checked)s, head_seq = %(head)s,
        clean_at = CASE WHEN %(found)s = 0 THEN now() ELSE clean_at END
    WHERE id = 1
"""


def begin(eye: Eye) -> Begun | None:
    """Take the next pass; None while another worker has it, or it is not time yet."""
    rows = eye.ask(_BEGIN, {"every": PASS_EVERY})
    if not rows and eye.ask(_MAKE):  # the first pass of all
        rows = eye.ask(_BEGIN, {"every": PASS_EVERY})
    if not rows:
        return None
    [(checked, head_before, marks)] = rows
    [(head,)] = eye.ask(QUESTIONS["head"])
    head = int(head or 0)
    # What was sealed before the last pass has had the time of a pass to be followed by what must follow.
    span = (head, head) if checked is None else (checked, max(checked, head_before))
    return Begun(span, head, marks)


def end(eye: Eye, begun: Begun, marks: Marks, *, found: int, took_ms: int, again: bool) -> None:
    """Keep how it went. `again`: the same part of the chain is asked after anew."""
    checked = begun.span[0] if again else begun.span[1]
    values = {"found": found, "took_ms": took_ms, "checked": checked, "head": begun.head}
    eye.ask(_END, values | {"marks": json.dumps(dict(marks))})


# The outside watcher


_TRY = """
    UPDATE watch_watch SET ping_tried_at = now()
    WHERE id = 1
        AND (ping_tried_at IS NULL OR ping_tried_at <= now() - %(every)s * 0.9 OR ping_tried_at > now())
    RETURNING clean_at, now()
"""
_TRIED = """
    UPDATE watch_watch SET ping_error = %(error)s,
        pinged_at = CASE WHEN %(error)s = '' THEN now() ELSE pinged_at END
    WHERE id = 1
"""


def try_ping(eye: Eye) -> tuple[datetime | None, datetime] | None:
    """When all was last well, and the time now, when it is our turn to say so outside; else None."""
    rows = eye.ask(_TRY, {"every": PING_EVERY})
    return (rows[0][0], rows[0][1]) if rows else None


def pinged(eye: Eye, error: str = "") -> None:
    """Keep whether the outside watcher has heard us."""
    eye.ask(_TRIED, {"error": error})


# The clock


_READ = "SELECT now(), coalesce((SELECT max(id) FROM timeline_event), 0)"
_KEEP = """
    WITH before AS (SELECT clock_at FROM watch_watch WHERE id = 1 FOR UPDATE)
    UPDATE watch_watch SET clock_at = now() FROM before WHERE id = 1 RETURNING before.clock_at
"""
_BEFORE_THE_JUMP = (
    "SELECT max(id) FROM timeline_event WHERE id > %(after)s AND recorded_at > now() + %(jump)s"
)


def read_clock(eye: Eye) -> tuple[datetime, int]:
    """The database's clock, and the newest event by then."""
    [(at, event)] = eye.ask(_READ)
    return at, int(event)


def keep_clock(eye: Eye) -> datetime | None:
    """Keep this reading, and return the one before, whoever made it."""
    rows = eye.ask(_KEEP)
    return rows[0][0] if rows else None


def last_before(eye: Eye, event: int) -> int:
    """The newest event written by the clock that was set back; `event` was one, for sure."""
    [(found,)] = eye.ask(_BEFORE_THE_JUMP, {"after": event, "jump": JUMP})
    return max(event, int(found or 0))
