"""`muster web`: screens, API, ingestion, live streams and status pages, served by uvicorn."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from muster.processes.listening import listen
from muster.processes.logs import configure
from muster.processes.problems import CannotStart
from muster.processes.schema import require_schema
from muster.processes.surroundings import enter
from muster.web.asgi_types import App
from muster.web.server import Protocol

GRACE_SECONDS = 3

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
TlsCert = Annotated[Path | None, typer.Option(help="Certificate chain (PEM): speak HTTPS.")]
TlsKey = Annotated[Path | None, typer.Option(help="Key of the certificate (PEM).")]


def web(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    fd: Annotated[int | None, typer.Option(hidden=True, help="A listening socket from muster up.")] = None,
) -> None:
    """Serve screens, API, ingestion and status pages. Any number, behind any proxy."""
    check_tls(tls_cert, tls_key)
    with _listening(host, port, fd) as listener:
        configure(enter("muster web").log_format)
        require_schema()
        serve("muster.config.asgi:application", listener, tls_cert, tls_key)


def serve(
    application: App | str, listener: socket.socket, tls_cert: Path | None, tls_key: Path | None
) -> None:
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


def check_tls(tls_cert: Path | None, tls_key: Path | None) -> None:
    """Raises CannotStart with one line when certificate and key are not both there, readable, and a pair."""
    if tls_cert is None and tls_key is None:
        return
    if tls_cert is None or tls_key is None:
        raise CannotStart("--tls-cert and --tls-key go together: give both, or neither.")
    for option, file in (("--tls-cert", tls_cert), ("--tls-key", tls_key)):
        try:
            file.read_bytes()
        except OSError as error:
            raise CannotStart(f"{option} {file} cannot be read: {error.strerror}.") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls_cert, tls_key)
    except (ssl.SSLError, OSError) as error:
        raise CannotStart(
            f"--tls-cert {tls_cert} and --tls-key {tls_key} are not a PEM pair: {error}."
        ) from error


@contextlib.contextmanager
def _listening(host: str, port: int, fd: int | None) -> Iterator[socket.socket]:
    listener = socket.socket(fileno=fd) if fd is not None else listen(host, port)
    try:
        yield listener
    finally:
        listener.close()
