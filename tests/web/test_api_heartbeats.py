"""`/heartbeats`: expected, shown without the key, pinged, paused, retired."""

from datetime import timedelta
from typing import Any

import pytest

from calling import Call, answer, problem
from database import Clock
from muster.core.heartbeats import PingKind
from muster.detect.commands import Heard, Said, key_hash, receive_pings
from muster.foundation.timeline.models import Event

NEW = {"handle": "backup", "name": "Nightly backup", "service": "checkout", "schedule": "0 3 * * *"}


@pytest.fixture
def key(call: Call) -> str:
    """Service checkout of team payments, which cleo manages, with a nightly job; its key."""
    answer(call("POST", "/teams", {"handle": "payments", "name": "Payments", "manager": "cleo"}), 201)
    service = {"handle": "checkout", "name": "Checkout", "team": "payments"}
    answer(call("POST", "/services", service), 201)
    return str(answer(call("POST", "/heartbeats", NEW, who="cleo"), 201)["key"])


def ping(key: str, kind: PingKind = PingKind.SUCCESS, **more: Any) -> Heard:
    """The job says something."""
    [heard] = receive_pings([Said(key_hash(key), kind, **more)])
    return heard


def test_a_new_heartbeat_shows_its_address_once(call: Call, key: str) -> None:
    """Afterwards a placeholder stands in it; the key is nowhere, hashed only."""
    shown = answer(call("GET", "/heartbeats/backup", who="sam"))
    assert shown["url"].endswith("/ping/<your key>")
    assert {name: shown[name] for name in NEW} == NEW
    assert (shown["state"], shown["grace"], shown["timezone"]) == ("new", "5m", "UTC")
    assert shown["schedule_words"] == "At 03:00 every day (UTC)"
    assert (shown["expected_at"], shown["due_at"]) == (None, None)
    assert not Event.objects.filter(payload__icontains=key).exists()
    assert answer(call("GET", "/integrations"))["items"] == []
    new = answer(call("POST", "/heartbeats/backup/rotate", who="cleo"))
    assert new["url"].endswith(f"/ping/{new['key']}")
    assert ping(key) is ping(new["key"]) is Heard.KEPT


def test_it_is_seen_to_be_up_late_and_heard(call: Call, key: str, clock: Clock) -> None:
    answer(call("PATCH", "/heartbeats/backup", {"schedule": "1h", "grace": "10m"}))
    ping(key, PingKind.START)
    clock.advance(timedelta(minutes=2))
    ping(key, exit_status=0, body="42 files")
    shown = answer(call("GET", "/heartbeats/backup"))
    assert (shown["state"], shown["started_at"]) == ("up", None)
    assert 120 <= shown["took_s"] < 180
    assert shown["expected_at"] < shown["due_at"]
    clock.advance(timedelta(minutes=61))
    assert answer(call("GET", "/heartbeats/backup"))["state"] == "late"
    said = answer(call("GET", "/heartbeats/backup/pings"))["items"]
    assert [(one["kind"], one["exit_status"], one["body"]) for one in said] == [
        ("success", 0, "42 files"),
        ("start", None, ""),
    ]


def test_a_paused_one_stays_paused_until_it_is_resumed(call: Call, key: str) -> None:
    ping(key)
    assert answer(call("POST", "/heartbeats/backup/pause", who="cleo"))["state"] == "paused"
    ping(key)
    assert answer(call("GET", "/heartbeats/backup"))["state"] == "paused"
    assert answer(call("POST", "/heartbeats/backup/resume", who="cleo"))["state"] == "up"


def test_a_retired_one_is_refused_and_can_come_back(call: Call, key: str) -> None:
    answer(call("POST", "/heartbeats/backup/retire", who="cleo"), 204)
    assert ping(key) is Heard.KEY_UNKNOWN
    assert answer(call("GET", "/heartbeats?active=true"))["items"] == []
    assert answer(call("GET", "/heartbeats?service=checkout"))["items"][0]["retired_at"] is not None
    problem(call("POST", "/heartbeats/backup/pause"), 409, "heartbeat_retired")
    answer(call("POST", "/heartbeats/backup/restore", who="cleo"), 204)
    assert ping(key) is Heard.KEPT


def test_a_schedule_can_be_tried_before_it_is_saved(call: Call, clock: Clock) -> None:
    tried = answer(
        call("POST", "/heartbeat-previews", {"schedule": "30 2 * * *", "timezone": "Europe/Madrid"})
    )
    assert tried["words"] == "At 02:30 every day (Europe/Madrid)"
    assert len(tried["coming"]) == 5
    assert tried["coming"] == sorted(set(tried["coming"]))
    assert answer(call("POST", "/heartbeat-previews", {"schedule": "90m"}))["words"] == "every 90 minutes"


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"schedule": "sometimes"}, 422, "heartbeat_schedule_unreadable"),
        ({"schedule": "10s"}, 422, "heartbeat_schedule_too_short"),
        ({"timezone": "Mars"}, 422, "heartbeat_zone_unknown"),
        ({"grace": "soon"}, 422, "heartbeat_grace_unreadable"),
        ({"severity": "SEV1"}, 422, "alert_severity_unknown"),
        ({"service": "nowhere"}, 404, "service_not_found"),
        ({"name": " "}, 422, "name_invalid"),
        ({"unknown": 1}, 422, "invalid"),
    ],
)
def test_what_makes_no_sense_is_said(
    call: Call, key: str, change: dict[str, Any], status: int, reason: str
) -> None:
    problem(call("PATCH", "/heartbeats/backup", change), status, reason)
    if "unknown" not in change:
        problem(call("POST", "/heartbeats", NEW | {"handle": "b", "name": "B"} | change), status, reason)


def test_a_responder_reads_and_changes_nothing(call: Call, key: str) -> None:
    for method, path, body in (
        ("POST", "/heartbeats", NEW | {"handle": "b", "name": "B"}),
        ("PATCH", "/heartbeats/backup", {"grace": "1h"}),
        *(("POST", f"/heartbeats/backup/{verb}", None) for verb in ("rotate", "pause", "retire", "restore")),
    ):
        assert call(method, path, body, who="ana").status_code == 403, path
    assert answer(call("GET", "/heartbeats", who="ana"))["items"][0]["handle"] == "backup"
    problem(call("GET", "/heartbeats/none"), 404, "heartbeat_not_found")
