"""A database as it is after years: rows of every kind, written past the guards and without keys to look up.

Their numbers begin far above those that the product gives out, so that both can go on side by side.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

BASE = 100_000_000
CHAINED = ("alert events", "group events", "links", "lanes")
OPEN = ("alerts", "groups", "decisions")
"""What an inbox shows."""
ROWS = (*OPEN, "escalations", "pages", "messages")
STORY = ("groups of an incident", "entries", "words of entries")


def fill(
    dsn: str,
    rows: int,
    *,
    unresolved: int,
    waiting: int,
    chained: bool = False,
    kinds: Sequence[str] = ROWS,
) -> None:
    """Write so many alerts with all that follows from one; the last `unresolved` of them are open.

    The last `waiting` have an escalation whose next step is due in an hour. `chained`: with their events.
    """
    values = {"rows": rows, "open": unresolved, "waiting": waiting, "base": BASE}
    _write(dsn, (*(CHAINED if chained else ()), *kinds), values)


def fill_incident(dsn: str, incident: int, *, alerts: int, entries: int) -> None:
    """Let the first of what `fill` wrote belong to this incident, and say so many things on its timeline."""
    _write(dsn, STORY, {"incident": incident, "alerts": alerts, "entries": entries, "base": BASE})


def _write(dsn: str, names: Sequence[str], values: Mapping[str, Any]) -> None:
    statements = _statements()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for name in names:
            sql = statements[name]
            connection.execute(sql, values if "%(" in sql else None)  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE")


def _statements() -> dict[str, str]:
    text = Path(__file__).with_suffix(".sql").read_text()
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {name.strip(): body.strip() for name, _, body in parts}
