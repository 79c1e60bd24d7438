"""Grafana's unified alerting webhook (wire facts 3.2)."""

from datetime import UTC, datetime

from contracts.payloads import payload
from muster.adapters.sources.grafana import door as grafana
from muster.core.signals import Action


def test_a_firing_alert_keeps_what_people_need_to_see() -> None:
    (signal,) = grafana.DOOR.translate({}, payload("grafana_firing"))
    assert (signal.action, signal.dedup_key) == (Action.TRIGGER, "c6eadffa33fcdf37")
    assert (signal.summary, signal.severity.value) == ("p99 over 2s", "critical")
    assert (signal.component, signal.class_, signal.client) == ("checkout", "HighLatency", "Grafana")
    assert signal.details["values"] == {"B": 2.4, "C": 1}
    assert signal.details["orgId"] == 1
    assert [image.src for image in signal.images] == ["https://grafana.example/img.png"]
    assert [link.text for link in signal.links] == [
        "generatorURL",
        "dashboardURL",
        "panelURL",
        "silenceURL",
        "runbook_url",
    ]


def test_a_resolved_alert_ends_the_same_key_and_null_values_are_absent() -> None:
    (signal,) = grafana.DOOR.translate({}, payload("grafana_resolved"))
    assert (signal.action, signal.dedup_key) == (Action.RESOLVE, "c6eadffa33fcdf37")
    assert signal.ended_at == datetime(2026, 1, 1, 0, 10, tzinfo=UTC)
    assert "values" not in signal.details


def test_both_belong_to_one_group() -> None:
    firing, resolved = (
        grafana.DOOR.translate({}, payload(f"grafana_{state}"))[0] for state in ("firing", "resolved")
    )
    assert firing.group_key == resolved.group_key
    assert len(firing.group_key) == 64


def test_both_methods_that_grafana_offers_are_taken() -> None:
    assert {method for method, _ in grafana.DOOR.paths} == {"POST", "PUT"}
