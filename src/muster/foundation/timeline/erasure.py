"""Forgetting human text: its digest stays in the payload, so the chain still verifies (design section 4)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.foundation.timeline.models import Recorded
from muster.foundation.timeline.pen import record


def erase_text(row: Recorded, *, subjects: Iterable[str], actor: Actor, at: datetime) -> int:
    """Delete the texts of every event of these subjects; return how many there were.

    Called by the command that erases a person; `row` is the locked row whose event tells of it
    (`text.erased`, with the subjects: `muster verify` accepts a missing text of those only).
    """
    erased = sorted(set(subjects))
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM timeline_eventtext WHERE event_id IN
                   (SELECT id FROM timeline_event WHERE subject = ANY(%s))""",
            [erased],
        )
        count = int(cursor.rowcount)
    record(row, Change("text.erased", payload={"subjects": erased, "texts": count}), actor=actor, at=at)
    return count
