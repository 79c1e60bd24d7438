"""Sentry's webhooks (wire facts 3.5)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.payloads import WIRE, knock, payload
from muster.adapters.sources.sentry import door as sentry
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(sentry.__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"sentry_{name}.json").read_text())


def read(body: Any, resource: str = "") -> list[Signal]:
    return sentry.DOOR.translate({"sentry-hook-resource": resource} if resource else {}, body)


def test_an_issue_alert_keeps_what_people_need_to_see() -> None:
    (signal,) = read(payload("sentry_issue_alert"), "event_alert")
    assert (signal.action, signal.dedup_key) == (Action.TRIGGER, "1170820242")
    assert (signal.summary, signal.severity.value) == ("ReferenceError: heck is not defined", "error")
    assert (signal.component, signal.class_) == ("front-end", "Very Important Alert Rule!")
    assert signal.labels["environment"] == "prod"
    assert [link.href for link in signal.links] == [
        "https://sentry.io/organizations/test-org/issues/1170820242/events/e4874d664c3540c1a32eab185f12c5ab/"
    ]
    assert signal.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_an_issue_that_is_resolved_ends_what_its_alert_opened() -> None:
    (opened,), (ended,) = read(sample("issue_alert")), read(sample("issue_resolved"))
    assert ended.action is Action.RESOLVE
    assert ended.dedup_key == opened.dedup_key
    assert ended.component == opened.component == "checkout"


@pytest.mark.parametrize(
    ("action", "what", "severity"),
    [
        ("critical", Action.TRIGGER, "critical"),
        ("warning", Action.TRIGGER, "warning"),
        ("resolved", Action.RESOLVE, "error"),
    ],
)
def test_a_metric_alert_says_how_bad_it_is_by_its_action(action: str, what: Action, severity: str) -> None:
    (signal,) = read(sample("metric_alert") | {"action": action}, "metric_alert")
    assert (signal.action, signal.dedup_key, signal.severity.value) == (what, "metric:42", severity)
    assert signal.summary == "Critical: Too many errors"
    assert signal.component == "checkout"


@pytest.mark.parametrize(
    ("resource", "action"),
    [
        ("issue", "created"),
        ("issue", "assigned"),
        ("issue", "unresolved"),
        ("installation", "created"),
        ("error", "created"),
        ("comment", "created"),
    ],
)
def test_what_is_no_alert_is_taken_and_says_nothing(resource: str, action: str) -> None:
    assert read(sample("issue_resolved") | {"action": action}, resource) == []


@pytest.mark.parametrize("action", ["resolved", "archived", "ignored"])
def test_an_issue_that_somebody_puts_away_ends_its_alert(action: str) -> None:
    (signal,) = read(sample("issue_resolved") | {"action": action}, "issue")
    assert signal.action is Action.RESOLVE


@pytest.mark.parametrize(
    ("body", "resource"),
    [
        ([], ""),
        ({}, "issue"),
        ({"action": "resolved", "data": {"issue": {}}}, "issue"),
        ({"data": {"event": {"title": "x"}}}, "event_alert"),
        ({"action": "critical", "data": {"metric_alert": {}}}, "metric_alert"),
        ({"action": "gone", "data": {"metric_alert": {"id": "1"}}}, "metric_alert"),
    ],
)
def test_what_cannot_be_understood_is_refused(body: Any, resource: str) -> None:
    with pytest.raises(Malformed):
        read(body, resource)


def asked(body: bytes, **headers: str) -> int | None:
    """The status with which a signed integration refuses, or None."""
    admit = sentry.DOOR.guard({"client_secret": SECRET}) if sentry.DOOR.guard else None
    assert admit is not None
    refusal = admit(knock(body, {"client_secret": SECRET}, headers))
    return refusal.status if refusal else None


SECRET = "sentry-client-secret"
SIGNATURE = json.loads((WIRE / "payloads" / "sentry_issue_alert.json").read_text())["headers"][
    "Sentry-Hook-Signature"
]
"""Over the body as Python writes it."""


def test_a_signature_over_the_very_bytes_opens() -> None:
    body = json.dumps(payload("sentry_issue_alert")).encode()
    assert asked(body, **{"sentry-hook-signature": SIGNATURE}) is None
    assert asked(body, **{"sentry-hook-signature": SIGNATURE.upper()}) is None


def test_any_other_does_not() -> None:
    body = json.dumps(payload("sentry_issue_alert")).encode()
    assert asked(body) == 401
    assert asked(body + b" ", **{"sentry-hook-signature": SIGNATURE}) == 401
    assert asked(body, **{"sentry-hook-signature": "é" + SIGNATURE[1:]}) == 401


def test_without_a_secret_the_key_is_enough() -> None:
    assert sentry.DOOR.guard is not None
    assert sentry.DOOR.guard({}) is None
