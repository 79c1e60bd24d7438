"""Whether the database's schema is the one this program was written for."""

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.utils import OperationalError

from muster.processes.problems import CannotStart


def schema_finding() -> str | None:
    """None when the schema fits, else one line that says what to do. Django must be set up.

    Raises CannotStart when the database does not answer.
    """
    try:
        loader = MigrationLoader(connection)
    except OperationalError as error:
        raise CannotStart(f"The database does not answer: {' '.join(str(error).split())}") from error
    finally:
        connection.close()  # the thread that asks only waits from now on
    known, applied = set(loader.disk_migrations), set(loader.applied_migrations)
    if missing := known - applied:
        names = ".".join(sorted(missing)[0])
        return f"The database's schema is older than this Muster ({names} is missing): run muster db migrate."
    ours = {app for app, _ in known}
    if newer := {key for key in applied - known if key[0] in ours}:
        return (
            f"The database was migrated by a newer Muster ({'.'.join(sorted(newer)[0])}): start that version."
        )
    return None


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
