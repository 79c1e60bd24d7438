"""Uptime Kuma's webhook: a monitor is down, is up again, or a certificate will expire."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.uptimekuma import door as uptimekuma
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(uptimekuma.__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"uptimekuma_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = uptimekuma.DOOR.translate({}, body)
    return signal


def beat(**members: Any) -> dict[str, Any]:
    body = sample("down")
    return body | {"heartbeat": body["heartbeat"] | members}


def test_down_and_up_are_told_under_the_monitors_id() -> None:
    down, up = read(sample("down")), read(sample("up"))
    assert [(s.action, s.dedup_key) for s in (down, up)] == [(Action.TRIGGER, "12"), (Action.RESOLVE, "12")]
    assert down.occurred_at == datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert up.ended_at == datetime(2026, 1, 1, 0, 10, 0, 456000, tzinfo=UTC)


def test_the_person_sees_what_is_down_why_and_where() -> None:
    signal = read(sample("down"))
    assert signal.summary == "Checkout is down: Request failed with status code 503"
    assert (signal.component, signal.class_) == ("Checkout", "http")
    assert [link.href for link in signal.links] == ["https://checkout.example.com/health"]


def test_a_tag_says_how_severe_a_monitor_is_and_without_one_it_is_an_error() -> None:
    body = sample("down")
    assert read(body).severity.value == "critical"
    assert read(body | {"monitor": body["monitor"] | {"tags": []}}).severity.value == "error"


@pytest.mark.parametrize(
    ("monitor", "source"),
    [
        ({"id": 1, "url": "https://", "hostname": "db-1", "port": 5432}, "db-1:5432"),
        ({"id": 1, "url": "https://", "hostname": "db-1", "port": None}, "db-1"),
        ({"id": 1}, ""),
    ],
)
def test_what_is_watched_is_the_source(monitor: dict[str, Any], source: str) -> None:
    assert read(sample("down") | {"monitor": monitor}).source == source


def test_a_certificate_that_will_expire_is_one_warning_however_many_days_are_left() -> None:
    first = read(sample("certificate"))
    later = read({"msg": sample("certificate")["msg"].replace("7 days", "3 days")})
    assert (first.action, first.severity.value) == (Action.TRIGGER, "warning")
    assert first.summary.endswith("will expire in 7 days")
    assert first.dedup_key == later.dedup_key != read({"msg": "Another will expire in 7 days"}).dedup_key


def test_the_test_button_a_pending_beat_and_a_maintenance_page_nobody() -> None:
    for body in (
        {"heartbeat": None, "monitor": None, "msg": "Muster Testing"},
        beat(status=2),
        beat(status=3),
    ):
        assert uptimekuma.DOOR.translate({}, body) == []


def test_secrets_of_a_monitor_are_not_kept() -> None:
    body = sample("down")
    body["monitor"] |= {"basic_auth_pass": "hunter2", "headers": '{"Authorization": "hunter2"}'}
    signal = read(body)
    assert "hunter2" not in json.dumps([signal.raw, signal.details, signal.labels])
    assert signal.raw["monitor"]["name"] == "Checkout"


@pytest.mark.parametrize(
    "body", [{}, [], {"msg": ""}, {"heartbeat": {"status": 0}}, beat(status="down"), beat(status=None)]
)
def test_a_body_made_by_hand_is_refused_with_a_sentence(body: Any) -> None:
    with pytest.raises(Malformed, match=r"heartbeat|monitor"):
        uptimekuma.DOOR.translate({}, body)
