"""The headers on every answer, and the request's id (reliability section 3)."""

import itertools
import secrets

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
            standing = _WITH_HSTS if https or scope.get("scheme") == "https" else SECURITY
            present = {name for name, _ in own if name in _NAMES}
            if present:
                standing = [pair for pair in standing if pair[0] not in present]
            message["headers"] = [*own, *standing, (REQUEST_ID, scope["muster.request_id"].encode())]
        await send(message)

    return sending
