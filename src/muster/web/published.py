"""Published status pages, served from a folder by `muster web` and by `muster status-server` (R45, design
section 9).

Nothing here knows PostgreSQL: a reader is served as long as the files are there.
"""

import hashlib
import mimetypes
import os
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote, unquote

from muster.web.asgi_types import Headers, Receive, Scope, Send

# RFC 5861: ten seconds fresh; a cache in front keeps the page for a day when this server is away.
CACHE_CONTROL = b"public, max-age=10, stale-if-error=86400"
_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    b"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_TYPES = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_KEPT_FILES = 512


@dataclass(frozen=True, slots=True)
class _File:
    """A file as last read; `stamp` tells when to read again."""

    stamp: tuple[int, int, int]
    body: bytes
    etag: bytes
    modified: bytes
    content_type: bytes


class PublishedPages:
    """An ASGI application that serves `<folder>/<slug>/...` under `<prefix>/<slug>/...`, GET and HEAD only.

    Answers 200 with ETag, 304, 301 (a folder asked without its slash), 404 or 405. Hidden files and paths
    that climb are not found.
    """

    def __init__(self, folder: Path, prefix: str = "/status") -> None:
        self.folder = folder
        self.prefix = prefix
        self._kept: dict[Path, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a lifespan is acknowledged, anything else is not ours."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            status, headers, body = self.answer(scope["method"], _raw_path(scope), dict(scope["headers"]))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def answer(self, method: str, path: str, headers: dict[bytes, bytes]) -> tuple[int, Headers, bytes]:
        """Status, headers and body for `path` as it came over the wire (percent-encoded)."""
        if method not in ("GET", "HEAD"):
            return _plain(405, b"Only GET and HEAD are answered here.\n", (b"allow", b"GET, HEAD"))
        target = self._target(path)
        if target is None:
            return _plain(404, b"There is no such status page.\n")
        if os.path.isdir(target):  # unlike Path.is_dir, false for a name too long
            if not path.endswith("/"):
                return _plain(301, b"", (b"location", (path + "/").encode()))
            target = target / "index.html"
        found = self._read(target)
        if found is None:
            return _plain(404, b"There is no such status page.\n")
        kept = [*_common(found.content_type), (b"etag", found.etag), (b"last-modified", found.modified)]
        if _matches(headers.get(b"if-none-match"), found.etag):
            return 304, kept, b""
        return 200, [*kept, (b"content-length", str(len(found.body)).encode())], found.body

    def only_page(self) -> str | None:
        """The path of the page when exactly one is published here."""
        try:
            slugs = [entry.name for entry in self.folder.iterdir() if entry.is_dir() and entry.name[0] != "."]
        except OSError:
            return None
        return f"{self.prefix}/{quote(slugs[0])}/" if len(slugs) == 1 else None

    def _target(self, path: str) -> Path | None:
        if not path.startswith(self.prefix + "/"):
            return None
        parts = [unquote(part, errors="replace") for part in path.removeprefix(self.prefix + "/").split("/")]
        named = [part for part in parts if part]
        if not named or any(
            part.startswith(".") or "/" in part or "\\" in part or "\0" in part for part in named
        ):
            return None
        return self.folder.joinpath(*named)

    def _read(self, path: Path) -> _File | None:
        """The file, read again only when it changed; None when there is none."""
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            kept = self._kept.get(path)
            if kept is not None and kept.stamp == stamp:
                return kept
            body = path.read_bytes()
        except (OSError, ValueError):
            self._kept.pop(path, None)
            return None
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        modified = formatdate(status.st_mtime, usegmt=True)
        if len(self._kept) >= _KEPT_FILES:
            self._kept.clear()
        self._kept[path] = _File(stamp, body, etag.encode(), modified.encode(), kind.encode())
        return self._kept[path]


def _raw_path(scope: Scope) -> str:
    raw = scope.get("raw_path")
    return raw.split(b"?")[0].decode("latin-1") if raw else quote(scope["path"])


def _common(content_type: bytes) -> Headers:
    return [
        (b"content-type", content_type),
        (b"cache-control", CACHE_CONTROL),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-security-policy", _POLICY),
        (b"access-control-allow-origin", b"*"),
    ]


def _plain(status: int, body: bytes, *more: tuple[bytes, bytes]) -> tuple[int, Headers, bytes]:
    headers = [*_common(b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *more]
    return status, headers, body


def _matches(wanted: bytes | None, etag: bytes) -> bool:
    """RFC 9110 section 13.1.2: a list of tags, weak comparison, or `*`."""
    if wanted is None:
        return False
    tags = [tag.strip().removeprefix(b"W/") for tag in wanted.split(b",")]
    return etag in tags or b"*" in tags


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
