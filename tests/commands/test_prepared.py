"""Hot statements are planned once, and planned anew before a table has outgrown their plan."""

from collections.abc import Callable

import pytest
from django.db import connection

from database import Database
from muster.foundation.timeline import prepared
from muster.foundation.timeline.prepared import prepared_cursor

HOT = "SELECT g.n FROM jsonb_to_recordset(%s) AS t(id bigint) JOIN grown g ON g.id = t.id"


def plan() -> str:
    """How PostgreSQL runs the statement the next time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%%JOIN grown%%'")
        cursor.execute(f"""EXPLAIN EXECUTE {cursor.fetchone()[0]}('[{{"id": 1}}]')""")
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.fixture
def use(database: Database) -> Callable[[], None]:
    """Run the statement as often as it takes to keep its plan, on a table that is empty at first."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE grown (id bigint PRIMARY KEY, n int)")

    def using() -> None:
        for _ in range(8):
            with prepared_cursor() as cursor:
                cursor.execute(HOT, ['[{"id": 1}]'])

    return using


def grow() -> None:
    """A storm fills the table, and nobody has analysed it yet."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO grown SELECT n, n FROM generate_series(1, 100000) n")


def test_a_plan_follows_its_table(use: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Within ten seconds; here at once."""
    use()
    assert "Seq Scan on grown" in plan()
    grow()
    assert "Seq Scan on grown" in plan()
    monkeypatch.setattr(prepared, "KEPT_S", 0.0)
    use()
    assert "Index Scan using grown_pkey" in plan()
