"""The listening socket, opened before anything else so that a port in use is told at once."""

import errno
import socket
import time

from muster.processes.problems import CannotStart

_BACKLOG = 2048


def listen(host: str, port: int, *, patience_seconds: float = 1.0) -> socket.socket:
    """A listening TCP socket. `patience_seconds` lets a predecessor that was just killed go away.

    Raises CannotStart with one line: port in use, port not allowed, address not of this machine.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise CannotStart(_told(error, host, port)) from error
        time.sleep(0.05)


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _told(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use: stop the program that has it, or choose another --port."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} is not allowed for this user: choose a --port above 1023."
    return f"Cannot listen on {host} port {port}: {error.strerror or error}."
