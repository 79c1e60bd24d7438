"""What real clients of Opsgenie's API sent, byte for byte, to the product's own web process."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from database import Clock
from genie import Genie
from muster.detect.models import Alert

CAPTURES = Path(__file__).parents[1] / "wire" / "captures"
SDK = [
    *("create", "get", "count", "list", "message", "description", "priority", "tags", "details"),
    *("notes_post", "notes_get", "acknowledge", "unacknowledge", "snooze", "close", "delete"),
]
STORIES = {
    "sdk": [f"opsgenie_sdk_alert_{name}" for name in SDK],
    "node": [f"opsgenie_node_051_{name}" for name in ("create", "acknowledge", "close")],
    "alertmanager 0.25": [f"am025_opsgenie_{name}" for name in ("create", "close")],
    "alertmanager 0.25 updates": ["am025_opsgenie_update_message", "am025_opsgenie_update_description"],
    "alertmanager 0.28": [f"am028_opsgenie_{name}" for name in ("create", "close")],
}
OURS = {"host", "content-length", "authorization"}


def replayed(genie: Genie, name: str) -> tuple[int, Any, dict[str, Any]]:
    """The answer to a captured request, and what the recording stub had answered."""
    capture = json.loads((CAPTURES / f"{name}.json").read_text())
    asked = capture["request"]
    headers = {key: value for key, value in asked["headers"] if key.lower() not in OURS}
    headers |= {"host": "muster.test", "authorization": f"GenieKey {genie.key}"}
    body = asked["body"].encode() if asked["method"] != "GET" else None
    answer = genie.web.request(asked["method"], asked["target"], body, headers)
    return answer.status, answer.json, capture["stub_response"]


@pytest.mark.parametrize("story", STORIES)
def test_every_recorded_request_is_answered_as_its_client_expects(
    genie: Genie, clock: Clock, story: str
) -> None:
    """The same status, and the same members at the top of the body."""
    clock.set(datetime(2026, 11, 21, 7, tzinfo=UTC))  # when they were recorded: one of them snoozes
    for name in STORIES[story]:
        status, body, recorded = replayed(genie, name)
        assert status == recorded["status"], (name, body)
        assert set(body) == set(json.loads(recorded["body"])), name
        if status == 202:
            assert body["result"] == "Request will be processed"
    assert set(Alert.objects.values_list("state", flat=True)) <= {"resolved"}


def test_every_capture_of_this_api_has_its_story() -> None:
    """But that of the request's status, which asks for an id of the recording stub."""
    told = {name for names in STORIES.values() for name in names}
    here = {path.stem for path in CAPTURES.glob("*opsgenie*.json") if "heartbeat" not in path.stem}
    assert here - told == {"opsgenie_sdk_alert_request_status"}


def test_what_the_sdk_wrote_is_what_it_reads(genie: Genie, clock: Clock) -> None:
    clock.set(datetime(2026, 11, 21, 7, tzinfo=UTC))
    for name in ("create", "message", "description", "priority", "tags", "details"):
        assert replayed(genie, f"opsgenie_sdk_alert_{name}")[0] == 202
    _, body, recorded = replayed(genie, "opsgenie_sdk_alert_get")
    shown = body["data"]
    assert (shown["message"], shown["description"], shown["priority"]) == (
        "new message",
        "new description",
        "P3",
    )
    assert shown["tags"] == ["OverwriteQuietHours", "Critical", "extra"]
    assert shown["details"] == {"key1": "value1", "ünï": "v", "k2": "v2"}
    missing = set(json.loads(recorded["body"])["data"]) - set(shown)
    assert {name for name in missing if not name.startswith("_")} == set()  # those are the stub's own
