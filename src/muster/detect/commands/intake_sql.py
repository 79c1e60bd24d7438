"""The SQL of the way in: one statement a batch for mere repeats, three for all else, prepared where the
connection prepares.

The ORM is passed by here, and only here: a Django object for each of ten thousand signals a second costs more
than everything else that is done for them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from muster.core.intake import MERE_REPEAT, Episode, Outcome
from muster.core.signals import Signal, SignalSeverity
from muster.detect import source_kinds
from muster.detect.models import Alert
from muster.foundation.timeline.prepared import prepared_cursor


class Sender(NamedTuple):
    """The integration of a key in use."""

    id: int
    kind: str
    service_id: int
    last_seen_at: datetime | None
    scope: str


class Open(NamedTuple):
    """An open alert, locked: what folding reads of it."""

    pk: int
    audience_id: int
    state: str
    severity: str
    fired_at: datetime | None
    holds_until: datetime | None


class Target:
    """An episode and the row that it is about; `unkept` counts its signals that get no row of their own."""

    __slots__ = ("alert", "episode", "unkept")

    def __init__(self, alert: Alert | Open, episode: Episode) -> None:
        self.alert = alert
        self.episode = episode
        self.unkept = 0


class Kept(NamedTuple):
    """A signal that gets a row."""

    sender: Sender
    target: Target | None
    signal: Signal
    outcome: Outcome
    raw: bytes


# As `source_kinds.scope_of`.
_SCOPE = "CASE WHEN i.kind = ANY(%(wide)s::text[]) THEN 'organisation' ELSE 'service:' || i.service_id END"

_WORST_FIRST = f"ARRAY[{', '.join(repr(severity.value) for severity in SignalSeverity)}]"

_SENDERS = """
    SELECT now(), k.hash, i.id, i.kind, i.service_id, i.last_seen_at, {scope}
    FROM unnest(%(hashes)s::bytea[]) AS k(hash)
    LEFT JOIN detect_integration i ON i.retired_at IS NULL
        AND (i.key_hash = k.hash OR (i.old_key_hash = k.hash AND i.old_key_until > now()))
""".replace("{scope}", _SCOPE)

_OPEN = """
    SELECT a.dedup_scope, a.dedup_key, a.id, a.audience_id, a.state, a.severity, a.fired_at,
        a.holds_until
    FROM ROWS FROM (jsonb_array_elements_text(%(scopes)s::jsonb), jsonb_array_elements_text(%(keys)s::jsonb))
        AS k(scope, key)
    JOIN detect_alert a ON a.dedup_scope = k.scope AND a.dedup_key = k.key AND a.state <> 'resolved'
    ORDER BY a.dedup_scope, a.dedup_key FOR NO KEY UPDATE OF a
"""

# Counters only: no state, so no event (the columns stand in Alert.touched, and a house test compares).
_KEEP = """
    WITH seen AS (
        UPDATE detect_alert AS kept
        SET count = kept.count + seen.times, unkept = kept.unkept + seen.unkept, last_seen_at = now(),
            fired_at = seen.fired_at, holds_until = seen.holds_until
        FROM jsonb_to_recordset(%(seen)s::jsonb)
            AS seen(id bigint, times bigint, unkept bigint, fired_at timestamptz, holds_until timestamptz)
        WHERE kept.id = seen.id
    )
    INSERT INTO detect_signal
        (received_at, integration_id, alert_id, action, dedup_key, disposition, reason, raw)
    SELECT now(), integration_id, alert_id, action, dedup_key, disposition, reason, raw
    FROM jsonb_to_recordset(%(signals)s::jsonb) AS s(integration_id bigint, alert_id bigint, action text,
        dedup_key text, disposition text, reason text, raw jsonb)
"""

_BY_WHOM = """
    WITH sender AS MATERIALIZED (
        SELECT k.n, i.id, {scope} AS scope
        FROM jsonb_to_recordset(%(senders)s::jsonb) AS k(n int, hash text, kind text)
        JOIN detect_integration i ON i.retired_at IS NULL AND k.kind IN ('', i.kind)
            AND (i.key_hash = decode(k.hash, 'hex')
                OR (i.old_key_hash = decode(k.hash, 'hex') AND i.old_key_until > now()))
    )
""".replace("{scope}", _SCOPE)
_KEPT = """
    , kept AS (
        INSERT INTO detect_signal
            (received_at, integration_id, alert_id, action, dedup_key, disposition, reason, raw)
        SELECT now(), line.integration_id, line.alert_id, 'trigger', line.key,
            %(disposition)s, %(reason)s, body.raw
        FROM line, jsonb_array_elements(line.bodies) AS body(raw)
    )
    SELECT now(), array_agg(n), array_agg(alert_id) FROM line
"""


def _built(statement: str) -> str:
    """One of the statements for mere repeats, which begin and end the same way."""
    statement = statement.replace("{by_whom}", _BY_WHOM).replace("{kept}", _KEPT)
    return statement.replace("{worst_first}", _WORST_FIRST)


# As `_OPEN` and `_KEEP`, for lines that are mere repeats of what is open. Whoever finds no line here finds
# nothing changed either. Two senders of one service may mean the same alert: it is counted on once.
# `holds_until` is as `core.intake.latest_end` says.
REPEAT = _built("""{by_whom}
    , said AS MATERIALIZED (
        SELECT l.*, sender.id AS integration_id, sender.scope
        FROM jsonb_to_recordset(%(lines)s::jsonb) AS l(n int, sender int, key text, absorbing int,
            times bigint, unkept bigint, bodies jsonb, fired_at timestamptz, holds_until timestamptz)
        JOIN sender ON sender.n = l.sender
    ), line AS MATERIALIZED (
        SELECT said.*, a.id AS alert_id
        FROM said
        JOIN detect_alert a ON a.dedup_scope = said.scope AND a.dedup_key = said.key
            AND a.state <> 'resolved'
            AND array_position({worst_first}, a.severity) <= said.absorbing
        ORDER BY a.dedup_scope, a.dedup_key FOR NO KEY UPDATE OF a
    ), counted AS (
        UPDATE detect_alert AS kept
        SET count = kept.count + seen.times, unkept = kept.unkept + seen.unkept, last_seen_at = now(),
            fired_at = greatest(kept.fired_at, seen.fired_at),
            holds_until = CASE WHEN kept.holds_until IS NULL OR seen.holds_until IS NULL THEN NULL
                ELSE greatest(kept.holds_until, seen.holds_until) END
        FROM (
            SELECT alert_id, sum(coalesce(times, 1)) AS times, sum(coalesce(unkept, 0)) AS unkept,
                max(fired_at) AS fired_at,
                CASE WHEN bool_and(holds_until IS NOT NULL) THEN max(holds_until) END AS holds_until
            FROM line GROUP BY alert_id
        ) AS seen
        WHERE kept.id = seen.alert_id
    ), noticed AS (
        UPDATE detect_integration AS used SET last_seen_at = now() FROM sender
        WHERE used.id = sender.id
            AND (used.last_seen_at IS NULL OR used.last_seen_at < now() - interval '10 s')
    )
    {kept}
""")

# As `REPEAT`, for many lines that bring nothing but themselves: their numbers are noted in one row, and
# `ADD_UP` counts them on the alerts, and notices their senders. No alert is locked: one that ends meanwhile
# was open when the repeat came. What is held until some time is left alone: such a repeat would say that it
# is held no more.
NOTE_DOWN = _built("""{by_whom}
    , line AS MATERIALIZED (
        SELECT l.n, l.key, l.times, l.unkept, l.bodies, sender.id AS integration_id, a.id AS alert_id
        FROM jsonb_to_recordset(%(lines)s::jsonb) AS l(n int, sender int, key text, absorbing int,
            times int, unkept int, bodies jsonb)
        JOIN sender ON sender.n = l.sender
        JOIN detect_alert a ON a.dedup_scope = sender.scope AND a.dedup_key = l.key
            AND a.state <> 'resolved' AND a.holds_until IS NULL
            AND array_position({worst_first}, a.severity) <= l.absorbing
    ), noted AS (
        INSERT INTO detect_tally (alert_ids, integration_ids, times, unkept)
        SELECT array_agg(alert_id), array_agg(integration_id), array_agg(coalesce(times, 1)),
            array_agg(coalesce(unkept, 0))
        FROM line HAVING count(*) > 0
    )
    {kept}
""")

# The answer asks for `line`, so that alerts are locked before their senders, as everywhere.
ADD_UP = """
    WITH taken AS (
        DELETE FROM detect_tally WHERE ctid = ANY (ARRAY(SELECT ctid FROM detect_tally LIMIT %(most)s))
        RETURNING alert_ids, integration_ids, times, unkept, at
    ), noted AS MATERIALIZED (
        SELECT one.*, at FROM taken, unnest(alert_ids, integration_ids, taken.times, taken.unkept)
            AS one(alert_id, integration_id, times, unkept)
    ), seen AS MATERIALIZED (
        SELECT alert_id, sum(times) AS times, sum(unkept) AS unkept, max(at) AS at
        FROM noted GROUP BY alert_id
    ), line AS MATERIALIZED (
        SELECT seen.* FROM seen JOIN detect_alert a ON a.id = seen.alert_id
        ORDER BY a.dedup_scope, a.dedup_key FOR NO KEY UPDATE OF a
    ), counted AS (
        UPDATE detect_alert AS kept
        SET count = kept.count + line.times, unkept = kept.unkept + line.unkept,
            last_seen_at = greatest(kept.last_seen_at, line.at)
        FROM line WHERE kept.id = line.alert_id
    ), sender AS MATERIALIZED (
        SELECT i.id, heard.at
        FROM (SELECT integration_id, max(at) AS at FROM noted GROUP BY integration_id) AS heard
        JOIN detect_integration i ON i.id = heard.integration_id
            AND (i.last_seen_at IS NULL OR i.last_seen_at < heard.at - interval '10 s')
        ORDER BY i.id FOR NO KEY UPDATE OF i
    ), noticed AS (
        UPDATE detect_integration AS used SET last_seen_at = sender.at FROM sender WHERE used.id = sender.id
    )
    SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM line)
"""


# What doors could not read says neither of which key it is nor what its sender meant.
_UNREAD = """
    INSERT INTO detect_signal
        (received_at, integration_id, alert_id, action, dedup_key, disposition, reason, raw)
    SELECT now(), %(integration)s::bigint, %(alert)s::bigint, 'unknown', '', 'unreadable', s.reason, s.raw
    FROM jsonb_to_recordset(%(signals)s::jsonb) AS s(reason text, raw jsonb)
"""
_LATELY = """
    SELECT id FROM detect_signal WHERE alert_id = %(alert)s AND received_at > now() - interval '1 minute'
    ORDER BY id DESC LIMIT %(most)s
"""


class RepeatedLine(msgspec.Struct, omit_defaults=True):
    """The repeats of one sender under one key: the `n`-th line of its batch, for `count_repeats`.

    An alert absorbs them that has one of the `absorbing` worst severities. `bodies` get a row each, `unkept`
    are the others. What is as it mostly is, is not sent.
    """

    n: int
    sender: int
    key: str
    absorbing: int
    bodies: list[msgspec.Raw]
    times: int = 1
    fired_at: datetime | None = None
    holds_until: datetime | None = None
    unkept: int = 0


def repeats(senders: Mapping[tuple[bytes, str], int], lines: Sequence[RepeatedLine]) -> dict[str, Any]:
    """What `REPEAT` and `NOTE_DOWN` ask. `senders` numbers the key hashes, each with its door's kind."""
    numbered = [{"n": n, "hash": hash_.hex(), "kind": kind} for (hash_, kind), n in senders.items()]
    return {
        "senders": _text(numbered),
        "lines": _text(lines),
        "wide": source_kinds.organisation_wide(),
        "disposition": MERE_REPEAT.disposition,
        "reason": MERE_REPEAT.reason,
    }


def counted(answer: tuple[Any, ...]) -> tuple[datetime, dict[int, int]]:
    """What `REPEAT` and `NOTE_DOWN` answer: the database's time, and the alerts of lines that repeat."""
    at, numbers, alerts = answer
    return at, dict(zip(numbers or (), alerts or (), strict=True))


def senders(hashes: set[bytes]) -> tuple[datetime, dict[bytes, Sender]]:
    """The database's time, and the integrations of these keys, read anew: a revoked one is refused."""
    found = _run(_SENDERS, {"hashes": sorted(hashes), "wide": source_kinds.organisation_wide()})
    return found[0][0], {bytes(row[1]): Sender(*row[2:]) for row in found if row[2] is not None}


def open_alerts(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Open]:
    """The open alerts under these (scope, key), locked in the order of their keys."""
    if not keys:
        return {}
    scopes, names = zip(*keys, strict=True)
    return {row[:2]: Open(*row[2:]) for row in _run(_OPEN, {"scopes": _text(scopes), "keys": _text(names)})}


def keep(signals: Sequence[Kept], repeats: Sequence[Target]) -> None:
    """Write the signals' rows, and count the repeats on their alerts."""
    if signals or repeats:
        seen = [_seen(target) for target in repeats]
        _run(_KEEP, {"seen": _text(seen), "signals": _text([_row(one) for one in signals])}, answers=False)


def keep_unread(integration_id: int, alert_id: int, found: Sequence[tuple[str, Any]]) -> None:
    """Write the rows of payloads that could not be read, each with its reason, under our own alert."""
    if found:
        signals = _text([{"reason": reason, "raw": raw} for reason, raw in found])
        values = {"integration": integration_id, "alert": alert_id, "signals": signals}
        _run(_UNREAD, values, answers=False)


def add_up(most: int) -> int:
    """Count what `NOTE_DOWN` noted on its alerts, of up to so many batches; returns of how many."""
    return int(_run(ADD_UP, {"most": most})[0][0])


def rows_within_a_minute(alert_id: int, most: int) -> int:
    """How many signals of an alert got a row in the last minute, up to `most`."""
    return len(_run(_LATELY, {"alert": alert_id, "most": most}))


def _seen(target: Target) -> dict[str, Any]:
    episode = target.episode
    return {
        "id": target.alert.pk,
        "times": episode.seen,
        "unkept": target.unkept,
        "fired_at": episode.fired_at,
        "holds_until": episode.holds_until,
    }


def _row(kept: Kept) -> dict[str, Any]:
    return {
        "integration_id": kept.sender.id,
        "alert_id": None if kept.target is None else kept.target.alert.pk,
        "action": kept.signal.action,
        "dedup_key": kept.signal.dedup_key,
        "disposition": kept.outcome.disposition,
        "reason": kept.outcome.reason,
        "raw": msgspec.Raw(kept.raw),
    }


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _run(statement: str, parameters: Mapping[str, Any], *, answers: bool = True) -> list[tuple[Any, ...]]:
    with prepared_cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if answers else []
