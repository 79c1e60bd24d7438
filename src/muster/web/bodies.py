"""Request bodies, read to their end before anybody works on them (design section 10, the edge).

A slow sender costs a connection and nothing else: no thread, and no more memory than the budget. A body that
is cut is never taken for a whole one.
"""

import asyncio
import io
import tempfile
from dataclasses import dataclass
from typing import IO

from muster.web.asgi_types import CUT, Message, Receive, Scope, Send, header
from muster.web.deadline import Deadline, TooLate
from muster.web.problems import refuse

DRAIN_SECONDS = 2.0
_DRAIN_BYTES = 32 * 1024 * 1024


class Gone(Exception):
    """The client went away; nobody waits for an answer."""


class BodyRefused(Exception):
    """The body cannot be taken; `status` says why: 400 cut, 408 too slow, 413 too large, 503 no room."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Budget:
    """How many bytes of bodies one process may hold in one place. Used from the event loop only."""

    def __init__(self, limit_bytes: int) -> None:
        self.left_bytes = limit_bytes

    def take(self, count_bytes: int) -> bool:
        """Reserve, or say that there is no room."""
        if count_bytes > self.left_bytes:
            return False
        self.left_bytes -= count_bytes
        return True

    def give(self, count_bytes: int) -> None:
        """Return what was taken."""
        self.left_bytes += count_bytes


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What one body may cost."""

    limit_bytes: int
    seconds: float = 20.0
    memory_bytes: int = 1024 * 1024
    """Above this, a spooled body goes on in a temporary file."""


async def read_body(
    scope: Scope, receive: Receive, limits: BodyLimits, budget: Budget, deadline: Deadline
) -> bytes:
    """The whole body in memory. `deadline` stands for the limit in seconds.

    Raises `BodyRefused` (also 503 when the budget is used up) and `Gone`.
    """
    declared = _declared_bytes(scope, limits.limit_bytes)
    try:
        with deadline:
            message = await receive()
            if message["type"] != "http.request":
                raise Gone
            body: bytes = message.get("body", b"")
            if message.get("more_body"):
                body = await _read_rest(body, receive, limits, budget)
    except TooLate:
        raise BodyRefused(408) from None
    if len(body) > limits.limit_bytes:
        raise BodyRefused(413)
    _check_length(scope, len(body), declared)
    return body


async def _read_rest(first: bytes, receive: Receive, limits: BodyLimits, budget: Budget) -> bytes:
    taken = 0
    body = bytearray()
    chunk, more = first, True
    try:
        while True:
            if len(body) + len(chunk) > limits.limit_bytes:
                raise BodyRefused(413)
            if not budget.take(len(chunk)):
                raise BodyRefused(503)
            taken += len(chunk)
            body += chunk
            if not more:
                return bytes(body)
            message = await receive()
            if message["type"] != "http.request":
                raise Gone
            chunk, more = message.get("body", b""), message.get("more_body", False)
    finally:
        budget.give(taken)


class Spooled:
    """A body on its way in: memory first, then a temporary file, each within a budget for all requests.

    `file` stands at its beginning once `spool_body` has returned it. Whoever has it gives the room back.
    """

    def __init__(self, limits: BodyLimits, memory: Budget, disk: Budget) -> None:
        self._limits = limits
        self._memory = memory
        self._disk = disk
        self._held_bytes = 0
        self.file: IO[bytes] = io.BytesIO()
        self.length_bytes = 0

    def write(self, chunk: bytes) -> None:
        """Take one piece. Raises `BodyRefused` when there is too much of it, or no room for it."""
        self.length_bytes += len(chunk)
        if self.length_bytes > self._limits.limit_bytes:
            raise BodyRefused(413)
        if isinstance(self.file, io.BytesIO):
            fits = self.length_bytes <= self._limits.memory_bytes and self._memory.take(len(chunk))
            if not fits:
                self._move_to_disk(self.file.getvalue())
        if not isinstance(self.file, io.BytesIO) and not self._disk.take(len(chunk)):
            raise BodyRefused(503)
        self._held_bytes += len(chunk)
        self.file.write(chunk)

    def give_back(self) -> None:
        """Give the room back; the file lives on until it is closed or forgotten."""
        budget = self._memory if isinstance(self.file, io.BytesIO) else self._disk
        budget.give(self._held_bytes)
        self._held_bytes = 0

    def _move_to_disk(self, so_far: bytes) -> None:
        if not self._disk.take(len(so_far)):
            raise BodyRefused(503)
        try:
            file = tempfile.TemporaryFile(prefix="muster-body-")  # noqa: SIM115 (the caller closes it)
            file.write(so_far)
        except OSError:
            self._disk.give(len(so_far))
            raise
        self._memory.give(len(so_far))
        self.file = file


async def spool_body(
    scope: Scope, receive: Receive, limits: BodyLimits, memory: Budget, disk: Budget
) -> Spooled:
    """The whole body. Raises `BodyRefused` and `Gone`; `OSError` when the temporary folder is full."""
    declared = _declared_bytes(scope, limits.limit_bytes)
    spooled = Spooled(limits, memory, disk)
    try:
        async with asyncio.timeout(limits.seconds):
            await _fill(spooled, receive)
        _check_length(scope, spooled.length_bytes, declared)
        spooled.file.seek(0)
    except BaseException as why:
        spooled.give_back()
        spooled.file.close()
        if isinstance(why, TimeoutError):
            raise BodyRefused(408) from None
        raise
    return spooled


async def _fill(spooled: Spooled, receive: Receive) -> None:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        spooled.write(message.get("body", b""))
        more = message.get("more_body", False)


def _declared_bytes(scope: Scope, limit_bytes: int) -> int | None:
    text = header(scope, b"content-length")
    if text is None:
        return None
    if not text.isdigit():
        raise BodyRefused(400)
    declared = int(text)
    if declared > limit_bytes:
        raise BodyRefused(413)
    return declared


def _check_length(scope: Scope, length_bytes: int, declared: int | None) -> None:
    """A cut body arrives like a whole one; only its length, or the server's mark, tells."""
    if scope.get(CUT) or (declared is not None and declared != length_bytes):
        raise BodyRefused(400)


async def linger(receive: Receive, seconds: float = DRAIN_SECONDS) -> None:
    """Read and forget what the client still sends, so that it can read our answer before we close.

    Closing with unread bytes makes the kernel reset the connection, and the answer is lost.
    """
    seen = 0
    try:
        async with asyncio.timeout(seconds):
            while seen < _DRAIN_BYTES:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                seen += len(message.get("body", b""))
    except TimeoutError:
        return


async def refuse_body(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    """Answer that the body was not taken, then let the connection end."""
    await refuse(scope, lingering(receive, send), status, "", (b"connection", b"close"))


def lingering(receive: Receive, send: Send) -> Send:
    """A `send` that reads on for a moment between the answer's last byte and its end."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await send({**message, "more_body": True})
            await linger(receive)
            await send({"type": "http.response.body", "body": b""})
        else:
            await send(message)

    return sending
