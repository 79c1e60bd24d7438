"""One ASGI application: doors, live streams and status pages here, everything else to Django (stack.md).

Routes on the raw path. Nothing here redirects, except a status page asked for without its slash.
"""

import contextlib
import functools
import logging
from collections.abc import Sequence
from typing import Protocol

from muster.web.asgi_types import EXPRESS, App, Receive, Scope, Send
from muster.web.bodies import lingering
from muster.web.doors import Doors, Way
from muster.web.headers import new_request_id, secured
from muster.web.heads import Heads
from muster.web.pings import Pings
from muster.web.problems import refuse, respond
from muster.web.replies import respond as answer_door

log = logging.getLogger(__name__)

STATUS_PREFIX = b"/status/"
_JSON = b"application/json"
_WAYS, _WAY_BYTES = 1000, 200
"""So many ways are remembered, by request lines that are not longer."""


class Service(Protocol):
    """Something that runs beside the requests: the flusher, the live hub."""

    def start(self) -> None:
        """Begin, on the server's loop."""
        ...

    async def stop(self) -> None:
        """End; returns when it has."""
        ...


class Router:
    """Everything that `muster web` answers.

    `https` says that people reach us over https whatever this connection speaks. `services` are started in
    order before the first request, and stopped in reverse order after the last.
    """

    def __init__(
        self,
        *,
        edge: App,
        doors: Doors,
        live: App,
        status_pages: App,
        pings: Pings | None = None,
        https: bool = False,
        services: Sequence[Service] = (),
    ) -> None:
        self._edge = edge
        self._doors = doors
        self._live = live
        self._status_pages = status_pages
        self._pings = pings
        self.https = https
        self.heads = Heads()
        self._services = services
        self._known_way = functools.lru_cache(_WAYS)(self._way)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            scope.setdefault("state", {})[EXPRESS] = self
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def find(self, method: bytes, url: bytes) -> Way | None:
        """The door for a request line, for what needs no task (see `express`)."""
        return (self._known_way if len(url) <= _WAY_BYTES else self._way)(method, url)

    def _way(self, method: bytes, url: bytes) -> Way | None:
        if b"?" in url:
            return None
        way = self._doors.find(url)
        if way is None or method.decode("ascii") not in way.methods:
            return None
        return way if way.takes(method.decode("ascii"), b"") else None

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["muster.request_id"] = new_request_id()
        send = secured(scope, send, https=self.https)
        path: bytes = scope["raw_path"]
        way = self._doors.find(path)
        if way is not None and way.takes(scope["method"], scope["query_string"]):
            if scope["method"] in way.methods:
                await way.entrance.answer(scope, receive, send, way.key)
            else:
                await answer_door(lingering(receive, send), way.entrance.door.wrong_method())
        elif self._pings is not None and self._pings.takes(scope["method"], path):
            await self._pings(scope, receive, send)
        else:
            await self._place(path)(scope, receive, send)

    def _place(self, path: bytes) -> App:
        if path.startswith(STATUS_PREFIX):
            return self._status_pages
        bare = path.rstrip(b"/")
        if bare == b"/live":
            return self._live
        if bare == b"/healthz":
            return _healthz
        if bare == b"/in" or bare.startswith(b"/in/"):
            return _no_such_door
        return self._edge

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        started: list[Service] = []
        try:
            for service in self._services:
                service.start()
                started.append(service)
        except Exception as error:
            log.exception("cannot start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for service in reversed(started):
            with contextlib.suppress(Exception):
                await service.stop()
        await send({"type": "lifespan.shutdown.complete"})


async def _healthz(scope: Scope, receive: Receive, send: Send) -> None:
    """This process answers; nothing else is asked (`/readyz` asks)."""
    if scope["method"] not in ("GET", "HEAD"):
        await refuse(scope, send, 405, "", (b"allow", b"GET, HEAD"))
        return
    await respond(send, 200, b'{"status":"ok"}', _JSON, (b"cache-control", b"no-store"))


async def _no_such_door(scope: Scope, receive: Receive, send: Send) -> None:
    await refuse(scope, lingering(receive, send), 404)
