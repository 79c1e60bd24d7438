"""Which heads are known again (what comes of it: `test_express`)."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from muster.core.ports.source_form import Reply
from muster.web.asgi_types import EXPRESS, Headers
from muster.web.heads import HEAD_BYTES, REMEMBERED, Head, Heads
from muster.web.server import Protocol


class _Way:
    """Answers at once, and remembers what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[Headers, bytes]] = []

    def take(self, headers: Headers, body: bytes, answer: Callable[[Reply], None]) -> bool:
        self.taken.append((headers, body))
        answer(Reply(202, b"{}"))
        return True


START = b"POST /in HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n"
HEAD = Head(_Way(), [(b"host", b"x"), (b"content-length", b"5")], 5, True)


def test_the_same_bytes_are_the_same_head() -> None:
    heads = Heads()
    assert heads.find(START + b"hello") is None
    heads.remember(START + b"hello", HEAD)
    assert heads.find(START + b"world") == (HEAD, b"world")
    assert heads.find(START.replace(b"x", b"y") + b"world") is None


@pytest.mark.parametrize("body", [b"", b"hell", b"hello!", b"helloPOST /in HTTP/1.1\r\n"])
def test_only_one_whole_request_is_known(body: bytes) -> None:
    """What is cut, or followed by more, is the parser's."""
    heads = Heads()
    heads.remember(START + b"hello", HEAD)
    assert heads.find(START + body) is None


def test_what_was_not_one_request_is_not_remembered() -> None:
    """Two in one read, where the parser's last word is about the second; and heads without end."""
    heads = Heads()
    heads.remember(START + b"hello" + START + b"hello", HEAD)
    long = START.replace(b"x", b"x" * HEAD_BYTES)
    heads.remember(long + b"hello", HEAD)
    assert heads.find(START + b"hello") is None
    assert heads.find(long + b"hello") is None


def test_no_more_than_so_many_are_remembered() -> None:
    heads = Heads()
    for number in range(3 * REMEMBERED):
        heads.remember(START.replace(b"x", b"%d" % number) + b"hello", HEAD)
        assert len(heads._known) <= REMEMBERED


class _Transport(asyncio.Transport):
    """Takes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """Nobody is at the other end."""


class _Lane:
    """Every request leads there."""

    https = False

    def __init__(self) -> None:
        self.way, self.heads = _Way(), Heads()

    def find(self, method: bytes, url: bytes) -> _Way:
        return self.way


async def _never(*_: object) -> None:
    raise AssertionError("a request went the general way")


@pytest.fixture
def protocol() -> Iterator[Protocol]:
    """A connection, with nobody at its other end."""
    loop = asyncio.new_event_loop()
    config = Config(app=_never, lifespan="off", ws="none", log_config=None)
    found = Protocol(config, ServerState(), {EXPRESS: _Lane()}, _loop=loop)
    found.connection_made(_Transport())
    yield found
    found.connection_lost(None)
    loop.close()


def test_a_known_head_is_not_parsed_and_means_what_it_meant(protocol: Protocol) -> None:
    """The parser is away when the second comes."""
    protocol.data_received(START + b"hello")
    parser, protocol.parser = protocol.parser, None
    protocol.data_received(START + b"world")
    protocol.parser = parser
    protocol.data_received(START.replace(b"x", b"y") + b"other")
    headers, bodies = zip(*protocol.app_state[EXPRESS].way.taken, strict=True)
    assert bodies == (b"hello", b"world", b"other")
    assert headers[0] == headers[1] == HEAD.headers != headers[2]
    assert len(protocol.transport.written) == 3


def test_blank_lines_between_requests_are_no_request(protocol: Protocol) -> None:
    """Not even after one without a body."""
    for _ in range(3):
        protocol.data_received(START.replace(b"5", b"0"))
        protocol.data_received(b"\r\n\r\n")
    assert len(protocol.app_state[EXPRESS].way.taken) == 3
