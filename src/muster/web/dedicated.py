"""Threads with a database connection of their own, outside the pool that requests share.

A burst of requests can use up the pool; the flusher, the key look-up and the live streams must not wait for
it, and must notice a lost database at once.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections

from muster.foundation.timeline.apart import open_apart_on_the_loop
from muster.foundation.timeline.prepared import KEPT_S

P = ParamSpec("P")
R = TypeVar("R")

LOST = (OperationalError, InterfaceError)
"""The errors that mean: the database is away."""

_OPTIONS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "prepare_threshold": 5,
}
_own = threading.local()


def own_connection() -> None:
    """Give the calling thread a connection of its own, opened at first use. Calling it again does nothing."""
    if getattr(_own, "given", False):
        return
    shared = connections[DEFAULT_DB_ALIAS]
    options = {name: value for name, value in shared.settings_dict["OPTIONS"].items() if name != "pool"}
    settings = {**shared.settings_dict, "OPTIONS": {**options, **_OPTIONS}}
    connections[DEFAULT_DB_ALIAS] = type(shared)(settings, DEFAULT_DB_ALIAS)
    _own.given = True


def drop_connection() -> None:
    """Close the calling thread's connection; its next query opens another."""
    connection.close()


def dedicated(call: Callable[P, R]) -> Callable[P, R]:
    """The call on the thread's own connection; tried once more when that had been lost in the meantime.

    Only for calls that may run twice: reads, and writes that keep all or nothing and are idempotent.
    """

    def calling(*args: P.args, **kwargs: P.kwargs) -> R:
        own_connection()
        try:
            return call(*args, **kwargs)
        except LOST:
            drop_connection()
            return call(*args, **kwargs)
        except Exception:
            drop_connection()
            raise

    return calling


class Direct:
    """The event loop's own connection, for the one statement that everything waits for (see `batching`)."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._session: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._planned_at = 0.0

    def start(self) -> None:
        """The connection is opened when it is needed."""

    async def ask(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Run the statement, in a transaction of its own; returns the row that it answers.

        It is prepared, and planned anew as often as others (see `timeline.prepared`). After any failure the
        connection is dropped; the next call opens another.
        """
        try:
            session = self._session or await self._open()
            if time.monotonic() - self._planned_at > KEPT_S:
                await session.execute("DISCARD PLANS")
                self._planned_at = time.monotonic()
            found = await (await session.execute(self._statement, values, prepare=True)).fetchone()
        except BaseException:
            await self.stop()
            raise
        assert found is not None
        return found

    async def stop(self) -> None:
        """Close the connection, if one is open."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _open(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        self._session = await open_apart_on_the_loop(**_OPTIONS)
        self._planned_at = time.monotonic()
        return self._session
