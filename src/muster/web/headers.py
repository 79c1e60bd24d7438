"""The headers on every answer, and the request's id (reliability section 3)."""

import functools
import http
import itertools
import secrets

from muster.core.ports.source_form import Reply
from muster.web.asgi_types import Headers, Message, Scope, Send

_SELF = "'self'"
CSP_DIRECTIVES: dict[str, list[str]] = {
    "default-src": ["'none'"],
    "script-src": [_SELF],
    "style-src": [_SELF],
    "img-src": [_SELF, "data:"],
    "font-src": [_SELF],
    "connect-src": [_SELF],
    "manifest-src": [_SELF],
    "worker-src": [_SELF],
    "base-uri": ["'none'"],
    "form-action": [_SELF],
    "frame-ancestors": ["'none'"],
}
"""No inline code, nothing from elsewhere."""

HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
SECURITY: Headers = [
    (b"content-security-policy", "; ".join(f"{k} {' '.join(v)}" for k, v in CSP_DIRECTIVES.items()).encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-frame-options", b"DENY"),
]
_WITH_HSTS: Headers = [*SECURITY, HSTS]
_NAMES = frozenset(name for name, _ in _WITH_HSTS)
REQUEST_ID = b"x-request-id"

_numbers = itertools.count(1)
_process = secrets.token_hex(6)
_moving: tuple[Headers, bytes] = ([], b"")
"""The server's headers of this second, and how they go over the wire."""


def new_request_id() -> str:
    """An id for one request, unique among processes. What the client proposes is not used."""
    return f"{_process}-{next(_numbers):x}"


def secured(scope: Scope, send: Send, *, https: bool) -> Send:
    """A `send` that adds the standing headers, except those which the answer brings itself.

    HSTS is sent only over https (RFC 6797 7.2), or when the base address says that a proxy speaks it.
    """

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = message["headers"]
            is_named = any(name == REQUEST_ID for name, _ in own)
            standing = _WITH_HSTS if https or scope.get("scheme") == "https" else SECURITY
            present = {name for name, _ in own if name in _NAMES}
            if present:
                standing = [pair for pair in standing if pair[0] not in present]
            named = [] if is_named else [(REQUEST_ID, scope["muster.request_id"].encode())]
            message["headers"] = [*own, *standing, *named]
        await send(message)

    return sending


def answer_head(reply: Reply, standing: Headers, *, https: bool, keep_alive: bool) -> bytes:
    """The head of a door's answer as it goes over the wire, with the server's `standing` headers (the date).

    The same headers as `secured` sends, put together once per kind of answer instead of once per request.
    """
    global _moving
    if _moving[0] is not standing:  # the server makes another list when a second is over
        _moving = standing, b"".join([b"%b: %b\r\n" % pair for pair in standing])
    return b"%b%bcontent-length: %d\r\nx-request-id: %b\r\n\r\n" % (
        _fixed_head(reply.status, reply.content_type, reply.headers, https, keep_alive),
        _moving[1],
        len(reply.body),
        (reply.request_id or new_request_id()).encode(),
    )


@functools.lru_cache(maxsize=256)
def _fixed_head(
    status: int, content_type: str, own: tuple[tuple[str, str], ...], https: bool, keep_alive: bool
) -> bytes:
    said = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in own]
    present = {name for name, _ in said}
    said.append((b"content-type", content_type.encode("latin-1")))
    said += [pair for pair in (_WITH_HSTS if https else SECURITY) if pair[0] not in present]
    if not keep_alive and b"connection" not in present:
        said.append((b"connection", b"close"))
    line = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n".encode()
    return line + b"".join(b"%b: %b\r\n" % pair for pair in said)
