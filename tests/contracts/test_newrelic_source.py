"""New Relic's workflow webhook: an issue opens, is taken, and closes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.newrelic import door as newrelic
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(newrelic.__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"newrelic_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = newrelic.DOOR.translate({}, body)
    return signal


def test_activation_acknowledgement_and_closing_are_told_under_one_key() -> None:
    told = [read(sample(name)) for name in ("activated", "acknowledged", "closed")]
    assert [signal.action for signal in told] == [Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE]
    assert {signal.dedup_key for signal in told} == {"5a1f8d6e-52f0-4f2c-9a3c-0d6a1f0c7b11"}
    assert told[0].occurred_at == datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert [signal.ended_at is not None for signal in told] == [False, False, True]


def test_the_person_sees_what_is_wrong_where_and_a_link() -> None:
    signal = read(sample("activated"))
    assert signal.summary == "checkout query result is > 2.0 for 5 minutes on 'Error rate'"
    assert (signal.source, signal.class_, signal.severity.value) == ("checkout", "Error rate", "critical")
    assert signal.labels["policy"] == "Golden signals"
    assert signal.details["entities"] == ["checkout", "payments"]
    assert signal.links[0].href.startswith("https://radar-api.service.newrelic.com/")


def test_what_is_added_to_an_acknowledged_issue_does_not_acknowledge_it_again() -> None:
    body = sample("acknowledged") | {"trigger": "INCIDENT_ADDED", "priority": "CRITICAL"}
    assert read(body).action is Action.TRIGGER


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("CREATED", Action.TRIGGER),
        ("ACTIVATED", Action.TRIGGER),
        ("DEACTIVATED", Action.TRIGGER),
        ("ACKNOWLEDGED", Action.ACKNOWLEDGE),
        ("CLOSED", Action.RESOLVE),
        ("closed", Action.RESOLVE),
        ("", Action.TRIGGER),
        (["CLOSED"], Action.TRIGGER),
    ],
)
def test_only_the_words_for_an_end_end_and_an_unknown_word_fires(state: Any, action: Action) -> None:
    assert read(sample("activated") | {"state": state}).action is action


def test_the_names_from_before_workflows_are_understood() -> None:
    body = {
        "incident_id": 77,
        "current_state": "closed",
        "condition_name": "Error rate",
        "policy_name": "Golden signals",
        "severity": "WARNING",
        "incident_url": "https://alerts.newrelic.com/77",
        "runbook_url": "https://runbooks.example.com/errors",
        "targets": [{"name": "checkout", "id": "1"}],
    }
    signal = read(body)
    assert (signal.action, signal.dedup_key, signal.summary) == (Action.RESOLVE, "77", "Error rate")
    assert (signal.source, signal.severity.value) == ("checkout", "warning")
    assert [link.text for link in signal.links] == ["Issue", "Runbook"]


def test_a_chart_is_shown() -> None:
    body = sample("activated") | {"violationChartUrl": "https://gorgon.nr-assets.net/image/1"}
    assert [image.src for image in read(body).images] == ["https://gorgon.nr-assets.net/image/1"]


@pytest.mark.parametrize("body", [{}, [], "x", {"title": "Error rate"}, {"id": None, "state": "CLOSED"}])
def test_a_body_without_the_issues_id_is_refused_with_what_to_change(body: Any) -> None:
    with pytest.raises(Malformed, match="'id' is missing"):
        newrelic.DOOR.translate({}, body)
