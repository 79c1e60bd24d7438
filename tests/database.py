"""Each test's database: a copy of a migrated template on a real PostgreSQL, with a clock that tests move."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections

from muster.foundation.timeline import guard
from muster.processes.postgres import Cluster

SEARCH_PATH = "muster_clock,pg_catalog,public"
CLOCK = """
    CREATE SCHEMA muster_clock;
    CREATE TABLE muster_clock.shift (by interval NOT NULL);
    INSERT INTO muster_clock.shift VALUES ('0');
    CREATE FUNCTION muster_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
        'SELECT pg_catalog.now() + by FROM muster_clock.shift';
    GRANT USAGE ON SCHEMA muster_clock TO PUBLIC;
    GRANT SELECT ON muster_clock.shift TO PUBLIC;
"""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One test's database: `url` for processes of the product, `owner_url` for psql as superuser."""

    name: str
    owner_url: str
    url: str

    def as_owner(self, sql: str, *args: object) -> list[tuple]:
        """Run one statement as superuser, as an intruder with psql would."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            cursor = connection.execute(sql, args)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


def everything(database: Database) -> dict[str, Any]:
    """Each table's rows and each sequence, as they are; but when a token was last used."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        tables = connection.execute(
            """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
               AND relnamespace = 'public'::regnamespace AND relname <> 'access_apitoken'"""
        ).fetchall()
        assert len(tables) > 60
        found: dict[str, Any] = {}
        for (table,) in tables:
            rows = f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'
            found[table] = connection.execute(rows).fetchall()  # type: ignore[arg-type]
        sequences = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
        return found | {"sequences": connection.execute(sequences).fetchall()}


class Clock:
    """Moves the database's `now()` for the product; the process clock stays."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        """The product's time."""
        [(at,)] = self._database.as_owner("SELECT pg_catalog.now() + by FROM muster_clock.shift")
        return at

    def advance(self, by: timedelta) -> datetime:
        """Let time pass (or go back)."""
        self._database.as_owner("UPDATE muster_clock.shift SET by = by + %s", by)
        return self.now()

    def set(self, at: datetime) -> datetime:
        """Make it that time."""
        self._database.as_owner("UPDATE muster_clock.shift SET by = %s - pg_catalog.now()", at)
        return self.now()


@pytest.fixture(scope="session")
def cluster(scratch: Path) -> Iterator[Cluster]:
    """One PostgreSQL server for the run, durable as in production."""
    user = "nobody" if os.geteuid() == 0 else None
    server = Cluster(scratch / "pg", user=user)
    server.ensure_initialised()
    server.start()
    server.wait_ready()
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE muster_app")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A migrated and guarded database that tests copy."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_muster")
    _point_django_at(cluster, "template_muster", as_owner=True)
    call_command("migrate", verbosity=0)
    guard.install()
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]
    with psycopg.connect(cluster.dsn("template_muster"), autocommit=True) as connection:
        connection.execute(CLOCK)
    return "template_muster"


@pytest.fixture
def database(cluster: Cluster, template: str) -> Iterator[Database]:
    """A database of this test's own; Django in this process is pointed at it, as the role muster_app."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    _point_django_at(cluster, name, as_owner=False)
    owner_url = cluster.dsn(name)
    yield Database(
        name, owner_url, f"{owner_url}&options=-c%20search_path%3D{SEARCH_PATH.replace(',', '%2C')}"
    )
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def owner(cluster: Cluster, database: Database) -> Database:
    """The same, with Django in this process as the superuser, who may change the schema."""
    _point_django_at(cluster, database.name, as_owner=True)
    return database


@pytest.fixture
def clock(database: Database) -> Clock:
    """The clock of this test's database."""
    return Clock(database)


@pytest.fixture
def at(clock: Clock) -> Callable[[], datetime]:
    """Read the product's time now."""
    return clock.now


def _point_django_at(cluster: Cluster, name: str, *, as_owner: bool) -> None:
    wrapper = connections["default"]
    wrapper.close()
    wrapper.close_pool()  # type: ignore[attr-defined]
    options = "" if as_owner else f"-c role={guard.APP_ROLE} -c search_path={SEARCH_PATH}"
    wrapper.settings_dict |= {
        "NAME": name,
        "HOST": str(cluster.socket_folder),
        "USER": "postgres",
        "PORT": "",
    }
    wrapper.settings_dict["OPTIONS"] |= {"options": options}
    connections.settings["default"] |= wrapper.settings_dict
