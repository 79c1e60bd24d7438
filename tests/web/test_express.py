"""Whole requests at doors take a shorter way; nobody outside can tell, whatever comes with or after them."""

import contextlib
import json
import socket
import struct
import threading
import time

import pytest

from serving import Answer, Web
from standin.database import PAGERDUTY, REVOKED

PATH = "/v2/enqueue"


def event(key: str = "disk", routing_key: str = PAGERDUTY, action: str = "trigger") -> bytes:
    payload = {"summary": "Disk full", "source": "db-1", "severity": "critical"}
    body = {"routing_key": routing_key, "event_action": action, "dedup_key": key, "payload": payload}
    return json.dumps(body).encode()


def posted(body: bytes, *fields: str, version: str = "1.1") -> bytes:
    lines = [f"POST {PATH} HTTP/{version}", "host: x", f"content-length: {len(body)}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def key_of(answer: Answer) -> str:
    assert answer.status == 202, answer.body
    return str(answer.json["dedup_key"])


@pytest.fixture
def known(web: Web) -> Web:
    """The process remembers the key, so that its requests may go the short way."""
    assert web.request("POST", PATH, event()).status == 202
    return web


def test_the_answers_of_both_ways_have_the_same_headers(known: Web) -> None:
    short = known.request("POST", PATH, event())
    connection = known.connect()
    head, body = posted(event()).split(b"\r\n\r\n", 1)
    connection.send(head + b"\r\n\r\n")
    time.sleep(0.1)  # the body comes in a read of its own: the general way
    connection.send(body)
    general = connection.answer()
    connection.close()
    assert (short.status, short.body) == (general.status, general.body)
    changing = {"date", "x-request-id"}
    assert short.headers.keys() == general.headers.keys() >= changing
    assert {k: v for k, v in short.headers.items() if k not in changing} == {
        k: v for k, v in general.headers.items() if k not in changing
    }
    assert short.headers["x-request-id"] != general.headers["x-request-id"]


def test_pipelined_events_are_answered_in_order_whichever_way_each_goes(known: Web) -> None:
    connection = known.connect()
    pieces = []
    for number in range(10):
        pieces += [posted(event(f"k{number}")), f"GET /echo/{number} HTTP/1.1\r\nhost: x\r\n\r\n".encode()]
    connection.send(b"".join(pieces))
    for number in range(10):
        assert key_of(connection.answer()) == f"k{number}"
        assert connection.answer().json["path"] == f"/echo/{number}"
    connection.close()


@pytest.mark.parametrize("behind", [b"\x00\x01 no HTTP\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000])
def test_a_refusal_of_what_comes_behind_never_passes_for_the_answer(known: Web, behind: bytes) -> None:
    """The event is kept; its sender hears 202, or nothing and asks again."""
    connection = known.connect()
    connection.send(posted(event("first")) + behind)
    heard = b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.socket.recv(65536):
            heard += more
    assert not heard or heard.startswith(b"HTTP/1.1 202 ")
    connection.close()
    assert known.request("POST", PATH, event("first")).status == 202


def test_a_body_that_is_no_http_is_refused_in_words(known: Web) -> None:
    """It is its own answer, whatever came before it and is answered."""
    connection = known.connect()
    connection.send(posted(event("first")))
    assert key_of(connection.answer()) == "first"
    connection.send(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello")
    time.sleep(0.1)
    connection.send("no chunk\r\n")
    assert connection.answer().status == 400
    connection.close()


@pytest.mark.parametrize("cut", [1, 30, 60, 100, 200])
def test_an_event_in_two_reads_is_taken_wherever_it_is_cut(known: Web, cut: int) -> None:
    connection = known.connect()
    for number in range(3):
        whole = posted(event(f"cut-{number}"))
        connection.send(whole[:cut])
        time.sleep(0.05)
        connection.send(whole[cut:])
        assert key_of(connection.answer()) == f"cut-{number}"
    connection.close()


def test_an_event_in_chunks_is_taken(known: Web) -> None:
    connection = known.connect()
    body = event("chunks")
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:40], body[40:])) + b"0\r\n\r\n"
    )
    connection.send(
        f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".encode() + chunks
    )
    assert key_of(connection.answer()) == "chunks"
    connection.close()


@pytest.mark.parametrize(
    "request_", [posted(event(), "connection: close"), posted(event(), version="1.0")], ids=["close", "1.0"]
)
def test_a_connection_that_shall_end_ends_after_the_answer(known: Web, request_: bytes) -> None:
    connection = known.connect()
    connection.send(request_)
    answer = connection.answer()
    assert answer.status == 202
    assert answer.headers["connection"] == "close"
    with pytest.raises(ConnectionError):
        connection.answer()
    connection.close()


def test_a_broken_chunk_is_a_400_and_breaks_nobody_else(known: Web) -> None:
    connection = known.connect()
    connection.send(f"POST {PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".encode())
    assert connection.answer().status == 400
    connection.close()
    assert known.request("POST", PATH, event()).status == 202


def test_a_key_revoked_a_moment_ago_is_refused_by_the_flush(known: Web) -> None:
    connection = known.connect()
    for _ in range(3):
        connection.send(posted(event(routing_key=REVOKED)))
        answer = connection.answer()
        assert (answer.status, "Invalid routing key" in answer.body.decode()) == (400, True)
    connection.close()


def test_what_the_sender_must_change_is_said_in_the_doors_words(known: Web) -> None:
    assert "event_action" in known.request("POST", PATH, event(action="page")).json["errors"][0]
    assert known.request("POST", PATH, b"{").json["message"] == "Event object format is unrecognized"


def test_a_full_queue_is_a_429_and_who_left_disturbs_nobody(known: Web) -> None:
    known.request("GET", "/control?mode=hang")
    waiting = [known.connect() for _ in range(12)]  # one is being written, eight wait, the others are refused
    for number, connection in enumerate(waiting):
        connection.send(posted(event(f"w{number}")))
        time.sleep(0.02)
    statuses = [waiting[place].answer() for place in (10, 11)]
    assert {(answer.status, answer.headers["retry-after"]) for answer in statuses} == {(429, "1")}
    gone = waiting[3]
    gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gone.close()
    threading.Timer(0.1, known.request, ("GET", "/control?mode=ok")).start()
    assert [key_of(waiting[place].answer()) for place in (0, 1, 2, 4, 5)] == ["w0", "w1", "w2", "w4", "w5"]
    for connection in waiting:
        connection.close()


def test_known_and_unknown_requests_follow_one_another_on_a_connection(known: Web) -> None:
    """The parser goes on where it was, whatever passed it by."""
    connection = known.connect()
    for number in range(20):
        connection.send(posted(event(f"k{number % 10}")))
        assert key_of(connection.answer()) == f"k{number % 10}"
        if number % 3 == 0:
            connection.send(f"GET /echo/{number} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            assert connection.answer().json["path"] == f"/echo/{number}"
    connection.send(posted(event("two"), "expect: nothing") * 2 + posted(event("cut"))[:50])
    assert [key_of(connection.answer()) for _ in range(2)] == ["two", "two"]
    connection.send(posted(event("cut"))[50:])
    assert key_of(connection.answer()) == "cut"
    connection.send(b"no request at all\r\n\r\n")
    assert connection.answer().status == 400
    connection.close()


def test_a_known_head_that_ends_the_connection_ends_it(known: Web) -> None:
    for _ in range(3):
        connection = known.connect()
        connection.send(posted(event(), "connection: close"))
        assert connection.answer().headers["connection"] == "close"
        with pytest.raises(ConnectionError):
            connection.answer()
        connection.close()


def test_a_known_head_opens_no_door_by_itself(known: Web) -> None:
    """The key stands in the body; what is no JSON, and who has no key, hear so as ever."""
    connection = known.connect()
    for _ in range(3):
        connection.send(posted(event()))
        assert key_of(connection.answer()) == "disk"
        connection.send(posted(event(routing_key=REVOKED)))
        assert connection.answer().status == 400
        connection.send(posted(b"{" + event()[1:-1]))
        assert connection.answer().status == 400
    connection.close()
