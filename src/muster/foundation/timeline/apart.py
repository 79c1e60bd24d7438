"""A connection apart: outside Django's pool, for what must work, or be heard, when the pool is spent."""

from typing import Any

import psycopg
from django.db import connection


def open_apart(**more: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """An autocommit connection of the caller's own; `more` goes to `psycopg.connect`."""
    parameters = connection.get_connection_params()
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return psycopg.connect(**(parameters | more), autocommit=True)
