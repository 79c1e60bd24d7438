"""What happens once in the life of an installation; `muster up` runs it in a child process of its own.

Prints one line of JSON: the API token and the path of the one-time set-up link, both null when that was done
before.
"""

import json

from django.db import connection

from muster.foundation.access.commands import begin_first_run

SETUP_PATH = "/set-up/{secret}/"


def first_run() -> None:
    """Make the organisation and its first admin, once. Django must be set up, as the application."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        [at] = cursor.fetchone()
    begun = begin_first_run(at=at)
    path = SETUP_PATH.format(secret=begun.setup_secret) if begun else None
    print(json.dumps({"token": begun.token if begun else None, "setup_path": path}))
