"""The sealer: committed events enter the chain, an effect always after its cause (design section 4).

Every worker runs one; a transaction-scoped advisory lock makes one of them the leader of each batch, so a
leader that dies or freezes hands over by itself (PostgreSQL ends an idle transaction after 5 s).
"""

from typing import Any

import msgspec
from django.db import transaction

from muster.core import chain
from muster.foundation.timeline.hints import Hint, wake_after_commit
from muster.foundation.timeline.lanes import is_wanted
from muster.foundation.timeline.pen import bytea, lane_of
from muster.foundation.timeline.prepared import prepared_cursor

BATCH = 500
LANES = 16
QUIET = -1
"""The lane of events that no worker of any version reacts to: nobody has to look past them."""
_LOCK = 0x6D757374

# The leader's transaction may not lie idle: PostgreSQL ends it, and the next batch has another leader.
_LEAD = (
    "SELECT pg_try_advisory_xact_lock(%s), set_config('idle_in_transaction_session_timeout', '5000', true)"
)
# Looked up by arrays: whatever PostgreSQL believed of these tables when it planned (they grow from nothing to
# thousands before their first ANALYZE), it goes by the indexes.
_TAKE = """
    WITH taken AS (
        DELETE FROM timeline_outbox WHERE event_id = ANY (ARRAY
            (SELECT event_id FROM timeline_outbox ORDER BY event_id LIMIT %s))
        RETURNING event_id
    )
    SELECT id, digest, subject, kind, kind IN (SELECT w.kind FROM timeline_wanted w) FROM timeline_event
    WHERE id = ANY (ARRAY(SELECT event_id FROM taken)) ORDER BY id
"""
_APPEND = """
    INSERT INTO timeline_link (seq, event_id, lane, kind, prev_hash, hash, sealed_at)
    SELECT seq, event_id, lane, kind, prev_hash, hash, now()
    FROM json_populate_recordset(NULL::timeline_link, %s)
"""


def seal_batch(limit: int = BATCH) -> int:
    """Seal up to `limit` waiting events; return how many.

    0 when nothing waits or another worker seals. The lock is taken in a statement of its own, so that the
    next statement's snapshot holds everything that the leader before has committed.
    """
    with transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute(_LEAD, [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAKE, [limit])
        taken = [(event_id, bytes(digest), *said) for event_id, digest, *said in cursor.fetchall()]
        if not taken:
            return 0
        seq, head = _head(cursor)
        lanes = {
            event_id: (lane_of(subject, LANES), kind) if wanted or is_wanted([kind]) else (QUIET, None)
            for event_id, _, subject, kind, wanted in taken
        }
        links = chain.forge(seq, head, ((event_id, digest) for event_id, digest, *_ in taken))
        rows = [
            {
                "seq": link.seq,
                "event_id": link.event_id,
                "lane": lanes[link.event_id][0],
                "kind": lanes[link.event_id][1],
                "prev_hash": bytea(link.prev_hash),
                "hash": bytea(link.hash),
            }
            for link in links
        ]
        cursor.execute(_APPEND, [msgspec.json.encode(rows).decode()])
        wake_after_commit(Hint.SEALED)
        if any(lane != QUIET for lane, _ in lanes.values()):
            wake_after_commit(Hint.WANTED)
    return len(taken)


def seal_all() -> int:
    """Seal until nothing waits (used by tests, imports and `muster verify`)."""
    total = 0
    while sealed := seal_batch():
        total += sealed
    return total


def _head(cursor: Any) -> tuple[int, bytes]:
    cursor.execute("SELECT seq, hash FROM timeline_link ORDER BY seq DESC LIMIT 1")
    row = cursor.fetchone()
    return (row[0], bytes(row[1])) if row else (0, chain.GENESIS)
