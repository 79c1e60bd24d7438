"""`muster db migrate`: the schema brought to this version, with its triggers and grants. Runs as the owner
role.
"""

import contextlib
import time
from collections.abc import Iterator

from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection

from muster.foundation.timeline import guard
from muster.processes.schema import leave_mark, schema_is_newer

_LOCK_TIMEOUT = "2s"
_ATTEMPTS = 60
_IN_THE_WAY = ("55P03", "40P01")
"""Lock not available, deadlock."""
_LOCK = 0x6D696772


def migrate() -> None:
    """Apply what is missing and install the guard afresh. Django must be set up, as the owner.

    Does nothing when a newer Muster has been here. Under load a migration waits two seconds at most for its
    lock, because everybody else queues behind it, then lets them pass and tries again, for a few minutes.
    """
    if schema_is_newer():
        return
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _migrate()
        except OperationalError as error:
            if attempt == _ATTEMPTS or getattr(error.__cause__, "sqlstate", None) not in _IN_THE_WAY:
                raise
            connection.close()
            time.sleep(1)
        else:
            return


def _migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
    with alone():
        call_command("migrate", verbosity=0, interactive=False)
        guard.install()
        leave_mark()
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nobody else migrates or begins this database meanwhile: whoever comes later waits (reliability R9).

    When the process dies, PostgreSQL lets the next one in.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
