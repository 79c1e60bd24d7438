"""`/ping/<key>`: a job calls its address when it is done, with `/start`, `/fail`, `/log` or an exit status.

The addresses and the answers are those that scripts written for healthchecks.io expect; only the first part
of the address changes.
"""

import re

from muster.core.heartbeats import PingKind
from muster.core.ports.ping_form import PingDoor, Pinged
from muster.core.ports.source_form import Reply

PREFIX = b"/ping/"
_PATH = re.compile(rb"/ping/([^/]+)(?:/(start|fail|log|[0-9]{1,9}))?/?")
_METHODS = ("GET", "HEAD", "POST")
_LARGEST_STATUS = 255
_RETRY = ("retry-after", "1")


def read(method: str, raw_path: bytes, authorization: str) -> Pinged | Reply | None:
    """What an address says. A key may be written with the dashes of a UUID."""
    match = _PATH.fullmatch(raw_path)
    if match is None:
        return _text(404, "not found")
    if method not in _METHODS:
        return _text(405, "use GET, HEAD or POST", ("allow", ", ".join(_METHODS)))
    key = match[1].decode("latin-1").replace("-", "")
    said = (match[2] or b"").decode("ascii")
    if not said.isdecimal():
        return Pinged(key, PingKind(said or PingKind.SUCCESS))
    status = int(said)
    if status > _LARGEST_STATUS:
        return _text(400, "invalid url format")
    return Pinged(key, PingKind.FAIL if status else PingKind.SUCCESS, exit_status=status)


def _text(status: int, words: str, *headers: tuple[str, str]) -> Reply:
    fields = (*headers, ("cache-control", "no-store"))
    return Reply(status, words.encode(), "text/plain; charset=utf-8", fields)


def _unknown(_: str) -> Reply:
    return _text(404, "not found")


DOOR = PingDoor(
    name="heartbeat",
    prefix=PREFIX,
    read=read,
    heard=lambda _seconds: _text(200, "OK"),
    unknown_key=_unknown,
    unknown_name=_unknown,
    unfit=lambda: _text(400, "the body cannot be stored"),
    cut=lambda: _text(400, "the body was cut"),
    too_large=lambda: _text(413, "the body is too large"),
    overloaded=lambda: _text(503, "busy, nothing was stored: ping again", _RETRY),
    unavailable=lambda: _text(503, "the database is away, nothing was stored: ping again", _RETRY),
)
