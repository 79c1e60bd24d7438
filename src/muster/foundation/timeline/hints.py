"""Wake-up hints: after commit, coalesced, never inside the transaction (design section 7, stack decision 5).

A hint only shortens the wait; the poll every 250 ms is enough by itself. In this process an event wakes the
loops at once; other processes are told by one NOTIFY at most every 20 ms, on a connection of its own.
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Callable

from django.db import connection, transaction

CHANNEL = "muster_hint"
NOTIFY_EVERY_S = 0.02
OURSELVES = secrets.token_hex(8)
"""The payload of this process's hints: its own loops are awake already and need not look twice."""

_listeners: list[Callable[[], None]] = []
_lock = threading.Lock()


def listen(wake: Callable[[], None]) -> Callable[[], None]:
    """Call `wake` after each commit of this process that recorded something; returns the way to stop."""
    with _lock:
        _listeners.append(wake)

    def stop() -> None:
        with _lock, contextlib.suppress(ValueError):
            _listeners.remove(wake)

    return stop


def wake_all() -> None:
    """Tell every listener of this process that something was committed."""
    for wake in list(_listeners):
        wake()


def wake_after_commit() -> None:
    """Wake the listeners when the running transaction has committed."""
    transaction.on_commit(wake_all)


class Notifier(threading.Thread):
    """Tells other processes of our commits, at most every 20 ms, from a thread with its own connection."""

    def __init__(self) -> None:
        super().__init__(name="notifier", daemon=True)
        self._wanted = threading.Event()
        listen(self._wanted.set)

    def run(self) -> None:
        """Pass hints on for as long as the process lives."""
        while True:
            self._wanted.wait()
            self._wanted.clear()
            with contextlib.suppress(Exception), connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, OURSELVES])
            if not connection.is_usable():
                connection.close()
            time.sleep(NOTIFY_EVERY_S)
