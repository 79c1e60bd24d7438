"""What each door answers, to the letter of what its senders look for (wire facts 0, 1.1 to 1.3, 3.1)."""

import json
import threading
import time
from typing import Any

import pytest

from serving import Answer, Web
from standin.database import AWAY, GENERIC, MAPPED, PAGERDUTY, REVOKED

ALERTMANAGER_PATH = "/in/alertmanager/" + "A" * 32
GENERIC_PATH = f"/in/generic/{GENERIC}"
V1 = "/generic/2010-04-15/create_event.json"


def event(summary: str = "Disk full", key: str | None = "disk", **more: Any) -> dict[str, Any]:
    body = {
        "routing_key": PAGERDUTY,
        "event_action": "trigger",
        "payload": {"summary": summary, "source": "db-1", "severity": "critical"},
    }
    return body | ({"dedup_key": key} if key else {}) | more


def webhook(*names: str) -> dict[str, Any]:
    return {"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": name}} for name in names]}


def v1(**more: Any) -> dict[str, Any]:
    return {"service_key": PAGERDUTY, "event_type": "trigger", "description": "d", "incident_key": "k"} | more


class TestSuccess:
    def test_events_v2_answer_202_with_the_dedup_key(self, web: Web) -> None:
        answer = web.post("/v2/enqueue", event())
        assert answer.status == 202
        assert answer.json == {"status": "success", "message": "Event processed", "dedup_key": "disk"}
        assert answer.headers["content-type"] == "application/json"

    def test_events_v2_make_a_key_up_when_the_sender_gave_none(self, web: Web) -> None:
        made = web.post("/v2/enqueue", event(key=None)).json["dedup_key"]
        assert len(made) == 32

    def test_change_events_answer_202(self, web: Web) -> None:
        body = {"routing_key": PAGERDUTY, "payload": {"summary": "deployed"}}
        answer = web.post("/v2/change/enqueue", body)
        assert (answer.status, answer.json) == (
            202,
            {"message": "Change event processed", "status": "success"},
        )

    def test_events_v1_answer_200_with_the_incident_key(self, web: Web) -> None:
        answer = web.post(V1, v1())
        assert answer.status == 200
        assert answer.json == {"status": "success", "message": "Event processed", "incident_key": "k"}

    def test_alertmanager_and_generic_answer_2xx(self, web: Web) -> None:
        assert web.post(ALERTMANAGER_PATH, webhook("a", "b")).status // 100 == 2
        assert web.post(GENERIC_PATH, {"summary": "x", "key": "g-1"}).json["dedup_keys"] == ["g-1"]

    def test_a_mapping_given_to_the_integration_is_used(self, web: Web) -> None:
        answer = web.post(f"/in/generic/{MAPPED}", {"what": "mapped", "which": "own-key"})
        assert answer.json["dedup_keys"] == ["own-key"]

    @pytest.mark.parametrize(
        "kind", ["", "text/plain", "application/x-www-form-urlencoded", "x/y; charset=z"]
    )
    def test_json_is_read_whatever_the_content_type_says(self, web: Web, kind: str) -> None:
        assert web.post("/v2/enqueue", event(), content_type=kind).status == 202
        assert web.post(GENERIC_PATH, {"summary": "x"}, content_type=kind).status == 202

    def test_a_form_is_read_where_the_door_takes_forms(self, web: Web) -> None:
        form = b"summary=Disk+full&key=form-1"
        answer = web.post(GENERIC_PATH, form, content_type="application/x-www-form-urlencoded")
        assert answer.json["dedup_keys"] == ["form-1"]

    @pytest.mark.parametrize("path", ["/v2/enqueue/", "/v2/enqueue//", V1 + "/", ALERTMANAGER_PATH + "/"])
    def test_a_trailing_slash_is_welcome_and_nothing_redirects(self, web: Web, path: str) -> None:
        body: Any = webhook("slash") if "alertmanager" in path else v1() if "generic" in path else event()
        assert web.post(path, body).status in (200, 202)

    def test_a_lone_header_key_of_old_clients_works(self, web: Web) -> None:
        body = event()
        del body["routing_key"]
        assert web.post("/v2/enqueue", body, X_Routing_Key=PAGERDUTY).status == 202

    @pytest.mark.parametrize(
        "text", ['"\\u0000"', '"a\\ud800b"', '"\\ud83d\\ude00"', '"' + "é" * 1000 + '"', '"\\u202e"']
    )
    def test_odd_text_is_taken(self, web: Web, text: str) -> None:
        body = json.dumps(event()).replace('"Disk full"', text).encode()
        assert web.post("/v2/enqueue", body).status == 202

    def test_of_duplicate_names_the_last_counts(self, web: Web) -> None:
        body = json.dumps(event(key="one"))[:-1] + ', "dedup_key": "two"}'
        assert web.post("/v2/enqueue", body.encode()).json["dedup_key"] == "two"

    def test_what_was_answered_2xx_is_stored_in_order(self, web: Web) -> None:
        keys = [f"ordered-{n}" for n in range(20)]
        for key in keys:
            assert web.post("/v2/enqueue", event(key=key)).status == 202
        stored = web.request("GET", "/stored").json["keys"]
        assert [key for key in stored if key.startswith("ordered-")] == keys


class TestBadInput:
    BROKEN = [b"", b"{", b"nul", b"[1,", b"\xff\xfe{}", b'{"a": NaN}', b"{} {}", b"[" * 100_000, b"'x'"]

    @pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
    def test_what_is_not_json_is_a_400_in_the_doors_words(self, web: Web, body: bytes) -> None:
        answer = web.post("/v2/enqueue", body)
        assert answer.status == 400
        assert answer.json == {
            "status": "Unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": ["JSON parse error"],
        }
        assert web.post(V1, body).status == 400
        assert web.post(GENERIC_PATH, body).headers["content-type"] == "application/problem+json"
        assert web.post(ALERTMANAGER_PATH, body).status == 400

    @pytest.mark.parametrize("depth", [100, 900])
    def test_depth_that_nobody_means_is_a_400(self, web: Web, depth: int) -> None:
        bomb = json.dumps(event()).replace('"Disk full"', "[" * depth + "]" * depth)
        assert web.post("/v2/enqueue", bomb.encode()).status == 400

    @pytest.mark.parametrize("value", [None, 1, "text", [], [1], {}, True])
    def test_json_of_another_shape_is_a_400(self, web: Web, value: Any) -> None:
        assert web.post("/v2/enqueue", value).status == 400
        assert web.post(V1, value).status == 400
        assert web.post(ALERTMANAGER_PATH, value).status == 400

    @pytest.mark.parametrize(
        ("key", "said"),
        [
            (None, "missing or blank"),
            ("", "missing or blank"),
            ("short", "should be 32 characters"),
            ("-" * 32, "non-alphanumeric"),
            ("Z" * 32, "Invalid routing key"),
            ("é" * 32, "non-alphanumeric"),
            (5, "should be 32 characters"),
        ],
    )
    def test_a_wrong_routing_key_is_a_400_that_says_why(self, web: Web, key: Any, said: str) -> None:
        answer = web.post("/v2/enqueue", event(routing_key=key))
        assert answer.status == 400
        assert answer.json["status"] == "invalid event"
        assert said in answer.json["errors"][0]

    def test_a_key_of_another_kind_opens_no_door(self, web: Web) -> None:
        assert web.post("/v2/enqueue", event(routing_key=GENERIC)).status == 400
        assert web.post(f"/in/alertmanager/{GENERIC}", webhook("x")).status == 404

    def test_a_key_that_the_flush_finds_revoked_is_refused_and_nothing_stored(self, web: Web) -> None:
        answer = web.post("/v2/enqueue", event(routing_key=REVOKED, key="revoked"))
        assert answer.status == 400
        assert "revoked" not in web.request("GET", "/stored").json["keys"]

    def test_an_unknown_webhook_key_or_kind_is_a_404(self, web: Web) -> None:
        for path in ("/in/generic/" + "Z" * 32, "/in/generic/", "/in/nothing/" + "G" * 32, "/in/generic/a/b"):
            assert web.post(path, {"summary": "x"}).status == 404, path

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
    def test_a_wrong_method_is_a_405_in_the_doors_words(self, web: Web, method: str) -> None:
        answer = web.request(method, "/v2/enqueue", None if method in ("GET", "HEAD") else b"{}")
        assert answer.status == 405
        assert answer.headers["allow"] == "POST"
        if method != "HEAD":
            assert answer.json["errors"] == ["Use POST"]

    @pytest.mark.parametrize("path", ["/v2/enqueue", V1, "/v2/change/enqueue"])
    def test_more_than_512_kb_is_a_413(self, web: Web, path: str) -> None:
        assert web.post(path, b'"' + b"x" * 512 * 1024 + b'"').status == 413
        assert web.post(path, b"x" * 5_000_000).status == 413

    def test_512_kb_exactly_is_read(self, web: Web) -> None:
        body = json.dumps(event(key="large")).encode()
        assert web.post("/v2/enqueue", body + b" " * (512 * 1024 - len(body))).status == 202

    def test_a_cut_body_is_a_400(self, web: Web) -> None:
        connection = web.connect()
        connection.send("POST /v2/enqueue HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n")
        connection.send(json.dumps(event(key="cut")).encode())
        connection.end()
        assert connection.answer().status == 400
        connection.close()
        assert "cut" not in web.request("GET", "/stored").json["keys"]

    def test_a_body_that_takes_too_long_is_a_400_and_the_next_one_is_read(self, web: Web) -> None:
        connection = web.connect()
        connection.send("POST /v2/enqueue HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{")
        begun = time.monotonic()
        answer = connection.answer()
        assert answer.status == 400
        assert answer.headers["connection"] == "close"
        assert 2 < time.monotonic() - begun < 7  # the stand-in allows three seconds, the product twenty
        connection.close()
        assert web.post("/v2/enqueue", event()).status == 202

    def test_an_event_that_the_database_refuses_is_a_400_and_its_neighbours_are_stored(
        self, web: Web
    ) -> None:
        answers: dict[int, Answer] = {}

        def send(number: int) -> None:
            summary = "poison" if number == 3 else "well"
            answers[number] = web.post("/v2/enqueue", event(summary, key=f"neighbour-{number}"))

        web.request("GET", "/control?mode=hang")
        threads = [threading.Thread(target=send, args=(number,)) for number in range(7)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        web.request("GET", "/control?mode=ok")
        for thread in threads:
            thread.join()
        assert {number: answer.status for number, answer in answers.items()} == {
            number: 400 if number == 3 else 202 for number in range(7)
        }
        stored = set(web.request("GET", "/stored").json["keys"])
        assert {f"neighbour-{number}" for number in range(7) if number != 3} <= stored
        assert "neighbour-3" not in stored


class TestTrouble:
    DOORS = [
        ("/v2/enqueue", event(), 429),
        ("/v2/change/enqueue", {"routing_key": PAGERDUTY, "payload": {"summary": "d"}}, 429),
        (V1, v1(), 403),
        (ALERTMANAGER_PATH, webhook("one"), 503),
        (GENERIC_PATH, {"summary": "x"}, 503),
    ]

    @pytest.mark.parametrize(("path", "body", "_status"), DOORS)
    def test_a_lost_database_is_a_503_and_no_2xx(self, web: Web, path: str, body: Any, _status: int) -> None:
        web.request("GET", "/control?mode=lost")
        answer = web.post(path, body)
        assert answer.status == 503
        assert answer.headers["retry-after"]
        web.request("GET", "/control?mode=ok")
        assert web.post(path, body).status in (200, 202)

    def test_a_fault_of_ours_is_a_503_so_that_the_sender_comes_back(self, web: Web) -> None:
        web.request("GET", "/control?mode=broken")
        assert web.post("/v2/enqueue", event()).status == 503

    def test_a_key_that_cannot_be_looked_up_is_a_503(self, web: Web) -> None:
        assert web.post("/v2/enqueue", event(routing_key=AWAY)).status == 503

    def test_no_answer_comes_before_the_signal_is_stored(self, web: Web) -> None:
        web.request("GET", "/control?mode=hang")
        connection = web.connect(timeout=0.5)
        body = json.dumps(event(key="held")).encode()
        connection.send(
            f"POST /v2/enqueue HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
        )
        with pytest.raises(TimeoutError):
            connection.answer()
        web.request("GET", "/control?mode=ok")
        connection.socket.settimeout(5)
        assert connection.answer().status == 202
        connection.close()
        assert "held" in web.request("GET", "/stored").json["keys"]

    @pytest.mark.parametrize(("path", "body", "status"), DOORS)
    def test_a_full_queue_is_refused_in_the_doors_own_way(
        self, web: Web, path: str, body: Any, status: int
    ) -> None:
        web.request("GET", "/control?mode=hang")
        waiting = [threading.Thread(target=web.post, args=(GENERIC_PATH, {"summary": "w"})) for _ in range(8)]
        for thread in waiting:
            thread.start()
        time.sleep(0.3)  # the stand-in lets eight signals wait
        answer = web.post(path, body)
        web.request("GET", "/control?mode=ok")
        for thread in waiting:
            thread.join()
        assert answer.status == status
        if path == "/v2/enqueue":
            assert answer.json["status"] == "throttle exceeded"
            assert answer.json["errors"] == ["Enhance Your Calm."]

    def test_a_database_that_hangs_is_a_503_in_time_and_nothing_is_stored_later(self, web: Web) -> None:
        web.request("GET", "/control?mode=hang")
        writing = threading.Thread(target=web.post, args=(GENERIC_PATH, {"summary": "in the batch"}))
        writing.start()
        time.sleep(0.2)
        begun = time.monotonic()
        answer = web.post("/v2/enqueue", event(key="too-late"))
        assert answer.status == 503
        assert time.monotonic() - begun < 5  # the stand-in allows two seconds, the product ten
        web.request("GET", "/control?mode=ok")
        writing.join()
        assert web.post("/v2/enqueue", event(key="afterwards")).status == 202
        assert "too-late" not in web.request("GET", "/stored").json["keys"]
