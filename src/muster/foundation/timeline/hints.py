"""Wake-up hints: after commit, coalesced, never inside the transaction (design section 7, stack decision 5).

A hint only shortens the wait; the poll every 250 ms is enough by itself. In this process an event wakes the
loops at once; other processes are told by one NOTIFY at most every 20 ms, outside the transaction.
"""

import contextlib
import functools
import secrets
import threading
from collections.abc import Callable, Iterable
from enum import StrEnum

from django.db import connection, transaction

CHANNEL = "muster_hint"
NOTIFY_EVERY_S = 0.02
KEPT_S = 1.0
OURSELVES = secrets.token_hex(8)
"""Names this process in what it tells others."""


class Hint(StrEnum):
    """What was committed, so that only those wake for whom there is something to do."""

    RECORDED = "recorded"
    """Events that wait to be sealed."""
    SEALED = "sealed"
    """Links: people who watch may see more."""
    WANTED = "wanted"
    """Links that a reaction waits for."""
    DUE = "due"
    """Rows whose time has come already: pages to be sent."""


_listeners: list[tuple[frozenset[Hint], Callable[[], None]]] = []
_lock = threading.Lock()


def listen(wake: Callable[[], None], *hints: Hint) -> Callable[[], None]:
    """Call `wake` after each commit of this process that gave one of these hints (without any: of all).

    Returns the way to stop.
    """
    entry = (frozenset(hints or Hint), wake)
    with _lock:
        _listeners.append(entry)

    def stop() -> None:
        with _lock, contextlib.suppress(ValueError):
            _listeners.remove(entry)

    return stop


def wake_now(hint: Hint) -> None:
    """Tell the listeners of this process that something was committed."""
    for hints, wake in list(_listeners):
        if hint in hints:
            wake()


def wake_after_commit(hint: Hint) -> None:
    """Wake the listeners when the running transaction has committed."""
    transaction.on_commit(_WAKE[hint])


_WAKE = {hint: functools.partial(wake_now, hint) for hint in Hint}


class Notifier(threading.Thread):
    """Tells other processes of our commits, at most every 20 ms, from a thread of its own."""

    def __init__(self) -> None:
        super().__init__(name="notifier", daemon=True)
        self._wanted, self._never = threading.Event(), threading.Event()
        self._hints: set[Hint] = set()
        for hint in Hint:
            listen(functools.partial(self._want, hint), hint)

    def run(self) -> None:
        """Pass hints on for as long as the process lives."""
        while True:
            if not self._wanted.wait(KEPT_S):
                connection.close()  # back to the pool: it is wanted for a moment, now and then
                self._wanted.wait()
            self._wanted.clear()
            hints, self._hints = self._hints, set()
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, told(hints)])
            except Exception:  # noqa: BLE001 - a hint only shortens the wait
                connection.close()
            self._never.wait(NOTIFY_EVERY_S)  # unlike a sleep it cannot fail, whatever the clocks say

    def _want(self, hint: Hint) -> None:
        self._hints.add(hint)
        self._wanted.set()


def told(hints: Iterable[Hint]) -> str:
    """What one NOTIFY says: which process, and its hints."""
    return " ".join((OURSELVES, *sorted(hints)))


def heard(payload: str) -> frozenset[Hint]:
    """The hints of another process; none when they are our own, whose loops are awake already.

    One that names none (an older version, or by hand) may mean any.
    """
    process, *hints = payload.split() or [""]
    if process == OURSELVES:
        return frozenset()
    return frozenset(hint for hint in Hint if hint in hints) or frozenset(Hint)
