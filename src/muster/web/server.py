"""uvicorn's HTTP protocol, with what a server on the open network needs besides.

Stock uvicorn closes as soon as the client has ended its side, so that a cut body never gets its 400; it waits
for ever for slow headers, takes headers of any size, and keeps bytes for a client that never reads.
"""

import asyncio
import socket
import typing
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from muster.web.asgi_types import ABORT, CUT, EXPRESS, STOP
from muster.web.express import Express, Way
from muster.web.heads import Head, Heads

HEADER_SECONDS = 20.0
HEADER_LIMIT_BYTES = 64 * 1024
UNREAD_MILLISECONDS = 60_000
_WATCH_SECONDS = 5.0
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Lane(typing.Protocol):
    """What the router offers to a connection."""

    https: bool
    """People reach us over https, whatever this connection speaks."""
    heads: Heads

    def find(self, method: bytes, url: bytes) -> Way | None:
        """The way of a request line, or None."""
        ...


class Protocol(HttpToolsProtocol):
    """One connection. Give the class to uvicorn as `http=Protocol`."""

    _header_bytes = 0
    _header_since: float | None = None
    _idle_since: float | None = None
    _active: RequestResponseCycle | None = None
    _watch: asyncio.TimerHandle | None = None
    _lane: Lane | None = None
    _express: Express
    _way: Way | None = None
    _held = b""
    _is_between = True
    """The parser has read whole requests only, and the last of them went the short way."""
    _read: Head | None = None
    """How it read the last one of this read of the socket."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound how long the kernel keeps bytes that the client does not take."""
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        if peer is not None and peer.family in (socket.AF_INET, socket.AF_INET6):
            option = getattr(socket, "TCP_USER_TIMEOUT", None)
            if option is not None:
                peer.setsockopt(socket.IPPROTO_TCP, option, UNREAD_MILLISECONDS)
        self._lane = lane = self.app_state.get(EXPRESS)
        https = self.scheme == "https" or (lane is not None and lane.https)
        self._express = Express(self, https=https)
        self._header_since = self.loop.time()
        self._watch = self.loop.call_later(_WATCH_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request in work too when others were pipelined behind it."""
        if self._watch is not None:
            self._watch.cancel()
        active = self._active
        super().connection_lost(exc)
        self._express.disconnected = True
        if active is not None and not active.response_complete:
            active.disconnected = True
            active.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Count the bytes of headers that are not complete yet; too many are refused."""
        was_between, before, lane = self._is_between, self._header_since, self._lane
        if was_between and lane is not None and self._take_known(lane, data):
            return
        self._read = None
        super().data_received(data)
        if was_between and self._is_between and lane is not None and self._read is not None:
            lane.heads.remember(data, self._read)
        if self._way is not None and not self.transport.is_closing():  # the body goes on in another read
            self._leave_express()
        if before is not None and self._header_since == before:
            self._header_bytes += len(data)
            if self._header_bytes > HEADER_LIMIT_BYTES and not self.transport.is_closing():
                if not self._owes_an_answer():
                    self.transport.write(_TOO_LARGE)
                self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; behind a whole request that would pass for the answer to it."""
        if self._owes_an_answer():
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _owes_an_answer(self) -> bool:
        """Whether a request that came whole is in work, or one before the one that is being read."""
        if self.pipeline or not self._express.response_complete:
            return True
        return self._is_busy() and not self.cycle.more_body

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def on_message_begin(self) -> None:
        """A new request begins."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._is_between = False
        self._header_since, self._header_bytes, self._idle_since = self.loop.time(), 0, None

    def on_headers_complete(self) -> None:
        """The headers are here: the request can start, or wait for the rest of this read (see `express`)."""
        self._header_since = None
        if self._lane is not None and self._is_alone():
            self._way = self._lane.find(self.parser.get_method(), self.url)
        if self._way is None:
            self._begin()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._way is None:
            super().on_body(body)
        else:
            self._held = self._held + body if self._held else body

    def on_message_complete(self) -> None:
        """The request is here as a whole."""
        if self._way is not None:
            if self._take_express(self._way):
                return
            self._leave_express()
        super().on_message_complete()

    def _is_alone(self) -> bool:
        """Whether no other request of this connection is in work, and its client reads what we answer."""
        return not self._is_busy() and not (
            self.expect_100_continue or self.flow.write_paused or self.parser.should_upgrade()
        )

    def _take_express(self, way: Way) -> bool:
        """Take a request that the parser has read whole."""
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        head = Head(way, self.headers, len(self._held), keep_alive)
        if not self._enter(head, self._held):
            return False
        self._read = head
        self._way, self._held, self._is_between = None, b"", keep_alive
        return True

    def _take_known(self, lane: Lane, data: bytes) -> bool:
        """Take a whole request whose head was read before (see `heads`), or do nothing (False)."""
        cycle = self.cycle
        if (cycle is not None and not cycle.response_complete) or self.flow.write_paused:
            return False
        found = lane.heads.find(data)
        if found is None:
            return False
        head, body = found
        if not self._enter(head, body):
            return False
        self._unset_keepalive_if_required()
        self._is_between, self._header_since = head.keep_alive, None
        return True

    def _enter(self, head: Head, body: bytes) -> bool:
        """Let a whole request in at its door; False where it has to go the general way."""
        express, before, idle_since = self._express, self.cycle, self._idle_since
        express.begin(keep_alive=head.keep_alive)
        self.cycle, self._idle_since = express, None  # type: ignore[assignment]
        if head.way.take(head.headers, body, express.answer):
            return True
        express.response_complete = True
        self.cycle, self._idle_since = before, idle_since
        return False

    def _leave_express(self) -> None:
        """Go the general way, with what has come so far."""
        held, self._way, self._held = self._held, None, b""
        self._begin()
        if held:
            super().on_body(held)

    def on_express_complete(self) -> None:
        """Be ready for the next request: a timer for each would cost more than the answer (see `_look`)."""
        if self.pipeline or self.flow.read_paused:
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()

    def _begin(self) -> None:
        """Make uvicorn's scope and cycle, which express requests do without."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
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
        if _is_past(self._header_since, self.loop.time() - HEADER_SECONDS):
            self.transport.abort()
        elif _is_past(self._idle_since, self.loop.time() - self.timeout_keep_alive):
            self.transport.close()
        else:
            self._watch = self.loop.call_later(_WATCH_SECONDS, self._look)


def _is_past(since: float | None, limit: float) -> bool:
    return since is not None and since < limit
