"""Prometheus without an Alertmanager, read from what a real one sent (wire facts 3.1)."""

from datetime import UTC, datetime

import pytest

from contracts.payloads import captured
from muster.adapters.sources.alertmanager import door as alertmanager
from muster.adapters.sources.prometheus import door as prometheus
from muster.core.intake import settled
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action

FIRING, RESOLVED = "prometheus242_am_api_v2_firing", "prometheus242_am_api_v2_resolved"


def test_an_alert_keeps_what_people_need_to_see() -> None:
    (signal,) = prometheus.DOOR.translate({}, captured(FIRING))
    assert signal.action is Action.TRIGGER
    assert (signal.summary, signal.severity.value) == ("value 1", "critical")
    assert (signal.component, signal.group, signal.class_) == ("checkout", "eu-1", "AlwaysFiring")
    assert signal.occurred_at == datetime(2026, 11, 21, 6, 48, 12, 632000, tzinfo=UTC)
    assert signal.holds_until == datetime(2026, 11, 21, 6, 48, 20, 632000, tzinfo=UTC)
    assert [link.text for link in signal.links] == ["generatorURL", "runbook_url"]
    assert signal.raw == captured(FIRING)[0]


def test_an_end_in_the_past_resolves_the_same_key_at_that_instant() -> None:
    """Both were read at 06:48:20, when the first still had to come to its end."""
    at = datetime(2026, 11, 21, 6, 48, 20, tzinfo=UTC)
    (firing,) = (settled(signal, at) for signal in prometheus.DOOR.translate({}, captured(FIRING)))
    (over,) = (settled(signal, at) for signal in prometheus.DOOR.translate({}, captured(RESOLVED)))
    assert (firing.action, over.action) == (Action.TRIGGER, Action.RESOLVE)
    assert firing.dedup_key == over.dedup_key
    assert over.ended_at == datetime(2026, 11, 21, 6, 48, 19, 632000, tzinfo=UTC)


@pytest.mark.parametrize("end", [None, "0001-01-01T00:00:00Z", "", "soon"])
def test_an_alert_without_an_end_holds_until_it_is_resolved(end: str | None) -> None:
    (signal,) = prometheus.DOOR.translate({}, [{"labels": {"alertname": "A"}, "endsAt": end}])
    assert settled(signal, datetime(2100, 1, 1, tzinfo=UTC)).action is Action.TRIGGER


def test_the_key_is_the_fingerprint_that_alertmanager_gives_the_same_alert() -> None:
    """A team that moves from the one to the other, or has both, is paged once."""
    by_webhook = alertmanager.DOOR.translate({}, captured("am028_webhook_firing_group_of_2"))
    alerts = captured("am028_webhook_firing_group_of_2")["alerts"]
    by_api = prometheus.DOOR.translate({}, [{"labels": alert["labels"]} for alert in alerts])
    assert [signal.dedup_key for signal in by_api] == [signal.dedup_key for signal in by_webhook]


def test_an_answer_is_a_200_whatever_came() -> None:
    assert prometheus.DOOR.translate({}, []) == []
    assert prometheus.DOOR.accepted([]).status == prometheus.DOOR.accepted(["a", "b"]).status == 200


@pytest.mark.parametrize("body", [{}, [1], [{}], [{"labels": {}}], [{"labels": {"a": "1"}}, {"labels": []}]])
def test_what_has_no_labels_is_refused_whole(body: object) -> None:
    with pytest.raises(Malformed):
        prometheus.DOOR.translate({}, body)


def test_the_text_to_copy_has_the_address_in_prometheus_pieces() -> None:
    text = prometheus.FORM.connect_text("https://muster.example.com/", "K" * 32)
    assert "scheme: https\n" in text
    assert 'targets: ["muster.example.com:443"]' in text
    assert f"path_prefix: /in/prometheus/{'K' * 32}\n" in text
    assert 'targets: ["127.0.0.1:8080"]' in prometheus.FORM.connect_text("http://127.0.0.1:8080")
