"""Whether the database's schema is one that this program can work with (reliability I27, docs/upgrading.md).

Versions run side by side while one replaces the other: the newer brings the schema forward, and the older
goes on. So a schema may be newer than the program, as long as it still runs it: each migration run leaves a
mark that says which Muster made the schema, and from which version on a Muster can run on it.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError

from muster import __version__
from muster.processes.problems import CannotStart

RUNS_FROM = "0.1.0"
"""The oldest Muster that can run on this version's schema. Raise it with a migration that takes away, renames
or demands what that version does not know (a house test tells when)."""

_MARK = "muster {version} runs-from {oldest}"


def schema_finding() -> str | None:
    """None when the schema fits, else one line that says what to do. Django must be set up.

    Raises CannotStart when the database does not answer.
    """
    missing, newer = _differences()
    if missing:
        told = f"The database's schema is older than this Muster ({missing[0]} is missing)"
        return f"{told}: run muster db migrate."
    if newer and not runs_here(schema_mark()):
        return f"The database was migrated by a newer Muster ({newer[0]}): start that version."
    return None


def schema_is_newer() -> bool:
    """Whether a newer Muster has brought the schema forward already; then this one leaves it alone."""
    return bool(_differences()[1])


def _differences() -> tuple[list[str], list[str]]:
    """The migrations that are missing here, and those of which only a newer Muster can know."""
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except OperationalError as error:
        raise CannotStart(f"The database does not answer: {' '.join(str(error).split())}") from error
    known = set(_brought())
    ours = {app for app, _ in known}
    newer = {key for key in applied - known if key[0] in ours}
    return _names(known - applied), _names(newer)


def _names(keys: set[tuple[str, str]]) -> list[str]:
    return [".".join(key) for key in sorted(keys)]


def schema_mark() -> str:
    """What the last migration run said of the schema; empty before there was a mark."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('django_migrations'::regclass, 'pg_class')")
        return str(cursor.fetchone()[0] or "")


def leave_mark() -> None:
    """Say that this Muster made the schema, and which versions can run on it. Runs as the owner."""
    mark = _MARK.format(version=__version__, oldest=RUNS_FROM)
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON TABLE django_migrations IS '{mark}'")


def runs_here(mark: str, version: str = __version__) -> bool:
    """Whether a Muster of this version can run on a schema with that mark."""
    words = mark.split()
    if len(words) != 4 or words[2] != "runs-from":
        return False
    return _numbers(words[3]) <= _numbers(version)


def _numbers(version: str) -> list[int]:
    """`0.2.0.dev1` as [0, 2, 0]."""
    return [int(part) for part in version.split(".") if part.isdecimal()]


def _brought() -> Iterator[tuple[str, str]]:
    """The migrations that this program brings, by name: a process that only looks keeps none of them."""
    for config in apps.get_app_configs():
        name, _is_named = MigrationLoader.migrations_module(config.label)
        if name is not None and find_spec(name) is not None:
            for found in pkgutil.iter_modules(import_module(name).__path__):
                if not found.ispkg and found.name[0] not in "_~":
                    yield config.label, found.name


def require_schema() -> None:
    """Raises CannotStart with one line when the schema is older or newer than the program can work with."""
    try:
        if finding := schema_finding():
            raise CannotStart(finding)
    finally:
        connection.close()  # the thread that asks only waits from now on


def require_tables(*names: str) -> None:
    """Raises CannotStart when a table is missing; for commands that also read older databases."""
    try:
        missing = set(names) - set(connection.introspection.table_names())
    except OperationalError as error:
        raise CannotStart(f"The database does not answer: {' '.join(str(error).split())}") from error
    if missing:
        raise CannotStart(f"This database is not Muster's: it has no table {sorted(missing)[0]}.")
