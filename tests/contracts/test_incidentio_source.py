"""What posts to incident.io's alert sources (wire facts 3.8)."""

import json
from typing import Any

import pytest

from contracts.payloads import captured, payload
from muster.adapters.sources.alertmanager import door as alertmanager
from muster.adapters.sources.incidentio import door as incidentio
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal


def read(**more: Any) -> Signal:
    (signal,) = incidentio.DOOR.translate({}, payload("incidentio_http_alert") | more)
    return signal


def test_an_event_keeps_what_people_need_to_see() -> None:
    signal = read()
    assert (signal.action, signal.dedup_key) == (Action.TRIGGER, "4293868629")
    assert signal.summary == "*errors.withMessage: PG::Error failed to connect"
    assert (signal.component, signal.details["team"]) == ("hello.world.com", ["my-team"])
    assert signal.details["description"].startswith("We've detected")
    assert [link.href for link in signal.links] == [
        "https://www.my-alerting-platform.com/alerts/my-alert-123"
    ]


def test_resolved_ends_the_same_key_with_or_without_one_of_its_own() -> None:
    assert (read(status="resolved").action, read(status="resolved").dedup_key) == (
        Action.RESOLVE,
        read().dedup_key,
    )
    assert read(deduplication_key=None).dedup_key == read(deduplication_key="", status="resolved").dedup_key


@pytest.mark.parametrize(
    "more", [{"status": "open"}, {"status": None}, {"title": " "}, {"title": None, "deduplication_key": None}]
)
def test_what_says_nothing_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(**more)


def test_the_answer_is_the_one_that_its_senders_know() -> None:
    reply = incidentio.DOOR.accepted(["4293868629"])
    assert reply.status == 202
    told = json.loads(reply.body)
    assert (told["status"], told["deduplication_key"]) == ("success", "4293868629")


def test_alertmanagers_receiver_is_read_as_its_webhook_is() -> None:
    body = captured("am028_webhook_firing_partial_resolved")
    assert incidentio.GROUPS.translate({}, body) == alertmanager.DOOR.translate({}, body)
    assert incidentio.GROUPS.accepted(["a", "b"]).status == 202
