"""What a live stream's client carries: a ticket to get in, and a cursor that says how far it has read.

Both are sealed (AES-SIV, RFC 5297): they cannot be forged, and they cannot be read either, since a gap-free
number would count, for outsiders, the events that are not theirs (design section 9).
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

TICKET_LASTS = timedelta(seconds=60)
_AHEAD = timedelta(seconds=30)
_TICKET, _CURSOR = b"ticket", b"cursor"


class TicketRefused(StrEnum):
    """Why a ticket does not let its bearer in."""

    FORGED = "forged"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may open which stream. `after` is the last event that the page, as drawn, already showed."""

    person_id: int
    topic: str
    after: int


class Seals:
    """Makes and reads tickets and cursors with a key of this installation."""

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError("live tickets need a secret key")
        self._cipher = AESSIV(hashlib.sha512(b"muster live stream\0" + secret.encode()).digest())

    def ticket(self, ticket: Ticket, *, now: float) -> str:
        """Seal a ticket made at `now` (Unix seconds)."""
        content = msgspec.json.encode((ticket.person_id, ticket.topic, ticket.after, int(now)))
        return _text(self._cipher.encrypt(content, [_TICKET]))

    def read_ticket(self, text: str, *, now: float) -> Ticket | TicketRefused:
        """The ticket, while it is not older than 60 s at `now`."""
        content = self._open(text, [_TICKET])
        if content is None:
            return TicketRefused.FORGED
        person_id, topic, after, made = msgspec.json.decode(content, type=tuple[int, str, int, int])
        if not -_AHEAD.total_seconds() <= now - made <= TICKET_LASTS.total_seconds() + 1:
            return TicketRefused.EXPIRED
        return Ticket(person_id, topic, after)

    def cursor(self, topic: str, seq: int) -> str:
        """Seal a place in the order of events; the same place always looks the same."""
        return _text(self._cipher.encrypt(seq.to_bytes(8, "big"), [_CURSOR, topic.encode()]))

    def read_cursor(self, topic: str, text: str) -> int | None:
        """The place, or None when it was not sealed for this topic by us."""
        content = self._open(text, [_CURSOR, topic.encode()])
        return int.from_bytes(content, "big") if content is not None and len(content) == 8 else None

    def _open(self, text: str, about: list[bytes]) -> bytes | None:
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return self._cipher.decrypt(sealed, about)
        except (InvalidTag, ValueError, binascii.Error):
            return None


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()
