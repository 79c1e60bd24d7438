"""Alertmanager's webhook, read from what real Alertmanagers sent (wire facts 3.1)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.alertmanager import door as alertmanager
from muster.adapters.sources.pagerduty import door as pagerduty
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action

CAPTURES = Path(__file__).parents[1] / "wire" / "captures"


def capture(name: str) -> Any:
    return json.loads((CAPTURES / f"{name}.json").read_text())["body_json"]


def test_each_alert_of_a_group_is_one_signal_and_speaks_for_itself() -> None:
    signals = alertmanager.DOOR.translate({}, capture("am025_webhook_firing_partial_resolved"))
    assert [(s.action, s.dedup_key) for s in signals] == [
        (Action.RESOLVE, "6cb0d7ea4153620f"),
        (Action.TRIGGER, "259bcc6c1ddd7f0c"),
    ]
    assert signals[0].ended_at == datetime(2026, 11, 21, 6, 46, 1, tzinfo=UTC)
    assert signals[1].ended_at is None


def test_an_alert_keeps_what_people_need_to_see() -> None:
    (signal,) = alertmanager.DOOR.translate({}, capture("am028_webhook_firing"))
    assert signal.summary == "Disk 99% on db-1"
    assert signal.severity.value == "critical"
    assert (signal.source, signal.class_) == ("db-1:9100", "DiskFull")
    assert signal.labels["instance"] == "db-1:9100"
    assert signal.details["description"] == "/var is full ünïcode"
    assert {link.href for link in signal.links} == {
        "http://prom.example/graph?g0.expr=up",
        "https://runbooks.example/disk",
    }
    assert signal.occurred_at == datetime(2026, 11, 21, 6, 46, 27, 16356, tzinfo=UTC)


def test_the_group_is_the_hash_that_the_pagerduty_receiver_sends_as_key() -> None:
    by_webhook = alertmanager.DOOR.translate({}, capture("am028_webhook_firing"))[0]
    by_pagerduty = pagerduty.EVENTS_V2.translate({}, capture("am028_pagerduty_v2_trigger"))[0]
    assert by_webhook.group_key == by_pagerduty.dedup_key


def test_members_of_one_group_share_their_group_and_not_their_key() -> None:
    one, two = alertmanager.DOOR.translate({}, capture("am025_webhook_firing_group_of_2"))
    assert one.group_key == two.group_key
    assert one.dedup_key != two.dedup_key
    assert len(json.dumps(one.raw)) < len(json.dumps(capture("am025_webhook_firing_group_of_2")))


def test_without_a_fingerprint_the_labels_are_the_key_in_any_order() -> None:
    def keys(labels: dict[str, str]) -> str:
        body = {"status": "firing", "alerts": [{"status": "firing", "labels": labels}]}
        return alertmanager.DOOR.translate({}, body)[0].dedup_key

    assert keys({"a": "1", "b": "2"}) == keys({"b": "2", "a": "1"}) != keys({"a": "1"})


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", "critical"),
        ("Page", "critical"),
        ("warning", "warning"),
        ("none", "info"),
        ("", "error"),
        ("purple", "error"),
    ],
)
def test_a_severity_label_is_mapped_and_an_unknown_word_is_an_error(word: str, severity: str) -> None:
    body = {
        "alerts": [{"status": "firing", "labels": {"alertname": "A", "severity": word}}],
        "truncatedAlerts": 3,
    }
    (signal,) = alertmanager.DOOR.translate({}, body)
    assert signal.severity.value == severity
    assert signal.details["truncatedAlerts"] == 3


def test_an_alert_without_words_is_named_after_itself() -> None:
    body = {"alerts": [{"status": "firing", "labels": {"alertname": "DiskFull", "instance": "db-1"}}]}
    assert alertmanager.DOOR.translate({}, body)[0].summary == "DiskFull (db-1)"


def test_a_body_is_refused_whose_alerts_cannot_each_be_kept_with_what_they_share() -> None:
    """One body of some megabytes may not become gigabytes."""
    alerts = [{"labels": {"n": str(n)}} for n in range(5000)]
    body = {"status": "firing", "commonAnnotations": {"text": "x" * 1_000_000}, "alerts": alerts}
    with pytest.raises(Malformed, match="lower max_alerts"):
        alertmanager.DOOR.translate({}, body)
    assert len(alertmanager.DOOR.translate({}, body | {"commonAnnotations": {"text": "x" * 1000}})) == 5000
