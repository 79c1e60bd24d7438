"""`muster verify`: the whole timeline checked against itself, its rows and its anchors (design section 4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from muster.core import chain
from muster.core.chain import Finding
from muster.foundation.timeline import anchors
from muster.foundation.timeline.guard import recorded_models
from muster.foundation.timeline.models import Recorded
from muster.foundation.timeline.queries import is_text

BATCH = 2000
_MOST_OF_A_KIND = 20


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: how many `events`, the `head` (hex) at `seq`, and the ids that wait for their link."""

    events: int
    seq: int
    head: str
    findings: tuple[Finding, ...]
    unsealed: tuple[int, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found; a tail that waits to be sealed is no finding."""
        return not self.findings


# An event that nobody sealed has no link; its own columns are checked all the same.
_EVENTS = """
    SELECT k.seq, k.event_id, k.prev_hash, k.hash, e.digest, e.command, e.cause, e.kind, e.subject,
           e.incident, e.audience_id, e.actor, e.at, e.recorded_at, e.payload,
           (SELECT jsonb_agg(jsonb_build_array(t.name, encode(t.salt, 'hex'), t.body))
            FROM timeline_eventtext t WHERE t.event_id = e.id),
           (SELECT c.seq FROM timeline_link c WHERE c.event_id = e.cause)
"""
_SEALED = f"""{_EVENTS} FROM timeline_link k LEFT JOIN timeline_event e ON e.id = k.event_id
    WHERE k.seq > %s ORDER BY k.seq LIMIT %s"""
_UNSEALED = f"""{_EVENTS.replace("k.event_id", "e.id")}
    FROM timeline_event e LEFT JOIN timeline_link k ON k.event_id = e.id
    WHERE k.event_id IS NULL ORDER BY e.id"""
_COLUMNS = ("command", "cause", "kind", "subject", "incident", "audience_id", "actor", "at", "recorded_at")


def verify(data: Path | None = None) -> Verified:
    """Check every link, event, text, row and anchor in one snapshot of the database.

    `data` is the folder that holds the anchors and their key; without it the anchors in the database are
    compared by place only.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        walk = _Walk(cursor)
        findings = [*walk.sealed(), *walk.unsealed(), *walk.gone_texts()]
        findings += _outbox(cursor)
        for model in recorded_models(cursor):
            findings += _rows(cursor, model)
        findings += anchors.compare(cursor, data, head_seq=walk.verifier.seq)
    verifier = walk.verifier
    return Verified(walk.count, verifier.seq, verifier.head.hex(), tuple(findings), tuple(walk.waiting))


class _Walk:
    """One pass over all events: sealed in order of `seq`, then the rest."""

    def __init__(self, cursor: CursorWrapper) -> None:
        self.verifier = chain.Verifier()
        self.count = 0
        self.waiting: list[int] = []
        self._cursor = cursor
        self._gone: dict[str, int] = {}
        self._erased: set[str] = set()

    def sealed(self) -> Iterator[Finding]:
        """Every link with its event."""
        while True:
            self._cursor.execute(_SEALED, [self.verifier.seq, BATCH])
            rows = self._cursor.fetchall()
            for row in rows:
                yield from self._sealed(row)
            if len(rows) < BATCH:
                return

    def _sealed(self, row: Sequence[Any]) -> Iterator[Finding]:
        seq, event_id, prev_hash, hash_, digest = row[:5]
        link = chain.Link(seq, event_id, bytes(prev_hash), bytes(hash_))
        stored, recomputed = (None, None) if digest is None else (bytes(digest), _recomputed(event_id, row))
        yield from self.verifier.check(link, stored=stored, recomputed=recomputed)
        self.count += 1
        if digest is not None:
            if row[6] is not None and (row[16] is None or row[16] >= seq):
                yield Finding(seq, event_id, "stands before its cause")
            yield from self._texts(seq, event_id, row)

    def unsealed(self) -> Iterator[Finding]:
        """Events without a link: those in the outbox wait, others were slipped in or forgotten."""
        self._cursor.execute("SELECT event_id FROM timeline_outbox")
        waiting = {event_id for (event_id,) in self._cursor.fetchall()}
        self._cursor.execute(_UNSEALED)
        for row in self._cursor.fetchall():
            event_id = row[1]
            self.count += 1
            if event_id not in waiting:
                yield Finding(None, event_id, "was never sealed and does not wait to be: inserted by hand?")
            else:
                self.waiting.append(event_id)
            if bytes(row[4]) != _recomputed(event_id, row):
                yield Finding(None, event_id, "was changed: the digest does not fit its columns")
            yield from self._texts(None, event_id, row)

    def _texts(self, seq: int | None, event_id: int, row: Sequence[Any]) -> Iterator[Finding]:
        """A text must fit its digest; one that is gone needs an erasure of its subject."""
        kind, subject, payload = row[7], row[8], msgspec.json.decode(row[14])
        payload = payload if isinstance(payload, dict) else {}
        digests = {name: value["text"] for name, value in payload.items() if is_text(value)}
        there = {
            name: (bytes.fromhex(salt), body) for name, salt, body in msgspec.json.decode(row[15] or "[]")
        }
        for name, (salt, body) in there.items():
            if digests.get(name) != chain.text_digest(salt, body):
                yield Finding(seq, event_id, f"its text {name!r} was changed or added")
        if digests.keys() - there.keys():
            self._gone.setdefault(subject, event_id)
        if kind == "text.erased":
            self._erased.update(payload.get("subjects", ()))

    def gone_texts(self) -> Iterator[Finding]:
        """Texts that are missing although nobody erased them."""
        for subject in sorted(self._gone.keys() - self._erased):
            yield Finding(None, self._gone[subject], f"a text of {subject} is gone without an erasure")


def _recomputed(event_id: int, row: Sequence[Any]) -> bytes:
    """The digest made afresh, of every column of the event but the digest itself, times as text; empty when
    the columns hold what was never an event."""
    event = dict(zip(_COLUMNS, row[5:14], strict=True)) | {"id": event_id}
    try:
        event |= {"payload": msgspec.json.decode(row[14]), "command": str(event["command"])}
        event |= {name: chain.instant(event[name]) for name in ("at", "recorded_at")}
        return chain.digest(chain.canonical(event))
    except ValueError:
        return b""


def _outbox(cursor: CursorWrapper) -> Iterator[Finding]:
    cursor.execute(
        """SELECT o.event_id, k.seq FROM timeline_outbox o
           LEFT JOIN timeline_event e ON e.id = o.event_id
           LEFT JOIN timeline_link k ON k.event_id = o.event_id
           WHERE e.id IS NULL OR k.seq IS NOT NULL ORDER BY o.event_id LIMIT %s""",
        [_MOST_OF_A_KIND],
    )
    for event_id, seq in cursor.fetchall():
        yield Finding(
            seq, event_id, "waits to be sealed, but " + ("it is missing" if seq is None else "it is sealed")
        )


# A row must name the newest event of its subject: neither none, nor a stranger's, nor an old one.
_STRAY_ROWS = """
    SELECT t.id, t.last_event_id FROM {table} t
    WHERE NOT EXISTS (SELECT 1 FROM timeline_event e WHERE e.id = t.last_event_id AND e.subject = %s || t.id)
       OR EXISTS (SELECT 1 FROM timeline_event n WHERE n.subject = %s || t.id AND n.id > t.last_event_id)
    ORDER BY t.id LIMIT %s
"""
_GONE_ROWS = """
    SELECT min(e.id), e.subject FROM timeline_event e
    WHERE e.subject LIKE %s
      AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = split_part(e.subject, ':', 2)::bigint)
    GROUP BY e.subject ORDER BY 1 LIMIT %s
"""


def _rows(cursor: CursorWrapper, model: type[Recorded]) -> Iterator[Finding]:
    table = connection.ops.quote_name(model._meta.db_table)
    prefix = f"{model.subject_kind}:"
    cursor.execute(_STRAY_ROWS.format(table=table), [prefix, prefix, _MOST_OF_A_KIND])
    for row_id, event_id in cursor.fetchall():
        yield Finding(None, event_id, f"{prefix}{row_id} names an event that is not its newest")
    pattern = prefix.replace("_", r"\_") + "%"
    cursor.execute(_GONE_ROWS.format(table=table), [pattern, _MOST_OF_A_KIND])
    for event_id, subject in cursor.fetchall():
        yield Finding(None, event_id, f"the row of {subject} is gone")
