"""Whether the database's schema is the one this program was written for."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError

from muster.processes.problems import CannotStart


def schema_finding() -> str | None:
    """None when the schema fits, else one line that says what to do. Django must be set up.

    Raises CannotStart when the database does not answer.
    """
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except OperationalError as error:
        raise CannotStart(f"The database does not answer: {' '.join(str(error).split())}") from error
    finally:
        connection.close()  # the thread that asks only waits from now on
    known = set(_brought())
    if missing := known - applied:
        names = ".".join(sorted(missing)[0])
        return f"The database's schema is older than this Muster ({names} is missing): run muster db migrate."
    ours = {app for app, _ in known}
    if newer := {key for key in applied - known if key[0] in ours}:
        return (
            f"The database was migrated by a newer Muster ({'.'.join(sorted(newer)[0])}): start that version."
        )
    return None


def _brought() -> Iterator[tuple[str, str]]:
    """The migrations that this program brings, by name: a process that only looks keeps none of them."""
    for config in apps.get_app_configs():
        name, _is_named = MigrationLoader.migrations_module(config.label)
        if name is not None and find_spec(name) is not None:
            for found in pkgutil.iter_modules(import_module(name).__path__):
                if not found.ispkg and found.name[0] not in "_~":
                    yield config.label, found.name


def require_schema() -> None:
    """Raises CannotStart with one line when the schema is older or newer than the program."""
    if finding := schema_finding():
        raise CannotStart(finding)


def require_tables(*names: str) -> None:
    """Raises CannotStart when a table is missing; for commands that also read older databases."""
    try:
        missing = set(names) - set(connection.introspection.table_names())
    except OperationalError as error:
        raise CannotStart(f"The database does not answer: {' '.join(str(error).split())}") from error
    if missing:
        raise CannotStart(f"This database is not Muster's: it has no table {sorted(missing)[0]}.")
