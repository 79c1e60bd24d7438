"""Asks our own web process how it is. By hand: an HTTP library would stay in `muster up` and take 3 MiB."""

import socket

from muster.processes.lean import load

_SECONDS = 5


def probe(url: str, path: str) -> tuple[int, str]:
    """HTTP status and the first characters of the body; status 0 and the reason when there is no answer."""
    scheme, _, address = url.partition("://")
    host, _, port = address.rpartition(":")
    asked = f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _SECONDS) as plain:
            if scheme == "https":
                with load("muster.processes.tls.to_ourselves")(plain) as secured:
                    return _answered(secured, asked)
            return _answered(plain, asked)
    except OSError as error:
        return 0, str(error)


def _answered(connection: socket.socket, asked: str) -> tuple[int, str]:
    connection.sendall(asked.encode())
    answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head[9:12].decode("latin-1")
    return (int(status) if status.isdecimal() else 0), body[:500].decode(errors="replace")
