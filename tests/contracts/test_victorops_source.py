"""VictorOps' REST integration, read from what a real Alertmanager sent (wire facts 3.8)."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.payloads import captured
from muster.adapters.sources.victorops import door as victorops
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal


def read(**more: Any) -> Signal:
    body = {"message_type": "CRITICAL", "entity_id": "disk/db-1", "entity_display_name": "Disk full"}
    (signal,) = victorops.DOOR.translate({}, body | more)
    return signal


def test_what_alertmanager_sends_is_the_group_under_one_key() -> None:
    firing, resolved = (
        victorops.DOOR.translate({}, captured(f"am025_victorops_{state}"))[0]
        for state in ("firing", "resolved")
    )
    assert (firing.action, resolved.action) == (Action.TRIGGER, Action.RESOLVE)
    assert firing.dedup_key == resolved.dedup_key
    assert firing.summary == "[FIRING:1] DiskFull db (db-1:9100 critical)"
    assert (firing.severity.value, firing.client) == ("critical", "Alertmanager")
    assert "/var is full" in firing.details["state_message"]


def test_its_key_is_the_hash_of_alertmanagers_group() -> None:
    """As for its PagerDuty receiver, and as the group of its webhook."""
    group = '{}:{alertname="DiskFull", service="db"}'
    (signal,) = victorops.DOOR.translate({}, captured("am025_victorops_firing"))
    assert signal.dedup_key == hashlib.sha256(group.encode()).hexdigest()


@pytest.mark.parametrize(
    ("word", "action"),
    [
        ("CRITICAL", Action.TRIGGER),
        ("warning", Action.TRIGGER),
        ("INFO", Action.CHANGE),
        ("ACKNOWLEDGEMENT", Action.ACKNOWLEDGE),
        ("RECOVERY", Action.RESOLVE),
    ],
)
def test_the_type_says_what_happened(word: str, action: Action) -> None:
    assert read(message_type=word).action is action


def test_the_start_is_seconds_since_1970() -> None:
    for moment in (1772366400, "1772366400"):
        assert read(state_start_time=moment).occurred_at == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_what_has_no_name_is_refused() -> None:
    assert read(entity_id=None).dedup_key == read(entity_id="", message_type="RECOVERY").dedup_key
    for more in ({"entity_id": None, "entity_display_name": None}, {"message_type": "GONE"}):
        with pytest.raises(Malformed):
            read(**more)


def test_the_answer_is_the_one_that_its_senders_know() -> None:
    reply = victorops.DOOR.accepted(["k"])
    assert (reply.status, json.loads(reply.body)) == (200, {"result": "success", "entity_id": "k"})
