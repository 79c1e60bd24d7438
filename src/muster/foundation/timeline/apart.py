"""A connection apart: outside Django's pool, for what must work, or be heard, when the pool is spent."""

from typing import Any

import psycopg
from django.db import connection


def open_apart(**more: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """An autocommit connection of the caller's own; `more` goes to `psycopg.connect`."""
    return psycopg.connect(**(_parameters() | more), autocommit=True)


async def open_apart_on_the_loop(**more: Any) -> psycopg.AsyncConnection[tuple[Any, ...]]:
    """As `open_apart`, for the event loop itself. Times come in UTC."""
    parameters = _parameters() | more
    parameters["options"] = f"{parameters.get('options', '')} -c TimeZone=UTC".strip()
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)


def _parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = connection.get_connection_params()
    for name in ("pool", "cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return parameters
