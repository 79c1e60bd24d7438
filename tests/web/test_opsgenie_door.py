"""Opsgenie's doors when something is wrong: its own words for each, and never anything but an object."""

import threading
import time
import uuid

import pytest

from serving import Answer, Web
from standin.database import AWAY, GENERIC, key_of

KEY = key_of("opsgenie")
CLOSE = "/v2/alerts/a%2Fb/close?identifierType=alias"
ACKNOWLEDGE = "/v2/alerts/a%2Fb/acknowledge/?identifierType=alias"
WAYS = ["/v2/alerts", CLOSE, ACKNOWLEDGE]


def post(web: Web, path: str, body: object = None, key: str = KEY) -> Answer:
    value = {"message": "Disk full", "alias": "a/b"} if body is None else body
    answer = web.post(path, value, Authorization=f"GenieKey {key}")
    assert isinstance(answer.json, dict)
    assert (
        answer.headers["x-request-id"] == answer.json["requestId"] == str(uuid.UUID(answer.json["requestId"]))
    )
    assert float(answer.headers["x-response-time"]) == answer.json["took"]
    return answer


@pytest.mark.parametrize("path", WAYS)
def test_what_is_taken_is_stored_under_its_alias(web: Web, path: str) -> None:
    answer = post(web, path)
    assert (answer.status, answer.json["result"]) == (202, "Request will be processed")
    assert web.request("GET", "/stored").json["keys"][-1] == "a/b"
    assert answer.headers["x-ratelimit-state"] == "OK"


@pytest.mark.parametrize("path", [CLOSE, ACKNOWLEDGE])
def test_what_has_no_body_says_all_the_same_what_it_wants(web: Web, path: str) -> None:
    assert web.request("POST", path, headers={"authorization": f"GenieKey {KEY}"}).status == 202
    assert post(web, path, b"").status == 202
    assert post(web, "/v2/alerts", b"").status == 400


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.parametrize("key", ["", "short", "Z" * 32, GENERIC, "ä" * 32])
def test_a_wrong_key_is_a_401_whatever_is_sent(web: Web, path: str, key: str) -> None:
    for body in (None, b"", b"{", [], {}):
        answer = post(web, path, body, key)
        assert (answer.status, "message" in answer.json) == (401, True)


@pytest.mark.parametrize("path", WAYS)
def test_a_database_that_is_away_is_a_503(web: Web, path: str) -> None:
    web.request("GET", "/control?mode=lost")
    assert post(web, path).status == 503
    web.request("GET", "/control?mode=ok")
    assert post(web, path).status == 202
    assert post(web, path, key=AWAY).status == 503


def test_a_full_queue_is_a_429_that_asks_to_come_back(web: Web) -> None:  # wire rule 10
    web.request("GET", "/control?mode=hang")
    waiting = [threading.Thread(target=post, args=(web, "/v2/alerts")) for _ in range(8)]
    for thread in waiting:
        thread.start()
    time.sleep(0.3)  # the stand-in lets eight signals wait
    answers = [post(web, path) for path in WAYS]
    web.request("GET", "/control?mode=ok")
    for thread in waiting:
        thread.join()
    assert {answer.status for answer in answers} == {429}
    assert {answer.headers["x-ratelimit-state"] for answer in answers} == {"THROTTLED"}


def test_a_value_that_cannot_be_stored_is_a_422_and_its_neighbours_are_stored(web: Web) -> None:
    assert post(web, "/v2/alerts", {"message": "poison"}).status == 422
    assert post(web, "/v2/alerts", {"message": "well"}).status == 202


@pytest.mark.parametrize("path", WAYS)
def test_more_than_a_megabyte_is_a_413(web: Web, path: str) -> None:
    assert post(web, path, b'{"message": "' + b"x" * 1024 * 1024 + b'"}').status == 413


def test_what_is_not_a_signal_goes_on_to_django(web: Web) -> None:
    """The stand-in's Django knows nothing of it; the product's does."""
    for method, path in (
        ("GET", "/v2/alerts"),
        ("GET", "/v2/alerts/x"),
        ("POST", "/v2/alerts/x/close"),
        ("POST", "/v2/alerts/x/close?identifierType=id"),
        ("GET", CLOSE),
        ("DELETE", "/v2/alerts"),
    ):
        assert web.request(method, path, headers={"authorization": f"GenieKey {KEY}"}).status == 404, path


def test_many_small_requests_on_one_connection_are_answered_in_order(web: Web) -> None:
    """The short way, once the key is known."""
    post(web, "/v2/alerts")
    connection = web.connect()
    for number in range(5):
        body = b'{"message": "m", "alias": "k%d"}' % number
        head = b"POST /v2/alerts HTTP/1.1\r\nhost: x\r\nauthorization: GenieKey %s\r\n" % KEY.encode()
        connection.send(head + b"content-length: %d\r\n\r\n%s" % (len(body), body))
        answer = connection.answer()
        assert answer.status == 202
        assert answer.headers["x-request-id"] == answer.json["requestId"]
    connection.close()
    assert web.request("GET", "/stored").json["keys"][-5:] == [f"k{number}" for number in range(5)]
