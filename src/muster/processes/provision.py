"""The database and its two roles (design section 4): `muster_owner` migrates, `muster_app` is what the
product is.
"""

import contextlib
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from muster.processes.connections import APP, OWNER, Access, Database
from muster.processes.problems import CannotStart

_OLDEST_VERSION = 150000
_LOCK = 0x6D757374


def provision_embedded(url: str) -> Database:
    """Make database and roles in our own cluster; `url` is its superuser's.

    Both roles sign in by themselves: the socket is private.
    """
    name = urlsplit(url).path.lstrip("/")
    with _connect(urlsplit(url)._replace(path="/postgres").geturl()) as connection, _alone(connection):
        _make_roles(connection, login=True)
        _make_database(connection, name, owner=OWNER)
        with _connect(url) as inside:
            inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
    owner, app = (Access(urlsplit(url)._replace(netloc=f"{role}@").geturl()) for role in (OWNER, APP))
    return Database(url, owner, app)


def provision_given(url: str) -> Database:
    """Make database and roles on the server that MUSTER_DATABASE_URL names, as far as its user may.

    Where the user may not create roles, one role does both and `muster doctor` says so.
    """
    _make_missing_database(url)
    with _connect(url) as connection:
        if connection.info.server_version < _OLDEST_VERSION:
            found = connection.info.parameter_status("server_version")
            raise CannotStart(f"MUSTER_DATABASE_URL leads to PostgreSQL {found}: Muster needs 15 or newer.")
        try:
            with _alone(connection), connection.transaction():
                _make_roles(connection, login=False)
                for role in (OWNER, APP):
                    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
                grant = sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}")
                connection.execute(grant.format(sql.Identifier(OWNER)))
                if not _may_create(connection):
                    return Database(url, Access(url), Access(url))
        except psycopg.errors.InsufficientPrivilege:
            return Database(url, Access(url), Access(url, application_role(url)))
    return Database(url, Access(url, OWNER), Access(url, APP))


def application_role(url: str) -> str:
    """The role a process takes on `url`: `muster_app` where it exists and its user may take it, else ""."""
    with _connect(url) as connection:
        query = "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')"
        return APP if connection.execute(query, [APP]).fetchone() else ""


def _may_create(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    found = connection.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [OWNER]).fetchone()
    return found is not None and bool(found[0])


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise CannotStart(f"MUSTER_DATABASE_URL: the database does not answer: {reason}") from error


@contextlib.contextmanager
def _alone(connection: psycopg.Connection[tuple[object, ...]]) -> Iterator[None]:
    """Only one process provisions at a time: of two that make the same role at once one would fail."""
    connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _make_roles(connection: psycopg.Connection[tuple[object, ...]], *, login: bool) -> None:
    for role in (OWNER, APP):
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            kind = sql.SQL("LOGIN" if login else "NOLOGIN")
            connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), kind))


def _make_database(connection: psycopg.Connection[tuple[object, ...]], name: str, owner: str | None) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if owner:
        statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
    with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        connection.execute(statement)  # somebody else may have made it this very moment


def _make_missing_database(url: str) -> None:
    name = unquote(urlsplit(url).path.lstrip("/"))
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if not name or f'database "{name}" does not exist' not in str(error):
            reason = " ".join(str(error).split())
            raise CannotStart(f"MUSTER_DATABASE_URL: the database does not answer: {reason}") from error
        try:
            with _connect(urlsplit(url)._replace(path="/postgres").geturl()) as connection:
                _make_database(connection, name, owner=None)
        except psycopg.errors.InsufficientPrivilege as refused:
            raise CannotStart(
                f"MUSTER_DATABASE_URL: there is no database {name}, and its user may not make it."
            ) from refused
