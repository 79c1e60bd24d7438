"""Server-sent events at `/live?ticket=...` (design sections 9 and 13; reliability I19)."""

import asyncio
import logging
import time
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from muster.web.asgi_types import ABORT, STOP, Headers, Receive, Scope, Send, header
from muster.web.hub import Full, Hub
from muster.web.problems import refuse
from muster.web.streams import Ending, Subscription
from muster.web.tickets import TicketRefused

RETRY_MILLISECONDS = 2000
_LAST_WORDS_SECONDS = 1.0
_HEADERS: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_HELLO = f"retry: {RETRY_MILLISECONDS}\n\n".encode()

log = logging.getLogger(__name__)


class Live:
    """The ASGI application of the streams.

    A ticket that is no more than old gets a stream of one event, `expired`, so that the page fetches a new
    one; a forged one gets 401. Somebody who may not watch the topic is told that there is none. Besides the
    topic's own events a client may hear `resync` (draw anew) and `ended` (with the reason).
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client until one of both leaves."""
        if scope["method"] != "GET":
            await refuse(scope, send, 405, "", (b"allow", b"GET"))
            return
        text = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
        ticket = self._hub.seals.read_ticket(text, now=time.time())
        if ticket is TicketRefused.EXPIRED:
            await _say(send, b"event: expired\ndata: ticket\n\n")
        elif isinstance(ticket, TicketRefused):
            await refuse(scope, send, 401, _("This live ticket is not valid. Reload the page."))
        else:
            seen = self._seen(scope, ticket.topic)
            await self._admit(
                scope, receive, send, ticket.person_id, ticket.topic, ticket.after if seen is None else seen
            )

    def _seen(self, scope: Scope, topic: str) -> int | None:
        cursor = header(scope, b"last-event-id")
        return self._hub.seals.read_cursor(topic, cursor.decode("latin-1")) if cursor else None

    async def _admit(
        self, scope: Scope, receive: Receive, send: Send, person_id: int, topic: str, seen: int
    ) -> None:
        try:
            audience = await self._hub.admit(person_id, topic)
            if audience is None:
                await refuse(scope, send, 404)
                return
            stream = self._hub.subscribe(person_id, topic, audience, seen)
        except Full:
            await refuse(scope, send, 503)
            return
        except Exception as error:  # noqa: BLE001 (the database is away; the client comes back)
            log.warning("a live stream cannot begin: %s", type(error).__name__)
            await refuse(scope, send, 503)
            return
        watch = asyncio.ensure_future(_watch(receive, stream))
        scope[STOP] = lambda: stream.end(Ending.STOPPING)
        try:
            await self._serve(scope, send, stream)
        finally:
            self._hub.unsubscribe(stream)
            watch.cancel()

    async def _serve(self, scope: Scope, send: Send, stream: Subscription) -> None:
        """Write until it is over. Whoever does not take the last words in a second is cut off."""
        writing = asyncio.ensure_future(self._write(send, stream))
        try:
            await asyncio.wait((writing, stream.over), return_when=asyncio.FIRST_COMPLETED)
            if stream.over.done() and stream.over.result() is not Ending.SLOW:
                stream.wake()
                await asyncio.wait((writing,), timeout=_LAST_WORDS_SECONDS)
        finally:
            if not writing.done():
                writing.cancel()
                abort = scope.get(ABORT)
                if abort is not None:
                    abort()
            elif writing.exception() is not None:
                log.warning("a live stream broke: %s", type(writing.exception()).__name__)

    async def _write(self, send: Send, stream: Subscription) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        await send({"type": "http.response.body", "body": _HELLO, "more_body": True})
        while not stream.over.done():
            chunk = stream.take()
            if not chunk and stream.behind:
                chunk = await self._hub.catch_up(stream)
            elif not chunk:
                await stream.ready()
                continue
            if chunk:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        words = f"event: ended\ndata: {stream.over.result().value}\n\n".encode()
        await send({"type": "http.response.body", "body": words})


async def _say(send: Send, words: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
    await send({"type": "http.response.body", "body": words})


async def _watch(receive: Receive, stream: Subscription) -> None:
    while (await receive())["type"] == "http.request":
        pass
    stream.end(Ending.GONE)
