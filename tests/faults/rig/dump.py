"""What the database holds at the end of a run, as JSON lines that the checker reads.

This is the one place that knows the product's tables; the checker knows only the names that stand here.
"""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

TABLES = {
    "signal": """SELECT dedup_key AS key, integration_id AS integration, alert_id AS alert, action,
        disposition, reason, received_at FROM detect_signal""",
    "alert": """SELECT id, dedup_key AS key, dedup_scope AS scope, state, opened_at, resolved_at,
        acknowledged_at, count + coalesce(noted.times, 0) AS count,
        a.unkept + coalesce(noted.unkept, 0) AS unkept, labels
        FROM detect_alert a LEFT JOIN (SELECT alert_id, sum(times)::bigint AS times,
            sum(unkept)::bigint AS unkept FROM detect_noted GROUP BY 1) AS noted ON noted.alert_id = a.id""",
    "group": "SELECT id, state, epoch, opened_at, acknowledged_at, resolved_at FROM evaluate_alertgroup",
    "member": """SELECT alert_id AS alert, group_id AS group FROM evaluate_decision
        WHERE group_id IS NOT NULL""",
    "call": "SELECT id, state, summary, target FROM paging_call",
    "escalation": """SELECT id, about, state, epoch, round, step, due_at, started_at
        FROM escalation_escalation""",
    "page": """SELECT g.id, p.handle AS person, about, escalation, epoch, round, step, g.reason, started_at
        FROM paging_page g JOIN access_person p ON p.id = g.person_id""",
    "delivery": """SELECT id, page_id AS page, kind, key, state, due_at, lease_until, attempts, fence,
        left(encode(sha256(key::bytea), 'hex'), 40) AS letter_key,
        claimed_at, accepted_at, reason, folded_into_id AS carrier, created_at FROM paging_delivery""",
    "event": """SELECT id, command, cause, kind, subject, incident, audience_id, actor, at, recorded_at,
        payload, encode(digest, 'hex') AS digest FROM timeline_event ORDER BY id""",
    "link": """SELECT seq, event_id AS event, encode(prev_hash, 'hex') AS previous,
        encode(hash, 'hex') AS hash FROM timeline_link ORDER BY seq""",
    "outbox": "SELECT event_id AS event FROM timeline_outbox",
    "parked": 'SELECT "group", subject, event_id AS event, attempts, due_at, error FROM timeline_parked',
    "finding": """SELECT id, check_name AS check, about, found_at, mended_at, ended_at
        FROM watch_finding""",
    "publication": "SELECT page_id AS page, wanted, live FROM statuspage_publication",
}
_ROWS = "SELECT %s || ':' || id AS subject, last_event_id AS event FROM {}"


def dump(owner_url: str, path: Path, subjects: dict[str, str]) -> Path:
    """Write it all, as one snapshot; `subjects` are the tables with a state by the name of their subjects."""
    with psycopg.connect(owner_url) as connection, path.open("w") as file:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        [(now,)] = connection.execute("SELECT now()").fetchall()
        _write(file, "meta", {"database": now.timestamp(), "host": time.time()})
        for table, statement in TABLES.items():
            _copy(connection, file, table, statement)
        for subject, table in subjects.items():
            _copy(connection, file, "row", _ROWS.format(f'"{table}"'), subject)
    return path


def _copy(
    connection: psycopg.Connection[Any], file: Any, table: str, statement: str, *values: object
) -> None:
    cursor = connection.execute(statement, values or None)  # type: ignore[arg-type]
    names = [column.name for column in cursor.description or ()]
    for row in cursor:
        _write(file, table, dict(zip(names, row, strict=True)))


def _write(file: Any, table: str, row: dict[str, Any]) -> None:
    file.write(json.dumps({"table": table, **row}, default=_spelled) + "\n")


def _spelled(value: Any) -> Any:
    """Times to the microsecond in UTC, as events spell them."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)
