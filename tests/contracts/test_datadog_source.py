"""Datadog's webhook with our template (wire facts 3.3)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.payloads import WIRE, payload
from muster.adapters.sources.datadog import door as datadog
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal


def read(**more: Any) -> Signal:
    (signal,) = datadog.DOOR.translate({}, payload("datadog_triggered") | more)
    return signal


def test_our_template_is_the_documented_one() -> None:
    text = datadog.FORM.connect_text("https://muster.example.com")
    ours = json.loads(text[text.index("{\n") :])
    assert ours == json.loads((WIRE / "payloads" / "datadog_webhook_template.json").read_text())


def test_a_triggered_monitor_keeps_what_people_need_to_see() -> None:
    signal = read()
    assert (signal.action, signal.dedup_key) == (Action.TRIGGER, "9bd4ac313a4d1e8fae2482df7b77628")
    assert (signal.summary, signal.severity.value) == ("Disk full (host:db-1)", "error")
    assert (signal.source, signal.group) == ("db-1", "prod")
    assert signal.labels["env"] == "prod"
    assert signal.details["message"] == "@webhook-inc disk 99%"
    assert [link.href for link in signal.links] == ["https://app.datadoghq.com/monitors/1234"]
    assert signal.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert signal.images == ()


@pytest.mark.parametrize(
    ("name", "action"),
    [("triggered", Action.TRIGGER), ("no_data", Action.TRIGGER), ("recovered", Action.RESOLVE)],
)
def test_every_turn_of_an_alert_has_the_same_key(name: str, action: Action) -> None:
    (signal,) = datadog.DOOR.translate({}, payload(f"datadog_{name}"))
    assert (signal.action, signal.dedup_key) == (action, read().dedup_key)
    assert signal.summary == "Disk full (host:db-1)"


@pytest.mark.parametrize(
    ("transition", "kind", "priority", "action", "severity"),
    [
        ("Re-Triggered", "error", "P1", Action.TRIGGER, "critical"),
        ("Renotify", "error", "P5", Action.TRIGGER, "info"),
        ("Warn", "warning", "P1", Action.TRIGGER, "warning"),
        ("Re-Warn", "warning", "P4", Action.TRIGGER, "info"),
        ("Re-No Data", "error", "null", Action.TRIGGER, "error"),
        ("Null", "info", "", Action.TRIGGER, "info"),
        ("null", "success", "$ALERT_PRIORITY", Action.RESOLVE, "error"),
        ("", "error", "", Action.TRIGGER, "error"),
        ("Recovered", "success", "P2", Action.RESOLVE, "error"),
    ],
)
def test_the_transition_says_what_happened_and_the_priority_how_bad_it_is(
    transition: str, kind: str, priority: str, action: Action, severity: str
) -> None:
    signal = read(alert_transition=transition, alert_type=kind, alert_priority=priority)
    assert (signal.action, signal.severity.value) == (action, severity)


def test_without_a_cycle_the_monitor_and_its_scope_are_the_key() -> None:
    gone = {"alert_cycle_key": "null", "aggreg_key": "$AGGREG_KEY"}
    one, same, other = (
        read(**gone, alert_transition=transition, alert_scope=scope).dedup_key
        for transition, scope in (("Triggered", "host:a"), ("Recovered", "host:a"), ("Triggered", "host:b"))
    )
    assert one == same != other


def test_what_says_nothing_is_refused() -> None:
    with pytest.raises(Malformed):
        datadog.DOOR.translate({}, {"title": "null", "alert_cycle_key": ""})
    with pytest.raises(Malformed):
        datadog.DOOR.translate({}, [])


def test_tags_without_a_value_are_true() -> None:
    assert read(tags="canary,team:shop,,:x").labels["canary"] == "true"
