"""Starts a web process for a test, and speaks HTTP to it byte by byte."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent


@dataclass
class Answer:
    """One answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One connection to the web process."""

    def __init__(self, port: int, *, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._left = b""

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def end(self) -> None:
        """End our side, and go on listening."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def answer(self, *, head: bool = False) -> Answer:
        """The next answer. Raises `ConnectionError` when the server closes before it is whole."""
        head_bytes = self._until(b"\r\n\r\n")
        lines = head_bytes.decode("latin-1").split("\r\n")
        headers = {
            name: line.split(": ", 1)[1] for line in lines[1:-2] for name in [line.split(": ", 1)[0].lower()]
        }
        status = int(lines[0].split(" ")[1])
        body = b"" if head or status in (204, 304) else self._body(headers)
        return Answer(status, headers, body)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "content-length" in headers:
            return self._exactly(int(headers["content-length"]))
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._exactly(2)
        self._exactly(2)
        return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._left:
            self._more()
        at = self._left.index(mark) + len(mark)
        found, self._left = self._left[:at], self._left[at:]
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self._left) < count:
            self._more()
        found, self._left = self._left[:count], self._left[count:]
        return found

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._left += data


class Web:
    """A running web process."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.port = port
        self.process = process
        self.log = log

    def connect(self, *, timeout: float = 10.0) -> Connection:
        return Connection(self.port, timeout=timeout)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            fields = {"host": "muster.test", **(headers or {})}
            if body is not None:
                fields.setdefault("content-length", str(len(body)))
            lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
            connection.send("\r\n".join(lines).encode("latin-1") + (body or b""))
            return connection.answer(head=method == "HEAD")
        finally:
            connection.close()

    def post(self, path: str, value: Any, **headers: str) -> Answer:
        """Post JSON."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.request("POST", path, body, {k.replace("_", "-"): v for k, v in headers.items()})


def quickest(ask: Callable[[], object], attempts: int = 5) -> float:
    """The shortest time in seconds that `ask` took.

    Where a thread is held, every attempt waits; on a busy machine, only some do.
    """
    best = float("inf")
    for _ in range(attempts):
        begun = time.perf_counter()
        ask()
        best = min(best, time.perf_counter() - begun)
    return best


def typical(ask: Callable[[], object], attempts: int = 5, pause_seconds: float = 0.3) -> float:
    """The median time in seconds that `ask` took, asked now and then."""
    times = []
    for _ in range(attempts):
        times.append(quickest(ask, 1))
        time.sleep(pause_seconds)
    return sorted(times)[attempts // 2]


@contextlib.contextmanager
def serving(folder: Path, module: str = "standin.serve", **environment: str) -> Iterator[Web]:
    """Run a module that serves the socket given to it; stop it afterwards."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    port = listener.getsockname()[1]
    log = folder / "web.log"
    path = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        "PAGES": str(folder),
        "BODY_SECONDS": "3",
    } | environment
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(listener.fileno())],
            pass_fds=[listener.fileno()],
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    listener.close()
    try:
        web = Web(port, process, log)
        _wait(web)
        yield web
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def product(folder: Path, database_url: str, **environment: str) -> Iterator[Web]:
    """The product's own web process, on a database."""
    settings = {
        "DJANGO_SETTINGS_MODULE": "muster.config.settings",
        "MUSTER_DATABASE_URL": database_url,
        "MUSTER_DATA": str(folder),
    }
    with serving(folder, "standin.product", **settings, **environment) as running:
        yield running


def _wait(web: Web) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if web.request("GET", "/healthz").status == 200:
                return
        if web.process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the web process does not answer: {web.log.read_text()}")
