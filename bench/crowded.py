"""A database as it is after years: rows of every kind, written past the guards and without keys to look up.

Their numbers begin far above those that the product gives out, so that both can go on side by side.
"""

from pathlib import Path

import psycopg

BASE = 100_000_000
CHAINED = ("alert events", "group events", "links", "lanes")
ROWS = ("alerts", "groups", "decisions", "escalations", "pages", "messages")


def fill(dsn: str, rows: int, *, unresolved: int, waiting: int, chained: bool = False) -> None:
    """Write so many alerts with all that follows from one; the last `unresolved` of them are open.

    The last `waiting` have an escalation whose next step is due in an hour. `chained`: with their events.
    """
    values = {"rows": rows, "open": unresolved, "waiting": waiting, "base": BASE}
    statements = _statements()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for name in (*(CHAINED if chained else ()), *ROWS):
            sql = statements[name]
            connection.execute(sql, values if "%(" in sql else None)  # type: ignore[arg-type]
        connection.execute("VACUUM ANALYZE")


def _statements() -> dict[str, str]:
    text = Path(__file__).with_suffix(".sql").read_text()
    parts = [part.partition("\n") for part in text.split("-- name: ")[1:]]
    return {name.strip(): body.strip() for name, _, body in parts}
