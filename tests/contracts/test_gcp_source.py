"""Google Cloud Monitoring's webhook: an incident opens and closes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.gcp import door as gcp
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(gcp.__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"gcp_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = gcp.DOOR.translate({}, body)
    return signal


def incident(**members: Any) -> dict[str, Any]:
    body = sample("open")
    return body | {"incident": body["incident"] | members}


def test_opening_and_closing_are_told_under_the_incidents_id() -> None:
    opened, closed = read(sample("open")), read(sample("closed"))
    assert [(s.action, s.dedup_key) for s in (opened, closed)] == [
        (Action.TRIGGER, "0.opqiw61fsv7p"),
        (Action.RESOLVE, "0.opqiw61fsv7p"),
    ]
    assert (opened.occurred_at, opened.ended_at) == (datetime(2026, 1, 1, tzinfo=UTC), None)
    assert closed.ended_at == datetime(2026, 1, 1, 0, 10, tzinfo=UTC)


def test_the_person_sees_the_policy_what_was_measured_where_and_the_runbook() -> None:
    signal = read(sample("open"))
    assert signal.summary.startswith("High CPU: CPU utilization for acme-prod gke-1")
    assert (signal.source, signal.component, signal.group) == ("gke-1", "gce_instance", "acme-prod")
    assert (signal.class_, signal.severity.value) == ("High CPU", "critical")
    assert signal.labels["team"] == "infra"
    assert signal.details["documentation"] == "# Runbook\nrestart it"
    assert [link.text for link in signal.links] == ["Incident", "Runbook"]


@pytest.mark.parametrize(
    ("word", "labels", "severity"),
    [
        ("Critical", {}, "critical"),
        ("Error", {}, "error"),
        ("Warning", {"severity": "p1"}, "warning"),
        ("No severity", {"severity": "info"}, "info"),
        ("No severity", {}, "error"),
        (None, None, "error"),
    ],
)
def test_the_policys_severity_counts_then_its_label_and_none_is_an_error(
    word: Any, labels: Any, severity: str
) -> None:
    assert read(incident(severity=word, policy_user_labels=labels)).severity.value == severity


def test_a_policys_label_names_the_service() -> None:
    assert read(incident(policy_user_labels={"service": "checkout"})).component == "checkout"


def test_an_incident_without_words_is_still_one() -> None:
    signal = read({"incident": {"incident_id": "1", "state": "open"}})
    assert (signal.summary, signal.severity.value) == ("Google Cloud incident", "error")


@pytest.mark.parametrize(
    "body",
    [{}, [], {"incident": []}, incident(state="perhaps"), incident(incident_id=None), incident(state=1)],
)
def test_a_body_without_id_or_state_is_refused_with_a_sentence(body: Any) -> None:
    with pytest.raises(Malformed, match="incident"):
        gcp.DOOR.translate({}, body)
