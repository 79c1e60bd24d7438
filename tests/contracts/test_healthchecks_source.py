"""healthchecks.io's webhook, with the body that we publish: a check is down, or up again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.healthchecks import door as healthchecks
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(healthchecks.__file__).parent / "samples"
CODE = "f618072a-7bde-4eee-af63-71a77c5723bc"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"healthchecks_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = healthchecks.DOOR.translate({}, body)
    return signal


def test_down_and_up_are_told_under_the_checks_code() -> None:
    down, up = read(sample("down")), read(sample("up"))
    assert [(s.action, s.dedup_key) for s in (down, up)] == [(Action.TRIGGER, CODE), (Action.RESOLVE, CODE)]
    assert (down.occurred_at, down.ended_at) == (datetime(2026, 1, 1, 1, tzinfo=UTC), None)
    assert (up.occurred_at, up.ended_at) == (None, datetime(2026, 1, 1, 2, tzinfo=UTC))


def test_the_person_sees_which_job_how_it_ended_and_what_it_said() -> None:
    signal = read(sample("down"))
    assert signal.summary == "Nightly backup of db-1 failed with exit status 1"
    assert (signal.severity.value, signal.source) == ("critical", "db-1")
    assert signal.details["last_ping_said"] == "pg_basebackup: could not connect to server"
    assert signal.details["schedule"] == "0 0 * * *"


@pytest.mark.parametrize("status", ["-1", "0", "", None])
def test_a_job_that_said_nothing_is_down(status: Any) -> None:
    assert read(sample("down") | {"exit_status": status}).summary == "Nightly backup of db-1 is down"


def test_a_check_without_tags_is_an_error() -> None:
    assert read({"code": CODE, "status": "down"}).severity.value == "error"


def test_what_the_check_says_of_itself_meanwhile_does_not_count() -> None:
    body = sample("down")
    body["check"]["status"] = "started"
    assert read(body).action is Action.TRIGGER


@pytest.mark.parametrize(
    "check", [{"uuid": CODE}, {"update_url": f"https://healthchecks.io/api/v3/checks/{CODE}"}]
)
def test_the_code_is_found_in_the_check_too(check: dict[str, str]) -> None:
    assert read({"status": "up", "check": check}).dedup_key == CODE


def test_addresses_by_which_the_check_can_be_acted_on_are_not_kept() -> None:
    signal = read(sample("down"))
    told = json.dumps([signal.raw, signal.details, signal.labels])
    assert "/pause" not in told
    assert "hc-ping.com" not in told


@pytest.mark.parametrize(
    "body", [{}, [], {"code": CODE}, {"status": "$STATUS", "code": CODE}, {"status": "up"}]
)
def test_a_body_without_code_or_status_is_refused_with_the_placeholder(body: Any) -> None:
    with pytest.raises(Malformed, match=r"\$(CODE|STATUS)"):
        healthchecks.DOOR.translate({}, body)
