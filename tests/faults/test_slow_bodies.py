"""Clients that send their bodies one byte a second hold no thread (issue 2, case 8; stack decision 7)."""

import threading
import time
from collections.abc import Iterator

import pytest

from serving import Web, quickest, serving

CLIENTS = 16
FAST_S = 0.3


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A web process with the product's time limit of 20 s."""
    with serving(tmp_path_factory.mktemp("web"), BODY_SECONDS="20") as running:
        yield running


def _drip(web: Web, path: str, done: threading.Event) -> None:
    connection = web.connect()
    connection.send(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n")
    while not done.wait(1.0):
        connection.send(b"a")
    connection.close()


@pytest.mark.parametrize(
    "path", ["/api/alerts/7/acknowledge", "/echo", "/in/generic/" + "G" * 32, "/v2/enqueue"]
)
def test_sixteen_slow_bodies_delay_nobody(web: Web, path: str) -> None:
    done = threading.Event()
    clients = [threading.Thread(target=_drip, args=(web, path, done)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(1.5)
    try:
        for asked in ("/api/alerts/7/acknowledge", "/sign-in", "/echo", "/in/generic/" + "G" * 32):
            assert web.post(asked, {"summary": "still here"}).status in (200, 202)
            assert quickest(lambda path=asked: web.post(path, {"summary": "still here"})) < FAST_S, asked
    finally:
        done.set()
        for client in clients:
            client.join()


def test_a_slow_header_costs_a_connection_only(web: Web) -> None:
    slow = [web.connect() for _ in range(CLIENTS)]
    for connection in slow:
        connection.send("GET /echo HTTP/1.1\r\nx: ")
    assert quickest(lambda: web.request("GET", "/echo")) < FAST_S
    for connection in slow:
        connection.close()
