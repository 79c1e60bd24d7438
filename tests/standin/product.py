"""`python -m standin.product FD`: serve the product itself on an open socket."""

import socket
import sys

import uvicorn

from muster.config.asgi import application
from muster.web.server import Protocol


def main() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        application, http=Protocol, loop="uvloop", access_log=False, timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
