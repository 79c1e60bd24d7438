"""Whole small requests of doors, answered without a task (docs/decisions/express.md).

Most of what monitoring systems send fits into one read of the socket. Such a request goes from the parser to
its door and from the flusher to the socket in plain calls; whatever is not so simple takes the general way.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from muster.core.ports.source_form import Reply
from muster.web.asgi_types import Headers
from muster.web.headers import answer_head


class Way(Protocol):
    """Where a request leads."""

    def take(self, headers: Headers, body: bytes, answer: Callable[[Reply], None]) -> bool:
        """Take the request and call `answer` once, now or later; or leave it to the general way (False)."""
        ...


class Connection(Protocol):
    """What is asked of uvicorn's protocol."""

    transport: asyncio.Transport
    server_state: Any

    def on_express_complete(self) -> None:
        """Go on with the next request of this connection."""
        ...


class Express:
    """Such requests of one connection, one after the other. It stands where uvicorn keeps its cycle, and has
    what uvicorn asks of that."""

    __slots__ = ("_connection", "_https", "disconnected", "keep_alive", "response_complete")

    body = b""
    more_body = False
    message_event = asyncio.Event()  # nobody waits for it

    def __init__(self, connection: Connection, *, https: bool) -> None:
        self._connection = connection
        self._https = https
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = True

    def begin(self, *, keep_alive: bool) -> None:
        """A request is on its way; the one before is answered."""
        self.keep_alive = keep_alive
        self.response_complete = False

    def answer(self, reply: Reply) -> None:
        """Send the answer, in one piece."""
        self.response_complete = True
        if self.disconnected:
            return
        connection = self._connection
        standing = connection.server_state.default_headers
        head = answer_head(reply, standing, https=self._https, keep_alive=self.keep_alive)
        connection.transport.write(head + reply.body)
        if not self.keep_alive:
            connection.transport.close()
        connection.on_express_complete()
