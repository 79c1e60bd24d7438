"""The edge in front of Django: body first, then a thread, then the answer (design section 10)."""

import asyncio
import contextlib
import errno
import functools
import logging
from dataclasses import dataclass, field

from muster.web.asgi_types import ABORT, Receive, Scope, Send
from muster.web.bodies import BodyLimits, BodyRefused, Budget, Gone, Spooled, refuse_body, spool_body
from muster.web.problems import refuse
from muster.web.threads import Busy, ThreadLimits, Threads
from muster.web.wsgi import Answer, WsgiApp, call_wsgi, environ_of

_CHUNK_BYTES = 64 * 1024
_NO_BODY_STATUSES = (204, 304)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Urgent:
    """The paths that may take the reserved threads: sign-in, the page at 3 a.m., acknowledge and declare."""

    prefixes: tuple[bytes, ...] = ()
    suffixes: tuple[bytes, ...] = ()
    posted: frozenset[bytes] = frozenset()
    """Whole paths, without a trailing slash, that are urgent when something is posted to them."""

    def holds(self, method: str, raw_path: bytes) -> bool:
        """Whether this request is urgent."""
        path = raw_path[:-1] if raw_path.endswith(b"/") else raw_path
        if raw_path.startswith(self.prefixes) or path.endswith(self.suffixes):
            return True
        return method == "POST" and path in self.posted


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """What one process gives to Django's requests."""

    body: BodyLimits = field(default_factory=lambda: BodyLimits(limit_bytes=25 * 1024 * 1024))
    threads: ThreadLimits = field(default_factory=ThreadLimits)
    memory_bytes: int = 64 * 1024 * 1024
    disk_bytes: int = 1024 * 1024 * 1024
    """Both over all bodies that are arriving or being worked on."""
    reader_seconds: float = 60.0
    """How long a client may take for one piece of an answer before it is cut."""


class Edge:
    """An ASGI application that answers HTTP through a WSGI application. The scope needs a request id."""

    def __init__(
        self, app: WsgiApp, *, urgent: Urgent, https: bool = False, limits: EdgeLimits | None = None
    ) -> None:
        self._app = app
        self._urgent = urgent
        self._https = https
        self._limits = limits or EdgeLimits()
        self._memory = Budget(self._limits.memory_bytes)
        self._disk = Budget(self._limits.disk_bytes)
        self.threads = Threads(self._limits.threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever comes; a client that goes away is forgotten."""
        if b"%00" in scope["raw_path"] or b"%00" in scope["query_string"]:
            await refuse(scope, send, 400)
            return
        try:
            body = await spool_body(scope, receive, self._limits.body, self._memory, self._disk)
        except Gone:
            return
        except BodyRefused as why:
            await refuse_body(scope, receive, send, why.status)
            return
        except OSError as error:
            log.error("no room for a request body: %s", errno.errorcode.get(error.errno or 0, "?"))
            await refuse_body(scope, receive, send, 503)
            return
        try:
            await self._answer(body, scope, receive, send)
        finally:
            body.give_back()

    async def _answer(self, body: Spooled, scope: Scope, receive: Receive, send: Send) -> None:
        environ = environ_of(scope, body.file, body.length_bytes, https=self._https)
        try:
            answer = await self._work(functools.partial(call_wsgi, self._app, environ), scope, receive)
        except Gone:
            return
        except Busy:
            await refuse(scope, send, 503)
        except Exception:
            log.exception("request %s failed", scope["muster.request_id"])
            await refuse(scope, send, 500)
        else:
            await self._send(answer, scope, send)

    async def _work(self, call: "functools.partial[Answer]", scope: Scope, receive: Receive) -> Answer:
        """Run in a thread. While it has none yet, a client that goes away gives its place up."""
        work = asyncio.ensure_future(
            self.threads.run(call, urgent=self._urgent.holds(scope["method"], scope["raw_path"]))
        )
        watch = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait((work, watch), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            raise Gone
        finally:
            watch.cancel()
            work.cancel()

    async def _send(self, answer: Answer, scope: Scope, send: Send) -> None:
        bodiless = scope["method"] == "HEAD" or answer.status in _NO_BODY_STATUSES
        headers = [pair for pair in answer.headers if pair[0] != b"content-length" or bodiless]
        if not bodiless:
            headers.append((b"content-length", str(answer.length_bytes).encode()))
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            left = 0 if bodiless else answer.length_bytes
            while left > _CHUNK_BYTES:
                chunk = answer.body.read(_CHUNK_BYTES)
                left -= len(chunk)
                async with asyncio.timeout(self._limits.reader_seconds):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            async with asyncio.timeout(self._limits.reader_seconds):
                await send({"type": "http.response.body", "body": answer.body.read(left)})
        except TimeoutError:
            with contextlib.suppress(KeyError):
                scope[ABORT]()
        finally:
            answer.body.close()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] == "http.request":
        pass
