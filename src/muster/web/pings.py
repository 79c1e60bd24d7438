"""The doors of jobs: a ping is read, made durable with those beside it, and only then answered.

Jobs ping together, at the top of the minute; so pings wait in a queue of their own and are written in
batches, as signals are (`batching`), and neither a slow screen nor a storm of alerts holds them up.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence

from muster.core.ports.ping_form import PingDoor, Pinged
from muster.core.ports.source_form import Reply
from muster.detect.commands import Heard, Said
from muster.web.asgi_types import CUT, Receive, Scope, Send, header
from muster.web.batching import Flusher
from muster.web.bodies import BodyRefused, Gone, lingering
from muster.web.keys import KEY_CHARS
from muster.web.replies import closing, respond
from muster.web.room import Room
from muster.web.store import NotStored, Refusal

KEPT_BYTES = 40_000
"""What is read of a body beyond this is let go: ten thousand characters are kept, of at most four bytes."""
LIMIT_BYTES = 25 * 1024 * 1024
ROOM = Room(kept_share=0.5)
"""Half of what may wait is for jobs that were heard before: strangers must not keep them out."""
REMEMBERED = 50_000
_SECONDS = 20.0


class Acquainted:
    """Hears jobs (`hear` makes a batch durable), and knows those that it has heard."""

    def __init__(self, hear: Callable[[Sequence[Said]], list[Heard]]) -> None:
        self._hear = hear
        self._known: set[bytes] = set()

    def hear(self, batch: Sequence[Said]) -> list[Heard]:
        """Make a batch durable; one outcome each."""
        outcomes = self._hear(batch)
        if len(self._known) > REMEMBERED:
            self._known.clear()
        pairs = zip(batch, outcomes, strict=True)
        self._known.update(said.key_hash for said, heard in pairs if heard is Heard.KEPT)
        return outcomes

    def knows(self, said: Said) -> bool:
        """Whether this key was a job's lately."""
        return said.key_hash in self._known


class Pings:
    """An ASGI application for the paths that `takes` names."""

    def __init__(self, doors: Sequence[PingDoor], flusher: Flusher[Said, Heard]) -> None:
        self._doors = doors
        self._flusher = flusher

    def takes(self, method: str, raw_path: bytes) -> bool:
        """Whether a request is a ping, or as good as one."""
        return any(
            raw_path.startswith(door.prefix) and door.read(method, raw_path, "") is not None
            for door in self._doors
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request in the words of its door."""
        path, method = scope["raw_path"], scope["method"]
        authorization = (header(scope, b"authorization") or b"").decode("latin-1")
        for door in self._doors:
            said = door.read(method, path, authorization) if path.startswith(door.prefix) else None
            if said is not None:
                await self._answer(door, said, scope, receive, send)
                return

    async def _answer(
        self, door: PingDoor, said: Pinged | Reply, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if isinstance(said, Reply):
            await respond(lingering(receive, send), said)
            return
        try:
            async with asyncio.timeout(_SECONDS):
                body = await _body(scope, receive)
        except Gone:
            return
        except TimeoutError:
            await respond(lingering(receive, send), closing(door.cut()))
        except BodyRefused as why:
            reply = door.too_large() if why.status == 413 else door.cut()
            await respond(lingering(receive, send), closing(reply))
        else:
            await respond(send, await self._keep(door, said, body))

    async def _keep(self, door: PingDoor, said: Pinged, body: bytes) -> Reply:
        begun = time.monotonic()
        if len(said.key) != KEY_CHARS or not said.key.isascii() or not said.key.isalnum():
            return door.unknown_key(said.key)
        ping = Said(
            hashlib.sha256(said.key.encode()).digest(),
            said.kind,
            said.exit_status,
            body.decode("utf-8", "replace"),
            said.name,
        )
        try:
            heard = await self._flusher.put(ping, size_bytes=len(body))
        except Refusal as refusal:
            return _refused(door, refusal.why)
        if heard is Heard.KEPT:
            return door.heard(time.monotonic() - begun)
        if heard is Heard.NAME_UNKNOWN:
            return door.unknown_name(said.name or "")
        return door.unknown_key(said.key)


def _refused(door: PingDoor, why: NotStored) -> Reply:
    if why is NotStored.OVERLOADED:
        return door.overloaded()
    return door.unfit() if why is NotStored.UNFIT else door.unavailable()


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The beginning of a body that came whole: a job may send its log, and only its first part is kept.

    Raises:
        BodyRefused: it was cut, or is larger than anything that a person would read.
        Gone: nobody waits for an answer.
    """
    kept, count = b"", 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        piece: bytes = message.get("body", b"")
        count += len(piece)
        if count > LIMIT_BYTES:
            raise BodyRefused(413)
        if len(kept) < KEPT_BYTES:
            kept += piece[: KEPT_BYTES - len(kept)]
        if not message.get("more_body"):
            break
    declared = header(scope, b"content-length")
    if scope.get(CUT) or (declared is not None and declared != b"%d" % count):
        raise BodyRefused(400)
    return kept
