"""What passes between the server and our small ASGI handlers (ASGI 3.0)."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CUT = "muster.cut"
"""In the scope when the client ended its side in the middle of the body and still listens (see `server`)."""
STOP = "muster.stop"
"""In the scope: what the server calls when it wants to stop, so that an endless stream ends at once."""
ABORT = "muster.abort"
"""In the scope: drops the connection at once, unsent bytes included (for readers that do not read)."""

EXPRESS = "muster.express"
"""In the server's state, from the lifespan on: the doors that take whole requests at once (see `express`)."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that lower-case name, or None."""
    return header_in(scope["headers"], name)


def header_in(headers: Headers, name: bytes) -> bytes | None:
    """The first of these headers with that lower-case name, or None."""
    for key, value in headers:
        if key == name:
            return bytes(value)
    return None
