"""One version beside the next on the same database (reliability I27)."""

import threading
import time

import psycopg
import pytest
from django.db import OperationalError, connections

from database import Database
from muster import __version__
from muster.processes import migrate as migrating
from muster.processes.schema import RUNS_FROM, leave_mark, runs_here, schema_finding, schema_mark

FUTURE = "INSERT INTO django_migrations (app, name, applied) VALUES ('paging', '9999_more', now())"


@pytest.mark.parametrize(
    ("mark", "runs"),
    [
        ("muster 0.3.0 runs-from 0.1.0", True),
        ("muster 0.3.0 runs-from 0.2.0", True),
        ("muster 0.3.0 runs-from 0.2.1", False),
        ("muster 1.10.0 runs-from 0.10.0", False),
        ("", False),
        ("somebody's comment", False),
    ],
)
def test_who_runs_on_a_newer_schema_stands_in_its_mark(mark: str, runs: bool) -> None:
    assert runs_here(mark, "0.2.0.dev3") is runs


def test_every_version_runs_on_its_own_schema() -> None:
    assert runs_here(f"muster {__version__} runs-from {RUNS_FROM}")


def test_a_schema_of_this_version_fits(database: Database) -> None:
    assert schema_finding() is None


def test_a_newer_schema_fits_when_it_says_so(database: Database) -> None:
    database.as_owner(FUTURE)
    database.as_owner("COMMENT ON TABLE django_migrations IS 'muster 9.0.0 runs-from 0.1.0'")
    assert schema_finding() is None
    database.as_owner("COMMENT ON TABLE django_migrations IS 'muster 9.0.0 runs-from 8.0.0'")
    assert "paging.9999_more" in str(schema_finding())
    database.as_owner("COMMENT ON TABLE django_migrations IS NULL")
    assert "newer Muster" in str(schema_finding())


def test_an_older_program_leaves_a_newer_schema_alone(owner: Database) -> None:
    """Its mark stays, and so do the grants on tables of which it knows nothing."""
    owner.as_owner(FUTURE)
    owner.as_owner("COMMENT ON TABLE django_migrations IS 'muster 9.0.0 runs-from 0.1.0'")
    owner.as_owner("CREATE TABLE paging_more (id bigint)")
    owner.as_owner("GRANT SELECT ON paging_more TO muster_app")
    migrating.migrate()
    assert schema_mark() == "muster 9.0.0 runs-from 0.1.0"
    [(granted,)] = owner.as_owner("SELECT has_table_privilege('muster_app', 'paging_more', 'SELECT')")
    assert granted


def test_migrating_leaves_a_mark(owner: Database) -> None:
    migrating.migrate()
    assert schema_mark() == f"muster {__version__} runs-from {RUNS_FROM}"
    leave_mark()
    assert runs_here(schema_mark())


def test_a_migration_lets_others_pass_while_it_waits(
    owner: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long transaction holds the table: whoever queues behind the migration waits two seconds at most."""
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "200ms")
    _without_the_newest(owner)
    with psycopg.connect(owner.owner_url) as busy:
        busy.execute("SELECT count(*) FROM evaluate_alertgroup")
        migration = threading.Thread(target=_migrate)
        migration.start()
        time.sleep(0.5)
        with psycopg.connect(owner.owner_url, options="-c statement_timeout=1500") as reader:
            reader.execute("SELECT count(*) FROM evaluate_alertgroup")
        assert migration.is_alive()
        busy.rollback()
    migration.join(30)
    assert schema_finding() is None


def test_it_gives_up_with_postgresqls_own_words(owner: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrating, "_ATTEMPTS", 2)
    _without_the_newest(owner)
    with psycopg.connect(owner.owner_url) as busy:
        busy.execute("SELECT count(*) FROM evaluate_alertgroup")
        with pytest.raises(OperationalError, match="lock timeout"):
            migrating.migrate()


def _without_the_newest(owner: Database) -> None:
    """As if the newest migrations of `evaluate`, those since 0003, were still to come."""
    owner.as_owner("DELETE FROM django_migrations WHERE app = 'evaluate' AND name >= '0003'")
    owner.as_owner("ALTER TABLE evaluate_silence DROP COLUMN caught CASCADE")
    owner.as_owner("DROP TABLE evaluate_alertfeedback")
    owner.as_owner("DROP TABLE evaluate_rule, evaluate_alertview")
    owner.as_owner("ALTER TABLE evaluate_alertgroup DROP COLUMN held_back CASCADE")
    columns = "DROP COLUMN again_count CASCADE, DROP COLUMN because CASCADE, DROP COLUMN changed CASCADE"
    owner.as_owner(f"ALTER TABLE evaluate_decision {columns}")


def _migrate() -> None:
    migrating.migrate()
    connections.close_all()
