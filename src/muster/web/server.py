"""uvicorn's HTTP protocol, with what a server on the open network needs besides.

Stock uvicorn closes as soon as the client has ended its side, so that a cut body never gets its 400; it waits
for ever for slow headers, takes headers of any size, and keeps bytes for a client that never reads.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from muster.web.asgi_types import ABORT, CUT, STOP

HEADER_SECONDS = 20.0
HEADER_LIMIT_BYTES = 64 * 1024
UNREAD_MILLISECONDS = 60_000
_WATCH_SECONDS = 5.0
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Protocol(HttpToolsProtocol):
    """One connection. Give the class to uvicorn as `http=Protocol`."""

    _header_bytes = 0
    _header_since: float | None = None
    _active: RequestResponseCycle | None = None
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound how long the kernel keeps bytes that the client does not take."""
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        if peer is not None and peer.family in (socket.AF_INET, socket.AF_INET6):
            option = getattr(socket, "TCP_USER_TIMEOUT", None)
            if option is not None:
                peer.setsockopt(socket.IPPROTO_TCP, option, UNREAD_MILLISECONDS)
        self._header_since = self.loop.time()
        self._watch = self.loop.call_later(_WATCH_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request in work too when others were pipelined behind it."""
        if self._watch is not None:
            self._watch.cancel()
        active = self._active
        super().connection_lost(exc)
        if active is not None and not active.response_complete:
            active.disconnected = True
            active.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of headers that are not complete yet; too many are refused."""
        before = self._header_since
        super().data_received(data)
        if before is not None and self._header_since == before:
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_LIMIT_BYTES and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """A new request begins."""
        super().on_message_begin()
        self._header_since, self._header_bytes = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """The headers are here: the request can start."""
        self._header_since = None
        extra: dict[str, Any] = self.scope  # type: ignore[assignment]
        extra[ABORT] = self.transport.abort
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._active = cycle
        super()._start_asgi_task(cycle, app)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """Keep listening for an answer when the client ended its side within a body: it gets a 400.

        After a whole request, and over TLS (which cannot be half closed here), the end means: gone.
        """
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.more_body or self.scheme == "https":
            return None
        cut: dict[str, Any] = cycle.scope  # type: ignore[assignment]
        cut[CUT] = True
        cycle.more_body = False
        cycle.keep_alive = False
        cycle.message_event.set()
        return True

    def shutdown(self) -> None:
        """The server wants to stop: endless streams end now."""
        super().shutdown()
        if self._active is not None and not self._active.response_complete:
            running: dict[str, Any] = self._active.scope  # type: ignore[assignment]
            stop: Callable[[], None] | None = running.get(STOP)
            if stop is not None:
                stop()

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        since = self._header_since
        if since is not None and self.loop.time() - since > HEADER_SECONDS:
            self.transport.abort()
        else:
            self._watch = self.loop.call_later(_WATCH_SECONDS, self._look)
