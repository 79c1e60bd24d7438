"""Writes down that the doors hear: else nobody can say whether a sender fell silent or Muster was deaf."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

NOTED_EVERY_S = 5.0

log = logging.getLogger(__name__)


class Ear(Protocol):
    """What takes the signals in: the flusher."""

    turned_away: int
    """How many were refused because too many waited, or because the store hung."""
    swept_at: float
    """When its loop last turned, by `time.monotonic`."""


class Hearing(threading.Thread):
    """Calls `note` every `every_s` seconds, unless somebody was turned away since or the loop stands.

    It has a thread, and so a connection, of its own: a store that hangs holds up no request. What cannot be
    noted is not: the store is away, and so nobody is heard.
    """

    def __init__(self, ear: Ear, note: Callable[[], None], every_s: float = NOTED_EVERY_S) -> None:
        super().__init__(name="hearing", daemon=True)
        self._ear = ear
        self._note = note
        self._every_s = every_s
        self._ends = threading.Event()

    async def stop(self) -> None:
        """Note nothing more."""
        self._ends.set()

    def run(self) -> None:
        """Note for as long as the process serves."""
        before = self._ear.turned_away
        while not self._ends.wait(self._every_s):
            refused, before = self._ear.turned_away - before, self._ear.turned_away
            if refused or time.monotonic() - self._ear.swept_at > max(self._every_s, 2.0):
                continue
            try:
                self._note()
            except Exception as error:  # noqa: BLE001 (see above)
                log.warning("it cannot be noted that the doors hear: %s", type(error).__name__)
