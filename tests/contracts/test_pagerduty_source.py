"""PagerDuty's Events API: read and answered in its own words (wire facts 1.1 to 1.3)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.pagerduty import door as pagerduty
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action

CAPTURES = Path(__file__).parents[1] / "wire" / "captures"


def capture(name: str) -> Any:
    return json.loads((CAPTURES / f"{name}.json").read_text())["body_json"]


def v2(**members: Any) -> dict[str, Any]:
    payload = {"summary": "Disk full", "source": "db-1", "severity": "critical"}
    return {"routing_key": "R" * 32, "event_action": "trigger", "payload": payload, **members}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (v2(event_action=None), "'event_action' is missing or blank"),
        (
            {"service_key": "K" * 32, "event_type": "trigger", "description": "x"},
            "'event_action' is missing or blank",
        ),
        (v2(event_action="page"), "'event_action' is invalid"),
        (v2(event_action="resolve"), "'dedup_key' is missing or blank"),
        (v2(dedup_key={"a": 1}), "'dedup_key' must be a string"),
        (v2(payload=None), "'payload' is missing or blank"),
        (
            v2(payload={"summary": " ", "source": "x", "severity": "info"}),
            "'payload.summary' is missing or blank",
        ),
        (v2(payload={"summary": "x", "severity": "info"}), "'payload.source' is missing or blank"),
        (
            v2(payload={"summary": "x", "source": "x", "severity": "page"}),
            "'payload.severity' is invalid (must be one of the following: "
            "'critical', 'warning', 'error' or 'info')",
        ),
        ([], "must be a JSON object"),
    ],
)
def test_version_2_refuses_in_pagerdutys_own_words(body: Any, error: str) -> None:
    with pytest.raises(Malformed) as caught:
        pagerduty.EVENTS_V2.translate({}, body)
    assert error in " ".join(caught.value.errors)


def test_version_2_tells_a_plain_trigger_at_a_glance_and_nothing_else() -> None:
    seen = pagerduty.EVENTS_V2.glance
    assert seen is not None
    assert seen(capture("pagerduty720_trigger")) is not None
    for other in (
        v2(),
        v2(dedup_key="k" * 256),
        v2(dedup_key="a\nb"),
        v2(dedup_key="k", event_action="resolve"),
    ):
        assert seen(other) is None


def test_version_2_reads_everything_its_documented_example_holds() -> None:
    (signal,) = pagerduty.EVENTS_V2.translate({}, capture("pagerduty720_trigger"))
    assert signal.dedup_key == "wire/pagerduty/2b9d32deac1a4317a47127966d5935dd"
    assert (signal.component, signal.group, signal.class_) == ("mysql", "prod-datapipe", "disk")
    assert signal.details["ünï"] == ["a", {"b": None}]
    assert signal.labels["free space"] == "1%"
    assert signal.occurred_at == datetime(2015, 7, 17, 8, 42, 58, 315000, tzinfo=UTC)
    assert signal.links[0].text == "Runbook"
    assert signal.images[0].alt == "graph"


def test_an_event_without_a_key_gets_one_and_the_same_one_when_it_is_sent_again() -> None:  # I3
    first, again, other = (
        pagerduty.EVENTS_V2.translate({}, body)[0].dedup_key
        for body in (v2(), v2(dedup_key=None), v2(client="x"))
    )
    assert len(first) == 32
    assert all(letter in "0123456789abcdef" for letter in first)
    assert first != other
    assert pagerduty.EVENTS_V2.translate({}, v2())[0].dedup_key == first
    assert again != other


def test_version_2_answers_with_the_key() -> None:
    reply = pagerduty.EVENTS_V2.accepted(["k1"])
    assert reply.status == 202
    assert json.loads(reply.body) == {"status": "success", "message": "Event processed", "dedup_key": "k1"}


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("short", "Length of 'routing_key' is incorrect (should be 32 characters)"),
        ("R" * 31 + "-", "'routing_key' cannot contain non-alphanumeric characters."),
        ("R" * 32, "Invalid routing key"),
        ("", "'routing_key' is missing or blank"),
    ],
)
def test_a_wrong_routing_key_is_told_as_pagerduty_tells_it(key: str, error: str) -> None:
    reply = pagerduty.EVENTS_V2.unknown_key(key)
    assert reply.status == 400
    body = json.loads(reply.body)
    assert (body["status"], body["message"], body["errors"]) == (
        "invalid event",
        "Event object is invalid",
        [error],
    )


def test_broken_json_is_told_as_pagerduty_tells_it() -> None:
    assert json.loads(pagerduty.EVENTS_V2.not_json().body)["errors"] == ["JSON parse error"]


def test_a_change_event_never_feeds_an_alert() -> None:
    (signal,) = pagerduty.CHANGE_EVENTS.translate({}, capture("pagerduty720_change_event"))
    assert (signal.action, signal.summary) == (Action.CHANGE, "Deploy 1.2.3")
    assert json.loads(pagerduty.CHANGE_EVENTS.accepted(["k"]).body)["message"] == "Change event processed"


def test_version_1_answers_200_with_the_incident_key() -> None:
    (signal,) = pagerduty.EVENTS_V1.translate({}, capture("am025_pagerduty_v1_trigger"))
    assert signal.summary.startswith("[FIRING:1] DiskFull")
    reply = pagerduty.EVENTS_V1.accepted([signal.dedup_key])
    assert reply.status == 200
    assert json.loads(reply.body)["incident_key"] == signal.dedup_key


def test_version_1_keeps_links_and_pictures_from_its_contexts() -> None:
    contexts = [{"type": "link", "href": "https://l"}, {"type": "image", "src": "https://i"}, None, "x"]
    body = {"service_key": "K" * 32, "event_type": "trigger", "description": "x", "contexts": contexts}
    (signal,) = pagerduty.EVENTS_V1.translate({}, body)
    assert [link.href for link in signal.links] == ["https://l"]
    assert [image.src for image in signal.images] == ["https://i"]
