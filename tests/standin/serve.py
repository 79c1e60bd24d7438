"""`python -m standin.serve FD`: serve the stand-in on an open socket, with the product's protocol."""

import os
import socket
import sys
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "standin.settings"
django.setup()

import uvicorn  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import DataError, OperationalError  # noqa: E402

from muster.config import wiring  # noqa: E402
from muster.web.batching import Flusher, Store  # noqa: E402
from muster.web.bodies import BodyLimits  # noqa: E402
from muster.web.doors import Doors  # noqa: E402
from muster.web.edge import Edge, EdgeLimits, Urgent  # noqa: E402
from muster.web.porter import Porter  # noqa: E402
from muster.web.problems import refuse  # noqa: E402
from muster.web.published import PublishedPages  # noqa: E402
from muster.web.room import Room  # noqa: E402
from muster.web.router import Router  # noqa: E402
from muster.web.server import Protocol  # noqa: E402
from muster.web.store import FlushLimits  # noqa: E402
from standin import database  # noqa: E402


def application() -> Router:
    limits = EdgeLimits(
        body=BodyLimits(limit_bytes=3 * 1024 * 1024, seconds=float(os.environ["BODY_SECONDS"]))
    )
    store = Store(database.receive, lambda: None, (OperationalError,), (DataError,))
    room = Room(int(os.environ.get("WAITING", "8")), owner_share=1.0)
    flusher = Flusher(store, FlushLimits(room=room, answer_seconds=2.0))
    edge = Edge(get_wsgi_application(), urgent=Urgent((b"/sign-in",), (b"/acknowledge",)), limits=limits)
    doors = Doors(
        wiring.SOURCES,
        lookup=database.lookup,
        flusher=flusher,
        porter=Porter(database.fetch, database.learn),
        body_seconds=float(os.environ["BODY_SECONDS"]),
    )

    async def live(scope, receive, send):  # type: ignore[no-untyped-def]
        await refuse(scope, send, 404)

    pages = PublishedPages(Path(os.environ["PAGES"]))
    return Router(edge=edge, doors=doors, live=live, status_pages=pages, services=[flusher])


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        application(), http=Protocol, loop="uvloop", access_log=False, timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
