"""Suppliers' status pages: what breaks at theirs is an alert at ours, what they do on purpose is a change."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.statuspage import door as statuspage
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(statuspage.__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"statuspage_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = statuspage.DOOR.translate({}, body)
    return signal


def incident(**members: Any) -> dict[str, Any]:
    body = sample("incident")
    return body | {"incident": body["incident"] | members}


def component(status: Any) -> dict[str, Any]:
    body = sample("component")
    return body | {"component_update": body["component_update"] | {"new_status": status}}


def test_an_incident_and_its_end_are_told_under_its_id() -> None:
    begun, over = read(sample("incident")), read(sample("incident_resolved"))
    assert [(s.action, s.dedup_key) for s in (begun, over)] == [
        (Action.TRIGGER, "incident:z3lct0r596n4"),
        (Action.RESOLVE, "incident:z3lct0r596n4"),
    ]
    assert begun.occurred_at == datetime(2025, 12, 31, 23, 55, tzinfo=UTC)
    assert over.ended_at == datetime(2026, 1, 1, 0, 40, 0, 500000, tzinfo=UTC)


def test_the_person_sees_whose_trouble_it_is_which_part_and_what_they_say() -> None:
    signal = read(sample("incident"))
    assert signal.summary == "status.cloud.example: Elevated errors when writing objects"
    assert (signal.source, signal.component) == ("status.cloud.example", "Object storage")
    assert signal.severity.value == "error"
    assert signal.details["said"].startswith("Writes to object storage fail")
    assert [link.href for link in signal.links] == ["https://stspg.io/646947c1e"]


@pytest.mark.parametrize("status", ["investigating", "identified", "monitoring", "", "perhaps", None])
def test_an_incident_is_open_until_they_say_that_it_is_resolved(status: Any) -> None:
    assert read(incident(status=status)).action is Action.TRIGGER


@pytest.mark.parametrize("status", ["resolved", "postmortem", "RESOLVED"])
@pytest.mark.parametrize("impact", ["major", "maintenance", None])
def test_the_words_for_an_end_end_whatever_the_impact_has_become(status: str, impact: Any) -> None:
    assert read(incident(status=status, impact=impact)).action is Action.RESOLVE


def test_a_message_that_does_not_say_whose_page_it_is_is_read_without() -> None:
    body = sample("incident") | {"meta": {"documentation": "https://doers.statuspage.io/"}}
    signal = read(body)
    assert (signal.source, signal.summary) == ("", "Elevated errors when writing objects")


@pytest.mark.parametrize(
    ("impact", "override", "severity"),
    [
        ("critical", None, "critical"),
        ("major", None, "error"),
        ("minor", None, "warning"),
        ("none", None, "info"),
        ("none", "critical", "critical"),
        (None, None, "error"),
    ],
)
def test_their_impact_is_the_severity(impact: Any, override: Any, severity: str) -> None:
    assert read(incident(impact=impact, impact_override=override)).severity.value == severity


@pytest.mark.parametrize("status", ["scheduled", "in_progress", "verifying", "completed"])
def test_a_maintenance_is_a_change_and_pages_nobody(status: str) -> None:
    body = sample("maintenance")
    signal = read(body | {"incident": body["incident"] | {"status": status}})
    assert (signal.action, signal.severity.value) == (Action.CHANGE, "info")
    assert signal.details["scheduled_for"] == "2026-01-08T22:00:00.000Z"


@pytest.mark.parametrize(
    ("status", "action", "severity"),
    [
        ("major_outage", Action.TRIGGER, "critical"),
        ("MAJOROUTAGE", Action.TRIGGER, "critical"),
        ("partial_outage", Action.TRIGGER, "error"),
        ("degraded_performance", Action.TRIGGER, "warning"),
        ("something_new", Action.TRIGGER, "error"),
        ("operational", Action.RESOLVE, "error"),
        ("under_maintenance", Action.CHANGE, "info"),
    ],
)
def test_a_components_status_is_its_alert(status: str, action: Action, severity: str) -> None:
    signal = read(component(status))
    assert (signal.action, signal.severity.value) == (action, severity)
    assert signal.dedup_key == "component:q4qs8kkzk1vl"


def test_a_component_and_its_recovery_say_when() -> None:
    broken, well = read(sample("component")), read(sample("component_operational"))
    assert broken.summary == "status.cloud.example: Object storage: partial outage"
    assert broken.occurred_at == datetime(2026, 1, 1, 0, 0, 0, 379000, tzinfo=UTC)
    assert well.ended_at == datetime(2026, 1, 1, 0, 40, 0, 379000, tzinfo=UTC)


def test_the_address_by_which_anybody_could_unsubscribe_is_not_kept() -> None:
    for name in ("incident", "component"):
        assert "unsubscribe=" not in json.dumps(read(sample(name)).raw)


@pytest.mark.parametrize(
    "body", [{}, [], {"page": {}}, incident(id=None), {"component": {"id": "x"}}, {"component_update": 1}]
)
def test_a_message_about_nothing_known_is_refused_with_a_sentence(body: Any) -> None:
    with pytest.raises(Malformed, match=r"incident|component"):
        statuspage.DOOR.translate({}, body)
