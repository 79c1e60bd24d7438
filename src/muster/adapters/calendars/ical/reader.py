"""Reads somebody's calendar under guard, and keeps nothing of it but when they are busy (RFC 5545; O12)."""

import socket
from datetime import datetime

import httpx
from django.utils.module_loading import import_string

from muster.adapters.breaker import Resting
from muster.adapters.egress import Egress
from muster.adapters.peers import EgressRefused
from muster.core.ports.busy import CalendarUnread
from muster.core.ports.busy_form import LIMIT_BYTES, BusyReason
from muster.core.rotation import Span

_BUSY = "muster.adapters.calendars.ical.busy.busy"
"""Comes with the first calendar that is read: what it stands on takes 4 MiB."""


class IcalReader:
    """Gets a calendar and says when its owner is busy."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def read(self, url: str, timezone: str, a: datetime, b: datetime) -> list[Span]:
        """See the port."""
        found: list[Span] = import_string(_BUSY)(self._fetch(url), timezone, a, b)
        return found

    def _fetch(self, url: str) -> bytes:
        try:
            answer = self._egress.get(url, limit_bytes=LIMIT_BYTES)
        except EgressRefused as why:
            raise CalendarUnread(BusyReason.REFUSED_ADDRESS) from why
        except (Resting, socket.gaierror, httpx.HTTPError, httpx.InvalidURL, ValueError) as why:
            raise CalendarUnread(BusyReason.NO_ANSWER, type(why).__name__) from why
        if answer.status != 200:
            raise CalendarUnread(BusyReason.NOT_THERE, str(answer.status))
        if answer.truncated:
            raise CalendarUnread(BusyReason.TOO_LARGE)
        return answer.body
