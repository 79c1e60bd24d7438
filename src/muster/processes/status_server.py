"""`muster status-server`: the published status pages from a folder; needs no database, survives all else."""

import os
from pathlib import Path

from muster.processes.data_folder import default_folder
from muster.processes.listening import listen
from muster.processes.logs import configure
from muster.processes.problems import CannotStart
from muster.processes.tls import check_tls
from muster.processes.web import serve
from muster.web.asgi_types import Headers, Receive, Scope, Send
from muster.web.published import PublishedPages


def status_server(
    host: str,
    port: int,
    folder: str | None = None,
    tls_cert: str | None = None,
    tls_key: str | None = None,
) -> None:
    """Run it until SIGTERM."""
    configure(os.environ.get("MUSTER_LOG_FORMAT", "text"))
    check_tls(tls_cert, tls_key)
    pages = (Path(folder) if folder else _data_folder() / "status").absolute()
    if not pages.is_dir():
        raise CannotStart(f"{pages} is not a folder: say with --folder where the status pages are published.")
    with listen(host, port) as listener:
        print(f"Status pages of {pages} on port {listener.getsockname()[1]}", flush=True)
        serve(FrontDoor(PublishedPages(pages)), listener, tls_cert, tls_key)


class FrontDoor:
    """The pages, plus `/` (to the only page, when there is one) and `/healthz`."""

    def __init__(self, pages: PublishedPages) -> None:
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path")
        page = self._pages.only_page() if path == "/" else None
        if path == "/healthz":
            await _answer(send, 200, [], b"ok\n")
        elif page is not None:
            await _answer(send, 302, [(b"location", page.encode())], b"")
        else:
            await self._pages(scope, receive, send)


def _data_folder() -> Path:
    return Path(os.environ["MUSTER_DATA"]) if os.environ.get("MUSTER_DATA") else default_folder()


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
