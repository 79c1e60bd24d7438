"""Heads of requests that were read before: the same bytes mean the same, and are not parsed again.

Monitoring systems say the same head with every event, but for its length. What is remembered is only how the
parser read it, for requests that it read whole and that went the short way (`express`).
"""

from dataclasses import dataclass

from muster.web.asgi_types import Headers
from muster.web.express import Way

REMEMBERED, HEAD_BYTES = 500, 1024
"""So many heads are remembered, of no more bytes than these."""
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """What the parser made of a head, and where it led. `body_bytes` is the length that it announces."""

    way: Way
    headers: Headers
    body_bytes: int
    keep_alive: bool


class Heads:
    """What a router remembers. The headers may hold a key: they are nowhere but in its memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def find(self, data: bytes) -> tuple[Head, bytes] | None:
        """The head and the body of one whole request, when its head is known and nothing follows it."""
        end = data.find(_END, 0, HEAD_BYTES) + len(_END)
        head = self._known.get(data[:end])
        return (head, data[end:]) if head is not None and len(data) == end + head.body_bytes else None

    def remember(self, data: bytes, head: Head) -> None:
        """The parser made this `head` of `data`, which began with a request; ignored where more was in it."""
        end = len(data) - head.body_bytes
        if end > HEAD_BYTES or data.find(_END) + len(_END) != end:
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[data[:end]] = head
