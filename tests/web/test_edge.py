"""The edge: whole bodies, raw paths, refused excess, and threads that no client can hold (design 10)."""

import hashlib
import socket
import struct
import time

import pytest

from serving import Connection, Web, quickest, typical

LIMIT_BYTES = 3 * 1024 * 1024  # the stand-in's; the product's is 25 MiB


def test_the_path_arrives_raw_and_a_slash_in_a_name_stays_in_the_name(web: Web) -> None:
    seen = web.request("GET", "/echo/a%2Fb%20c%C3%A4/d%2fe?x=%2F&y=%C3%A4").json
    assert seen["path"] == "/echo/a%2Fb cä/d%2Fe"
    assert seen["raw_path"] == "/echo/a%2Fb%20c%C3%A4/d%2fe"
    assert seen["uri"] == "/echo/a%2Fb%20c%C3%A4/d%2fe?x=%2F&y=%C3%A4"
    assert seen["query"] == "x=%2F&y=%C3%A4"


@pytest.mark.parametrize("path", ["/echo/%00", "/echo?q=a%00b", "/api/x?q=%00"])
def test_an_address_with_nul_is_refused_before_anybody_looks_it_up(web: Web, path: str) -> None:
    assert web.request("GET", path).status == 400


@pytest.mark.parametrize("path", ["/echo/%ff%fe", "/echo?q=%ff", "/echo/%zz", "//echo", "/echo/../../etc"])
def test_odd_addresses_never_break_us(web: Web, path: str) -> None:
    assert web.request("GET", path).status < 500


def test_a_body_of_many_pieces_arrives_whole_and_with_its_length(web: Web) -> None:
    body = bytes(range(256)) * 8192  # 2 MiB: passes from memory to a file
    seen = web.request("POST", "/echo", body).json
    assert (seen["length"], seen["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


def test_a_chunked_body_arrives_whole_and_django_is_told_its_length(web: Web) -> None:
    connection = web.connect()
    connection.send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    for piece in (b"hello ", b"w" * 70_000, b"!"):
        connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    connection.send(b"0\r\n\r\n")
    seen = connection.answer().json
    connection.close()
    assert seen["length"] == 6 + 70_000 + 1
    assert seen["declared"] == str(seen["length"])


@pytest.mark.parametrize(
    "head",
    ["content-length: 100\r\n\r\n", "transfer-encoding: chunked\r\n\r\n64\r\n"],
    ids=["length", "chunked"],
)
@pytest.mark.parametrize("path", ["/echo", "/api/echo"])
def test_a_cut_body_is_a_400(web: Web, head: str, path: str) -> None:
    connection = web.connect()
    connection.send(f"POST {path} HTTP/1.1\r\nhost: x\r\n{head}half of it")
    connection.end()
    answer = connection.answer()
    connection.close()
    assert answer.status == 400
    assert ("problem+json" in answer.headers["content-type"]) == path.startswith("/api/")


def test_a_body_above_the_limit_is_a_413_also_when_it_is_all_sent_first(web: Web) -> None:
    answer = web.request("POST", "/api/echo", b"x" * (LIMIT_BYTES + 1))
    assert answer.status == 413
    assert answer.json["status"] == 413
    assert answer.headers["connection"] == "close"


def test_a_chunked_body_without_end_is_a_413(web: Web) -> None:
    connection = web.connect()
    connection.send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    with pytest.raises(OSError):  # it goes on for ever, so the connection ends
        _send_without_end(connection, piece)
    connection.close()
    assert web.request("GET", "/echo").status == 200


def _send_without_end(connection: Connection, piece: bytes) -> None:
    while True:
        connection.send(piece)


def test_who_expects_100_continue_is_refused_before_sending_anything(web: Web) -> None:
    connection = web.connect()
    connection.send(
        f"POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {LIMIT_BYTES + 1}\r\n\r\n"
    )
    assert connection.answer().status == 413
    connection.close()


def test_two_lengths_or_a_length_beside_chunks_are_refused(web: Web) -> None:
    for fields in (
        "content-length: 3\r\ncontent-length: 4\r\n",
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "content-length: +3\r\n",
    ):
        connection = web.connect()
        connection.send(f"POST /echo HTTP/1.1\r\nhost: x\r\n{fields}\r\n0\r\n\r\n")
        assert connection.answer().status == 400, fields
        connection.close()


def test_a_body_that_takes_too_long_is_a_408(web: Web) -> None:
    connection = web.connect()
    connection.send("POST /api/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
    begun = time.monotonic()
    answer = connection.answer()
    connection.close()
    assert answer.status == 408
    assert 2 < time.monotonic() - begun < 6  # the stand-in allows three seconds, the product twenty


def test_pipelined_requests_are_answered_in_order(web: Web) -> None:
    connection = web.connect()
    connection.send("".join(f"GET /echo/{n} HTTP/1.1\r\nhost: x\r\n\r\n" for n in range(20)))
    assert [connection.answer().json["path"] for _ in range(20)] == [f"/echo/{n}" for n in range(20)]
    connection.close()


def test_head_has_the_headers_of_get_and_no_body(web: Web) -> None:
    connection = web.connect()
    connection.send(
        "HEAD /large?bytes=1000 HTTP/1.1\r\nhost: x\r\n\r\nGET /echo/after HTTP/1.1\r\nhost: x\r\n\r\n"
    )
    head = connection.answer(head=True)
    assert head.status == 200
    assert connection.answer().json["path"] == "/echo/after"
    connection.close()


def test_an_answer_made_in_pieces_has_a_length(web: Web) -> None:
    answer = web.request("GET", "/pieces")
    assert answer.headers["content-length"] == "3000000"
    assert answer.body == b"y" * 3_000_000


def test_headers_with_an_underscore_are_dropped_and_the_request_id_is_ours(web: Web) -> None:
    answer = web.request(
        "GET", "/echo", headers={"x_forwarded_for": "6.6.6.6", "x-request-id": "forged", "cookie": "a=1"}
    )
    assert "HTTP_X_FORWARDED_FOR" not in answer.json["headers"]
    assert answer.json["headers"]["HTTP_X_REQUEST_ID"] == answer.headers["x-request-id"] != "forged"
    assert answer.json["headers"]["HTTP_COOKIE"] == "a=1"


def test_headers_without_end_are_refused(web: Web) -> None:
    connection = web.connect()
    connection.send("GET /echo HTTP/1.1\r\n")
    try:
        for n in range(3000):
            connection.send(f"x-{n}: {'a' * 100}\r\n")
        status = connection.answer().status
    except OSError:
        status = 431  # the answer was overtaken by the reset; what counts is that it ended
    connection.close()
    assert status == 431


def test_what_breaks_in_django_is_a_500_without_its_reason(web: Web) -> None:
    answer = web.request("GET", "/boom")
    assert answer.status == 500
    assert b"secret" not in answer.body


@pytest.mark.parametrize("path", ["/echo", "/nowhere", "/healthz", "/status/main/", "/in/x/y", "/v2/enqueue"])
def test_every_answer_carries_the_security_headers(web: Web, path: str) -> None:
    headers = web.request("GET", path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert headers["x-request-id"]
    assert "strict-transport-security" not in headers  # the stand-in speaks plain HTTP


def test_a_reader_who_does_not_read_holds_no_thread(web: Web) -> None:
    readers = []
    for _ in range(16):
        connection = web.connect()
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.send("GET /large?bytes=3000000 HTTP/1.1\r\nhost: x\r\n\r\n")
        readers.append(connection)
    time.sleep(0.3)
    assert quickest(lambda: web.request("GET", "/echo")) < 0.3
    for connection in readers:
        connection.close()


def test_ordinary_work_however_slow_never_keeps_an_acknowledgement_waiting(web: Web) -> None:
    slow = [web.connect() for _ in range(120)]
    for connection in slow:
        connection.send("GET /slow?seconds=1.5 HTTP/1.1\r\nhost: x\r\n\r\n")
    time.sleep(0.3)
    assert typical(lambda: web.request("POST", "/api/alerts/7/acknowledge", b"{}")) < 0.3
    for connection in slow:
        connection.close()


def test_who_goes_away_while_waiting_gives_the_place_up(web: Web) -> None:
    busy = [web.connect() for _ in range(12)]
    for connection in busy:
        connection.send("GET /slow?seconds=1 HTTP/1.1\r\nhost: x\r\n\r\n")
    time.sleep(0.2)
    gone = [web.connect() for _ in range(40)]
    for connection in gone:
        connection.send("GET /slow?seconds=1 HTTP/1.1\r\nhost: x\r\n\r\n")
    time.sleep(0.2)
    for connection in gone:  # a reset, as from a browser that was closed
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    begun = time.monotonic()
    assert web.request("GET", "/echo").status == 200  # 40 x 1 s over 12 threads would take four seconds
    assert time.monotonic() - begun < 3
    for connection in busy:
        connection.close()


def test_a_status_page_is_served_without_django(web: Web) -> None:
    assert b"All systems operational" in web.request("GET", "/status/main/").body
    assert web.request("GET", "/status/other/").status == 404


def test_health_answers_while_every_thread_is_taken(web: Web) -> None:
    slow = [web.connect() for _ in range(20)]
    for connection in slow:
        connection.send("GET /slow?seconds=1 HTTP/1.1\r\nhost: x\r\n\r\n")
    assert web.request("GET", "/healthz/").json == {"status": "ok"}
    assert quickest(lambda: web.request("GET", "/healthz")) < 0.3
    for connection in slow:
        connection.close()
