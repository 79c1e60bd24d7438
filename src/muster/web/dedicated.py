"""Threads with a database connection of their own, outside the pool that requests share.

A burst of requests can use up the pool; the flusher, the key look-up and the live streams must not wait for
it, and must notice a lost database at once.
"""

import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections

P = ParamSpec("P")
R = TypeVar("R")

LOST = (OperationalError, InterfaceError)
"""The errors that mean: the database is away."""

OPTIONS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "prepare_threshold": 5,
}
"""How such a connection is opened: a lost database is noticed within seconds."""
_own = threading.local()


def own_connection() -> None:
    """Give the calling thread a connection of its own, opened at first use. Calling it again does nothing."""
    if getattr(_own, "given", False):
        return
    shared = connections[DEFAULT_DB_ALIAS]
    options = {name: value for name, value in shared.settings_dict["OPTIONS"].items() if name != "pool"}
    settings = {**shared.settings_dict, "OPTIONS": {**options, **OPTIONS}}
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
