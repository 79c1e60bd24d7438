"""Azure Monitor's common alert schema: metric, log and health alerts."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.azure import door as azure
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(azure.__file__).parent / "samples"
ALERT = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.AlertsManagement/alerts/"
    "b9569717-bc32-442f-add5-83a997729330"
)


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"azure_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = azure.DOOR.translate({}, body)
    return signal


def test_fired_and_resolved_are_told_under_the_alerts_id() -> None:
    fired, resolved = read(sample("fired")), read(sample("resolved"))
    assert [(s.action, s.dedup_key) for s in (fired, resolved)] == [
        (Action.TRIGGER, ALERT),
        (Action.RESOLVE, ALERT),
    ]
    assert fired.occurred_at == datetime(2026, 1, 1, 0, 0, 0, 371321, tzinfo=UTC)
    assert (fired.ended_at, resolved.ended_at) == (
        None,
        datetime(2026, 1, 1, 0, 12, 0, 224631, tzinfo=UTC),
    )


def test_the_person_sees_the_rule_where_why_and_what_was_measured() -> None:
    signal = read(sample("fired"))
    assert signal.summary == "High CPU on vm-1: CPU over 90%"
    assert (signal.source, signal.group) == ("vm-1", "rg")
    assert signal.component == "microsoft.compute/virtualmachines"
    assert signal.details["conditions"] == ["Percentage CPU GreaterThan 90, is 97.5"]
    assert signal.labels["team"] == "infra"
    assert signal.links[0].href.startswith("https://portal.azure.com/")


def test_a_log_search_without_description_says_its_limit_and_links_its_results() -> None:
    signal = read(sample("log_search"))
    assert signal.summary == "Failed sign-ins on logs: GreaterThan 100, is 240.0"
    assert [link.text for link in signal.links] == [
        "Alert",
        "Investigation",
        "Search results",
        "Search results",
    ]


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Sev0", "critical"),
        ("Sev1", "error"),
        ("Sev2", "warning"),
        ("Sev3", "info"),
        ("Sev4", "info"),
        ("Sev9", "error"),
        (None, "error"),
    ],
)
def test_azures_severities_have_theirs_and_an_unknown_one_is_an_error(word: Any, severity: str) -> None:
    body = sample("fired")
    body["data"]["essentials"]["severity"] = word
    assert read(body).severity.value == severity


@pytest.mark.parametrize(
    ("stage", "action"),
    [
        ("Active", Action.TRIGGER),
        ("Resolved", Action.RESOLVE),
        ("RCA", Action.RESOLVE),
        (None, Action.TRIGGER),
    ],
)
def test_a_trouble_of_azure_itself_is_known_by_its_tracking_id_and_ended_by_its_stage(
    stage: Any, action: Action
) -> None:
    body = sample("service_health")
    body["data"]["alertContext"]["properties"]["stage"] = stage
    body["data"]["essentials"]["alertId"] = f"another for each message, {stage}"
    signal = read(body)
    assert (signal.action, signal.dedup_key) == (action, "servicehealth:AB12-CD3")
    assert "Errors connecting to virtual machines" in signal.summary


@pytest.mark.parametrize(
    ("health", "action"), [("Unavailable", Action.TRIGGER), ("Available", Action.RESOLVE)]
)
def test_the_health_of_a_resource_is_known_by_the_resource(health: str, action: Action) -> None:
    body = sample("fired")
    body["data"]["essentials"] |= {"monitoringService": "Resource Health", "alertId": health}
    body["data"]["alertContext"] = {"properties": {"currentHealthStatus": health, "title": "Rebooted"}}
    signal = read(body)
    assert signal.action is action
    assert signal.dedup_key.startswith("resourcehealth:/subscriptions/")


def test_properties_named_as_our_own_details_cost_nothing() -> None:
    body = sample("fired")
    body["data"]["alertContext"]["properties"] = {"targets": "x", "conditions": "y", "description": "z"}
    assert read(body).details["conditions"] == ["Percentage CPU GreaterThan 90, is 97.5"]


@pytest.mark.parametrize(
    "body", [{}, [], {"schemaId": "AzureMonitorMetricAlert", "data": {}}, {"schemaId": "x", "data": None}]
)
def test_another_schema_is_refused_with_what_to_switch_on(body: Any) -> None:
    with pytest.raises(Malformed, match="common alert schema"):
        azure.DOOR.translate({}, body)


def test_an_alert_without_id_or_condition_is_refused() -> None:
    body = sample("fired")
    body["data"]["essentials"] |= {"alertId": None, "monitorCondition": "Perhaps"}
    with pytest.raises(Malformed, match=r"alertId.*monitorCondition"):
        azure.DOOR.translate({}, body)
