"""`muster verify`: the whole timeline checked against chain, texts and anchors (design section 4)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from muster.core import chain
from muster.core.chain import Finding
from muster.foundation.timeline.pen import envelope

_BATCH = 2000
_COLUMNS = (
    *("id", "command", "cause", "kind", "subject", "incident"),
    *("audience_id", "actor", "at", "recorded_at", "payload", "digest"),
)
_CHAIN = """
    SELECT l.seq, l.event_id, l.prev_hash, l.hash,
        e.id, e.command, e.cause, e.kind, e.subject, e.incident,
        e.audience_id, e.actor, e.at, e.recorded_at, e.payload::text, e.digest,
        (SELECT c.seq FROM timeline_link c WHERE c.event_id = e.cause)
    FROM timeline_link l LEFT JOIN timeline_event e ON e.id = l.event_id ORDER BY l.seq
"""
_OUTSIDE = """
    SELECT e.id, o.event_id IS NOT NULL FROM timeline_event e
    LEFT JOIN timeline_link l ON l.event_id = e.id LEFT JOIN timeline_outbox o ON o.event_id = e.id
    WHERE l.seq IS NULL ORDER BY e.id
"""
_TEXTS = """
    SELECT t.event_id, t.name, t.salt, t.body, e.payload -> t.name ->> 'text'
    FROM timeline_eventtext t LEFT JOIN timeline_event e ON e.id = t.event_id ORDER BY t.event_id
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `head` is the hash (hex) of the last link; `unsealed` events wait for theirs."""

    events: int
    unsealed: int
    seq: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(anchors: Iterable[tuple[int, bytes]] = ()) -> Report:
    """Check every link, event, text and anchor, as of one instant; reads only.

    `anchors` are heads `(seq, hash)` kept outside PostgreSQL, beside those that stand in it.
    """
    findings: list[Finding] = []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        walked = _Walk(dict(anchors) | _stored_anchors())
        for row in _rows("chain", _CHAIN):
            findings += walked.step(row)
        findings += walked.end()
        waiting = 0
        for event_id, in_outbox in _rows("outside", _OUTSIDE):
            waiting += 1
            if not in_outbox:
                findings.append(Finding(None, event_id, "stands outside the chain and does not wait for it"))
        findings += _changed_texts()
    verifier = walked.verifier
    return Report(verifier.seq + waiting, waiting, verifier.seq, verifier.head.hex(), tuple(findings))


class _Walk:
    """The chain in order of `seq`, with the anchors on the way."""

    def __init__(self, anchors: dict[int, bytes]) -> None:
        self.verifier = chain.Verifier()
        self._anchors = anchors

    def step(self, row: Any) -> Iterator[Finding]:
        link = chain.Link(row[0], row[1], bytes(row[2]), bytes(row[3]))
        event = dict(zip(_COLUMNS, row[4:-1], strict=True))
        gone = event["id"] is None
        stored = None if gone else bytes(event["digest"])
        recomputed = None if gone else _digest(event)
        yield from self.verifier.check(link, stored=stored, recomputed=recomputed)
        if event["cause"] is not None and (row[-1] is None or row[-1] >= link.seq):
            yield Finding(link.seq, link.event_id, "stands before its cause")
        if self._anchors.pop(link.seq, link.hash) != link.hash:
            yield Finding(link.seq, link.event_id, "differs from its anchor: the chain was written anew")

    def end(self) -> Iterator[Finding]:
        """Anchors beyond the last link."""
        for seq in sorted(self._anchors):
            yield Finding(seq, None, f"is anchored but missing: the chain was cut after {self.verifier.seq}")


def _digest(event: dict[str, Any]) -> bytes | None:
    """The digest made afresh; None when the columns hold something that was never an event."""
    try:
        return chain.digest(envelope(event | {"payload": json.loads(event["payload"])}))
    except ValueError:
        return None


def _changed_texts() -> Iterator[Finding]:
    for event_id, name, salt, body, wanted in _rows("texts", _TEXTS):
        if wanted is None or chain.text_digest(bytes(salt), body) != wanted:
            yield Finding(
                None, event_id, f"its text {name} was changed: it does not fit the digest in the event"
            )


def _stored_anchors() -> dict[int, bytes]:
    return {seq: bytes(hash_) for seq, hash_ in _rows("anchors", "SELECT seq, hash FROM timeline_anchor")}


def _rows(name: str, query: str) -> Iterator[Any]:
    """Rows of any number, through a cursor of the server."""
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE muster_{name} NO SCROLL CURSOR FOR {query}")
        while rows := _fetch(cursor, name):
            yield from rows
        cursor.execute(f"CLOSE muster_{name}")


def _fetch(cursor: Any, name: str) -> list[Any]:
    cursor.execute(f"FETCH {_BATCH} FROM muster_{name}")
    return list(cursor.fetchall())
