"""The command lines of what runs for long: they read the options, then become it (`lean`)."""

from pathlib import Path
from typing import Annotated

import typer

from muster.processes.lean import become
from muster.processes.options import Host, Port, TlsCert, TlsKey

Data = Annotated[
    Path | None,
    typer.Option(help="Data folder (default: MUSTER_DATA, else /var/lib/muster or your data home)."),
]
Folder = Annotated[Path | None, typer.Option(help="Folder of published pages (default: <data>/status).")]


def up(
    data: Data = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    demo: Annotated[bool, typer.Option("--demo", help="Fill a believable company, once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="When ready, print one line of JSON.")] = False,
) -> None:
    """Start Muster on this machine: database, web and worker. Ctrl-C stops it."""
    become(
        "up",
        data=data,
        host=host,
        port=port,
        tls_cert=tls_cert,
        tls_key=tls_key,
        demo=demo,
        as_json=as_json,
    )


def web(
    host: Host = "127.0.0.1", port: Port = 8000, tls_cert: TlsCert = None, tls_key: TlsKey = None
) -> None:
    """Serve screens, API, ingestion and status pages. Any number, behind any proxy."""
    become("web", host=host, port=port, tls_cert=tls_cert, tls_key=tls_key)


def worker() -> None:
    """Seal, react, and do what is due."""
    become("worker")


def status_server(
    folder: Folder = None,
    host: Host = "127.0.0.1",
    port: Port = 8001,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
) -> None:
    """Serve the published status pages from a folder, without a database."""
    become("status-server", folder=folder, host=host, port=port, tls_cert=tls_cert, tls_key=tls_key)
