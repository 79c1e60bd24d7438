"""Wake-up hints: after commit, coalesced, never inside the transaction (design section 7, stack decision 5).

A hint only shortens the wait; the poll every 250 ms is enough by itself. In this process a `threading.Event`
wakes the loops at once; other processes are told by one NOTIFY at most every 20 ms on a connection of its own.
"""

import contextlib
import threading
import time
from collections.abc import Callable

from django.db import transaction

CHANNEL = "muster_hint"
NOTIFY_EVERY_S = 0.02

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
    """Wake the listeners when the running transaction has committed; once per transaction is enough."""
    transaction.on_commit(wake_all)


class Notifier:
    """Tells other processes, from one thread with its own connection, at most every 20 ms."""

    def __init__(
        self, connect: Callable[[], "contextlib.AbstractContextManager[Callable[[str], None]]"]
    ) -> None:
        """`connect` opens an autocommit connection and yields a function that executes one statement."""
        self._connect = connect
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)

    def start(self) -> None:
        """Begin to pass hints on; call once per process."""
        listen(self._wanted.set)
        self._thread.start()

    def _run(self) -> None:
        while True:
            with contextlib.suppress(Exception), self._connect() as execute:
                while True:
                    self._wanted.wait()
                    self._wanted.clear()
                    execute(f"NOTIFY {CHANNEL}")
                    time.sleep(NOTIFY_EVERY_S)
            time.sleep(1)
