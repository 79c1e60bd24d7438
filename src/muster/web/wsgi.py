"""Django, called as WSGI with a body that is already here, answering into a file (PEP 3333).

The thread is needed from the first byte of the answer's making to its last, and never for the network: the
body was spooled before, and the answer is kept until the client has taken it.
"""

import io
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from muster.web.asgi_types import Headers, Scope

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

MEMORY_BYTES = 1024 * 1024
_HOP_BY_HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-authenticate", b"te", b"trailer", b"transfer-encoding", b"upgrade")
)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Answer:
    """A whole answer. `body` stands at its beginning; whoever sends it closes it."""

    status: int
    headers: Headers
    body: IO[bytes]
    length_bytes: int


def environ_of(scope: Scope, body: IO[bytes], length_bytes: int, *, https: bool) -> Environ:
    """The request in WSGI's words.

    `PATH_INFO` is percent-decoded except for `%2F`, so that a slash inside a name does not cut it; `RAW_PATH`
    is the path as it came over the wire, and `REQUEST_URI` the same with the query (wire rule 7). Headers
    whose names hold an underscore are dropped: they would pass for the ones with a hyphen.
    """
    raw_path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    server = scope.get("server") or ("localhost", None)
    client = scope.get("client") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": _path_info(raw_path),
        "RAW_PATH": raw_path.decode("latin-1"),
        "REQUEST_URI": (raw_path + b"?" + query if query else raw_path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "CONTENT_LENGTH": str(length_bytes),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if https else scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    _add_headers(environ, scope["headers"])
    environ["HTTP_X_REQUEST_ID"] = scope["muster.request_id"]
    return environ


def _path_info(raw_path: bytes) -> str:
    if b"%" not in raw_path:
        return raw_path.decode("latin-1")
    parts = raw_path.replace(b"%2f", b"%2F").split(b"%2F")
    return b"%2F".join(unquote_to_bytes(part) for part in parts).decode("latin-1")


def _add_headers(environ: Environ, headers: Iterable[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        if b"_" in name or name in (b"content-length", b"transfer-encoding", b"proxy"):
            continue
        text = value.decode("latin-1")
        if name == b"content-type":
            environ["CONTENT_TYPE"] = text
            continue
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        if key in environ:
            text = environ[key] + ("; " if name == b"cookie" else ",") + text
        environ[key] = text


class _Response:
    """Collects what the application answers."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body: IO[bytes] = io.BytesIO()
        self.length_bytes = 0

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = headers
        return self.write

    def write(self, chunk: bytes) -> None:
        self.length_bytes += len(chunk)
        if self.length_bytes > MEMORY_BYTES and isinstance(self.body, io.BytesIO):
            file = tempfile.TemporaryFile(prefix="muster-answer-")  # noqa: SIM115 (the sender closes it)
            file.write(self.body.getvalue())
            self.body = file
        self.body.write(chunk)

    def answer(self) -> Answer:
        if not self.status:
            raise RuntimeError("the application did not start its answer")
        fields = [(k.strip().lower().encode("latin-1"), v.strip().encode("latin-1")) for k, v in self.headers]
        self.body.seek(0)
        kept = [pair for pair in fields if pair[0] not in _HOP_BY_HOP]
        return Answer(self.status, kept, self.body, self.length_bytes)


def call_wsgi(app: WsgiApp, environ: Environ) -> Answer:
    """Run the application to its end, in this thread. Raises what it raises."""
    response = _Response()
    try:
        parts = app(environ, response.start)
        try:
            for chunk in parts:
                response.write(chunk)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return response.answer()
    except BaseException:
        response.body.close()
        raise
    finally:
        environ["wsgi.input"].close()
