"""GitLab's webhooks: deployments and releases are changes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.payloads import knock
from muster.adapters.sources.gitlab import door as gitlab
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(gitlab.__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"gitlab_{name}.json").read_text())
    return body


def read(body: Any) -> Signal:
    (signal,) = gitlab.DOOR.translate({}, body)
    return signal


@pytest.mark.parametrize(
    ("state", "words", "severity"),
    [
        ("running", "Deploying", "info"),
        ("success", "Deployed", "info"),
        ("failed", "Could not deploy", "error"),
        ("canceled", "Gave up deploying", "info"),
    ],
)
def test_a_deployment_is_a_change_that_says_what_where_and_by_whom(
    state: str, words: str, severity: str
) -> None:
    signal = read(sample("deployment_success") | {"status": state})
    assert (signal.action, signal.severity.value) == (Action.CHANGE, severity)
    assert signal.summary == f"acme/checkout: {words} v1.2.3 (279484c0) to production, by ada"
    assert signal.dedup_key == f"acme/checkout deployment 15 {state}"


def test_a_deployment_brings_its_place_and_links() -> None:
    signal = read(sample("deployment_success"))
    assert (signal.source, signal.component, signal.group) == ("acme/checkout", "checkout", "production")
    assert signal.labels["tier"] == "production"
    assert signal.details["description"] == "Confirm payments faster"
    assert [link.text for link in signal.links] == ["Job", "Commit", "Environment", "Project"]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-01-01 01:04:00 +0100", datetime(2026, 1, 1, 0, 4, tzinfo=UTC)),
        ("2026-01-01 00:04:00 UTC", datetime(2026, 1, 1, 0, 4, tzinfo=UTC)),
        ("2025-12-31 19:04:00 -0500", datetime(2026, 1, 1, 0, 4, tzinfo=UTC)),
        ("2026-01-01T00:04:00.000Z", datetime(2026, 1, 1, 0, 4, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_gitlabs_times_are_read_in_all_their_dresses(written: Any, instant: datetime | None) -> None:
    assert read(sample("deployment_success") | {"status_changed_at": written}).occurred_at == instant


def test_a_release_is_a_change() -> None:
    signal = read(sample("release"))
    assert signal.action is Action.CHANGE
    assert signal.summary == "acme/checkout: Released Faster payments v1.2.3, by Ada Byron"
    assert signal.dedup_key == "acme/checkout release v1.2.3"
    assert signal.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        {"object_kind": "push", "project": {"name": "a"}},
        {"event_name": "project_create"},
        sample("deployment_success") | {"status": "blocked"},
        sample("deployment_success") | {"status": None},
        sample("release") | {"action": "update"},
    ],
)
def test_what_changes_nothing_that_runs_is_accepted_and_says_nothing(body: Any) -> None:
    assert gitlab.DOOR.translate({}, body) == []


@pytest.mark.parametrize("body", [{}, [], None, {"summary": "Disk full"}])
def test_what_is_no_event_of_gitlab_is_refused(body: Any) -> None:
    with pytest.raises(Malformed, match="object_kind"):
        gitlab.DOOR.translate({}, body)


def asked(**headers: str) -> int | None:
    """The status with which a guarded integration refuses, or None."""
    settings = {"secret": "the token"}
    admit = gitlab.DOOR.guard(settings) if gitlab.DOOR.guard else None
    assert admit is not None
    refusal = admit(knock(b"{}", settings, headers))
    return refusal.status if refusal else None


def test_the_token_opens_and_any_other_does_not() -> None:
    assert asked(**{"x-gitlab-token": "the token"}) is None
    for other in ("", "the", "The Token", "é"):
        assert asked(**{"x-gitlab-token": other}) == 401
    assert asked() == 401


def test_without_a_token_the_key_is_enough() -> None:
    assert gitlab.DOOR.guard is not None
    assert gitlab.DOOR.guard({}) is None
