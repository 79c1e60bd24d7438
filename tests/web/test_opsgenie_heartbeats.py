"""Opsgenie's Heartbeat API on the product's own web process: what real clients sent, and what is wrong."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import opsgenie_sdk
import pytest
from opsgenie_sdk.api.heartbeat.create_heartbeat_payload import CreateHeartbeatPayload

from calling import Call, answer
from database import Clock
from genie import Genie, only
from muster.core.permissions import system
from muster.detect.commands import judge_heartbeats
from muster.detect.models import Alert, Heartbeat
from muster.foundation.access.queries import now
from serving import Answer

CAPTURES = Path(__file__).parents[1] / "wire" / "captures"
NAME = "wire-hb-e1e81298"
NEW = {"name": "Nightly / ä", "interval": 10, "intervalUnit": "minutes", "enabled": True}
PATH = "/Nightly%20%2F%20%C3%A4"
TESTS = system("tests")


def ask(genie: Genie, method: str, path: str = "", body: Any = None) -> Answer:
    """One request under `/v2/heartbeats`; every answer is an object with its request's id (wire rule 6)."""
    sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"authorization": f"GenieKey {genie.key}", "content-type": "application/json"}
    found = genie.web.request(method, f"/v2/heartbeats{path}", sent, headers)
    assert found.headers["x-request-id"] == found.json["requestId"]
    assert isinstance(found.json["took"], float)
    return found


def replay(genie: Genie, capture: str) -> Answer:
    """Send again what a real client sent, with our key."""
    request = json.loads((CAPTURES / f"opsgenie_sdk_heartbeat_{capture}.json").read_text())["request"]
    headers = {name.lower(): value for name, value in request["headers"] if name.lower() != "host"}
    headers["authorization"] = f"GenieKey {genie.key}"
    body = request["body"].encode() if request["body"] else None
    return genie.web.request(request["method"], request["target"], body, headers)


def judge() -> None:
    """What a worker does every second."""
    due = Heartbeat.objects.filter(due_at__lte=now()).values_list("id", flat=True)
    judge_heartbeats(list(due), actor=TESTS, at=now())


def test_what_the_sdk_sent_is_understood(genie: Genie) -> None:
    made = replay(genie, "collection_post")
    assert made.status == 201
    shown = {
        "name": NAME,
        "description": "d",
        "interval": 10,
        "intervalUnit": "minutes",
        "enabled": True,
        "expired": False,
        "ownerTeam": {"id": "payments", "name": "Payments"},
        "alertMessage": "gone",
        "alertTags": ["hb"],
        "alertPriority": "P2",
    }
    assert (made.json["data"], made.json["result"]) == (shown, "Created")
    assert replay(genie, "one_get").json["data"] == shown
    assert replay(genie, "collection_get").json["data"] == {"heartbeats": [shown]}
    pong = replay(genie, "ping")
    assert (pong.status, pong.json["result"]) == (202, "PONG - Heartbeat received")
    pinged = replay(genie, "one_get").json["data"]
    assert len(pinged["lastPingTime"]) == len("2026-11-21T06:58:15.000Z")
    meta = {"name": NAME, "enabled": False, "expired": False}
    assert replay(genie, "disable").json["data"] == meta
    assert replay(genie, "enable").json["data"] == meta | {"enabled": True}
    gone = replay(genie, "one_delete")
    assert (gone.status, gone.json["result"]) == (200, "Deleted")
    assert replay(genie, "one_get").status == replay(genie, "ping").status == 404
    assert replay(genie, "collection_post").status == 201
    assert Heartbeat.objects.count() == 2  # what was deleted is retired, and kept


def test_a_missed_beat_opens_an_alert_and_the_next_ping_closes_it(genie: Genie, clock: Clock) -> None:
    alert = {"alertMessage": "backup is silent", "alertTags": ["a", "b"], "alertPriority": "P1"}
    ask(genie, "POST", "", NEW | alert)
    clock.advance(timedelta(hours=1))
    judge()
    assert not Alert.objects.exists()  # it becomes active on its first ping
    for method in ("GET", "POST", "PUT", "PATCH"):
        assert ask(genie, method, f"{PATH}/ping/").status == 202
    clock.advance(timedelta(minutes=10))
    judge()
    row = only()
    assert (row.summary, row.severity, row.tags) == ("backup is silent", "critical", ["a", "b"])
    assert row.service.handle == "checkout"
    assert ask(genie, "GET", PATH).json["data"]["expired"] is True
    ask(genie, "POST", f"{PATH}/ping", b"ignored")
    row.refresh_from_db()
    assert row.state == "resolved"
    assert ask(genie, "GET", PATH).json["data"]["expired"] is False


def test_a_heartbeat_is_changed_in_part(genie: Genie) -> None:
    ask(genie, "POST", "", NEW)
    found = ask(genie, "PATCH", PATH, {"interval": 2, "intervalUnit": "hours", "description": None})
    meta = {"name": NEW["name"], "enabled": True, "expired": False}
    assert (found.status, found.json["data"]) == (200, meta)
    ask(genie, "PATCH", PATH, {"interval": 3})
    data = ask(genie, "GET", PATH).json["data"]
    assert (data["interval"], data["intervalUnit"], data["alertPriority"]) == (3, "hours", "P3")
    assert ask(genie, "PATCH", PATH, {"enabled": False}).json["data"]["enabled"] is False
    assert ask(genie, "PUT", f"{PATH}/enable").json["data"]["enabled"] is True


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"interval": 0}, "interval"),
        ({"interval": "ten"}, "interval"),
        ({"interval": True}, "interval"),
        ({"interval": None}, "interval"),
        ({"interval": 10_000_000, "intervalUnit": "days"}, "interval"),
        ({"intervalUnit": "weeks"}, "intervalUnit"),
        ({"intervalUnit": ["minutes"]}, "intervalUnit"),
        ({"enabled": "yes"}, "enabled"),
        ({"description": {}}, "description"),
        ({"alertPriority": "P6"}, "alertPriority"),
        ({"alertTags": 5}, "alertTags"),
    ],
)
def test_what_is_wrong_is_told_by_its_member(genie: Genie, members: dict[str, Any], field: str) -> None:
    found = ask(genie, "POST", "", NEW | members)
    assert (found.status, list(found.json["errors"])) == (422, [field]), found.body
    assert not Heartbeat.objects.exists()


def test_what_makes_no_sense_is_refused_in_the_protocols_way(genie: Genie) -> None:
    ask(genie, "POST", "", NEW)
    assert ask(genie, "POST", "", NEW).status == 409
    assert ask(genie, "POST", "", b"{").status == 400
    assert ask(genie, "POST", "", b"[]").status == 422
    assert ask(genie, "GET", "/none").status == 404
    assert ask(genie, "GET", "/none/ping").status == 404
    assert ask(genie, "DELETE", f"{PATH}/ping").status == 405
    assert ask(genie, "PUT", PATH, NEW).status == 405
    assert ask(genie, "GET", f"{PATH}/a/b").status == 404
    for key in ("", "x" * 32):
        stranger = Genie(genie.web, key)
        assert ask(stranger, "GET").status == 401
        assert ask(stranger, "GET", f"{PATH}/ping").status == 401


def test_a_key_touches_what_is_its_services_or_came_by_this_protocol(
    genie: Genie, other: Genie, call: Call
) -> None:
    """Opsgenie's senders know one key for all; what people made for another service is not theirs."""
    ask(genie, "POST", "", NEW)
    own = {"handle": "hand", "name": "By hand", "service": "checkout", "schedule": "0 3 * * *"}
    answer(call("POST", "/heartbeats", own), 201)
    names = [one["name"] for one in ask(genie, "GET").json["data"]["heartbeats"]]
    assert names == ["By hand", NEW["name"]]
    assert ask(genie, "GET", "/By%20hand").json["data"]["interval"] == 24 * 60
    assert ask(genie, "POST", "/By%20hand/disable").status == 200
    assert [one["name"] for one in ask(other, "GET").json["data"]["heartbeats"]] == [NEW["name"]]
    assert ask(other, "GET", f"{PATH}/ping").status == 202
    assert ask(other, "POST", f"{PATH}/disable").status == 200
    for method, path in (("GET", "/By%20hand"), ("GET", "/By%20hand/ping"), ("DELETE", "/By%20hand")):
        assert ask(other, method, path).status == 404


def test_the_python_sdk_does_it_all(genie: Genie) -> None:
    settings = opsgenie_sdk.configuration.Configuration()
    settings.host = f"http://127.0.0.1:{genie.web.port}"
    settings.api_key["Authorization"] = genie.key
    settings.retry_enabled = False
    sdk = opsgenie_sdk.HeartbeatApi(api_client=opsgenie_sdk.ApiClient(configuration=settings))
    wanted = CreateHeartbeatPayload(name="sdk", interval=1, interval_unit="hours", enabled=True)
    sdk.create_heartbeat(create_heartbeat_payload=wanted)
    assert sdk.ping(name="sdk").result == "PONG - Heartbeat received"
    assert sdk.get_heartbeat(name="sdk").data.interval_unit == "hours"
    assert sdk.disable_heartbeat(name="sdk").data.enabled is False
    assert sdk.enable_heartbeat(name="sdk").data.enabled is True
    sdk.delete_heartbeat(name="sdk")
    assert Heartbeat.objects.get().integration.retired_at is not None
