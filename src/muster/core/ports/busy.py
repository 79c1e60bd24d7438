"""The port through which somebody's own calendar says when they are busy (R39; reliability O12).

Imported only by what is due, by adapters and by the wiring.
"""

from datetime import datetime
from typing import Protocol

from muster.core.ports.busy_form import BusyReason
from muster.core.rotation import Span


class CalendarUnread(Exception):
    """The calendar said nothing that can be used. `detail` is for engineers: never the address."""

    def __init__(self, reason: BusyReason, detail: str = "") -> None:
        super().__init__(f"{reason.value} {detail}".strip())
        self.reason = reason


class BusyReader(Protocol):
    """Reads calendars by their address."""

    def read(self, url: str, timezone: str, a: datetime, b: datetime) -> list[Span]:
        """When the owner is busy within [a, b), `LEAST_BUSY` or longer, in order, touching ones joined.

        Times that name no zone, and whole days, are read in `timezone`. Only intervals come back: titles,
        places and guests are never kept. Takes a bounded time. Raises `CalendarUnread` and nothing else.
        """
        ...
