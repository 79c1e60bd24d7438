"""The engine's few hot statements, planned once for each connection.

Django binds values on the client's side, so PostgreSQL plans every statement anew. For the long statements of
the pen, the sealer and the lanes that costs more than running them. These go to the server with their values
apart, and are prepared there. (A pooler between must keep prepared statements: PgBouncer does from 1.21 on.)

A plan kept for long was made for tables as they were then: one made in the first minute of an installation
reads whole tables that a storm has filled since. So plans are thrown away every few seconds; the next use
plans by the sizes that the tables have by now.
"""

import time
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

KEPT_S = 10.0
_planned: "WeakKeyDictionary[Any, float]" = WeakKeyDictionary()
"""Since when each connection keeps its plans."""


class _Prepared(psycopg.Cursor[Any]):
    """A cursor whose statements are prepared at their first use."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> "_Prepared":
        return super().execute(query, params, **(more | {"prepare": True}))


def prepared_cursor() -> CursorWrapper:
    """A cursor on Django's connection, in its transaction, with its errors; for statements that never change.

    Values have the types that PostgreSQL infers: write `%s::bigint[]` where it could not.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        session = connection.connection
        if time.monotonic() - _planned.setdefault(session, time.monotonic()) > KEPT_S:
            session.execute("DISCARD PLANS")
            _planned[session] = time.monotonic()
        return CursorWrapper(_Prepared(session), connection)
