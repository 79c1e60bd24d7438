"""Grafana's unified alerting webhook (wire facts 3.2)."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from contracts.payloads import AT, knock, payload
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


def asked(settings: dict[str, str], **headers: str) -> int | None:
    """The status with which a signed integration refuses the body `{}`, or None."""
    assert grafana.DOOR.guard is not None
    admit = grafana.DOOR.guard(settings)
    assert admit is not None
    refusal = admit(knock(b"{}", settings, headers))
    return refusal.status if refusal else None


def signed(message: bytes) -> str:
    return hmac.new(b"s3cret", message, hashlib.sha256).hexdigest()


def test_a_signature_is_asked_for_once_the_secret_is_known() -> None:
    assert grafana.DOOR.guard is not None
    assert grafana.DOOR.guard({}) is None
    assert asked({"secret": "s3cret"}, **{"x-grafana-alerting-signature": signed(b"{}")}) is None
    assert asked({"secret": "s3cret"}, **{"x-grafana-alerting-signature": signed(b"{ }")}) == 401
    assert asked({"secret": "s3cret"}) == 401


def test_the_header_may_have_another_name() -> None:
    told = {"secret": "s3cret", "signature_header": "X-Signed"}
    assert asked(told, **{"x-signed": signed(b"{}")}) is None
    assert asked(told, **{"x-grafana-alerting-signature": signed(b"{}")}) == 401


@pytest.mark.parametrize(("age_seconds", "status"), [(0, None), (600, None), (-600, None), (3600, 401)])
def test_a_signed_moment_must_be_of_the_last_minutes(age_seconds: int, status: int | None) -> None:
    moment = str(int(AT.timestamp()) - age_seconds)
    headers = {"x-at": moment, "x-grafana-alerting-signature": signed(f"{moment}:".encode() + b"{}")}
    assert asked({"secret": "s3cret", "timestamp_header": "X-At"}, **headers) == status


def test_a_moment_that_is_not_signed_does_not_count() -> None:
    headers = {"x-at": str(int(AT.timestamp())), "x-grafana-alerting-signature": signed(b"{}")}
    assert asked({"secret": "s3cret", "timestamp_header": "X-At"}, **headers) == 401
    assert asked({"secret": "s3cret", "timestamp_header": "X-At"}) == 401
