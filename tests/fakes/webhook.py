"""A receiver of Standard Webhooks that keeps what it is given, and can be told how to misbehave."""

import contextlib
import json
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request that arrived whole. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


Answer = Callable[["_Connection", Request], None]


@dataclass
class WebhookReceiver:
    """`with WebhookReceiver() as hook:`, then `hook.url`, `hook.requests`, `hook.answer = status(500)`."""

    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> "WebhookReceiver":
        self.answer: Answer = status(200)
        self._arrived = threading.Condition()
        self.stopped = threading.Event()
        receiver = self

        class Bound(_Connection):
            owner = receiver

        self._server = _Server(("127.0.0.1", 0), Bound)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/pages"

    def wait_for(self, count: int, seconds: float = 10) -> list[Request]:
        """The requests, once there are `count`. Raises `AssertionError` when they do not come."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.requests) >= count, seconds)
            assert arrived, f"{len(self.requests)} of {count} requests came"
            return list(self.requests)

    def keep(self, request: Request) -> None:
        """A request came."""
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""


class _Connection(socketserver.StreamRequestHandler):
    owner: WebhookReceiver

    def setup(self) -> None:
        self.owner.connections += 1
        if self.owner.tls is not None:
            self.request = self.owner.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) < 2:
            return
        headers: dict[str, str] = {}
        while (text := self.rfile.readline(65536).decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        request = Request(line[0], line[1], headers, body)
        self.owner.keep(request)
        self.owner.answer(self, request)

    def say(self, data: bytes) -> None:
        """Write at once."""
        self.wfile.write(data)
        self.wfile.flush()


def status(code: int, *headers: tuple[str, str], body: bytes = b"{}") -> Answer:
    """Answer with a status."""
    lines = [f"HTTP/1.1 {code} X", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    data = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda connection, _request: connection.say(data)


def hang(before: bytes = b"") -> Answer:
    """Say something, or nothing, and then nothing more."""

    def answer(connection: _Connection, _request: Request) -> None:
        if before:
            connection.say(before)
        connection.owner.stopped.wait(30)

    return answer


def reset(before: bytes = b"") -> Answer:
    """Say something, or nothing, and then slam the door (RST)."""

    def answer(connection: _Connection, _request: Request) -> None:
        if before:
            connection.say(before)
        linger = struct.pack("ii", 1, 0)
        connection.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.request.close()

    return answer


def trickle(data: bytes, every_seconds: float) -> Answer:
    """Answer one byte at a time, for ever."""

    def answer(connection: _Connection, _request: Request) -> None:
        with contextlib.suppress(OSError):
            for byte in data:
                connection.say(bytes([byte]))
                connection.owner.stopped.wait(every_seconds)
            connection.owner.stopped.wait(30)

    return answer


def endless(head: bytes) -> Answer:
    """A body that never ends, as fast as it goes."""

    def answer(connection: _Connection, _request: Request) -> None:
        with contextlib.suppress(OSError):
            connection.say(head)
            while not connection.owner.stopped.is_set():
                connection.say(b"x" * 65536)

    return answer
