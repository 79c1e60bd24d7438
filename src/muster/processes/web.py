"""`muster web`: screens, API, ingestion, live streams and status pages, served by uvicorn."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from muster.processes.listening import listen
from muster.processes.logs import configure
from muster.processes.schema import require_schema
from muster.processes.surroundings import enter
from muster.processes.tls import check_tls
from muster.web.asgi_types import App
from muster.web.server import Protocol

GRACE_SECONDS = 3


def web(
    host: str = "",
    port: int = 0,
    tls_cert: str | None = None,
    tls_key: str | None = None,
    fd: int | None = None,
) -> None:
    """Run it until SIGTERM; `fd` is a listening socket that `muster up` has opened."""
    check_tls(tls_cert, tls_key)
    with _listening(host, port, fd) as listener:
        configure(enter("muster web").log_format)
        require_schema()
        serve("muster.config.asgi:application", listener, tls_cert, tls_key)


def serve(application: App | str, listener: socket.socket, tls_cert: str | None, tls_key: str | None) -> None:
    """Run an ASGI application until SIGTERM or SIGINT; open streams then get three seconds."""
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="auto",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
    )
    uvicorn.Server(config).run(sockets=[listener])


@contextlib.contextmanager
def _listening(host: str, port: int, fd: int | None) -> Iterator[socket.socket]:
    listener = socket.socket(fileno=fd) if fd is not None else listen(host, port)
    try:
        yield listener
    finally:
        listener.close()
