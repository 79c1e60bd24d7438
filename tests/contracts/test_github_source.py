"""GitHub's webhooks: deployments, releases and workflow runs are changes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.payloads import AT, nothing_outside
from muster.adapters.sources.github import door as github
from muster.core.knock import Knock
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

SAMPLES = Path(github.__file__).parent / "samples"
ALL = sorted(SAMPLES.glob("*.json"))


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((SAMPLES / f"github_{name}.json").read_text())
    return body


def read(body: Any, event: str = "") -> Signal:
    (signal,) = github.DOOR.translate({"x-github-event": event} if event else {}, body)
    return signal


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_nothing_that_github_says_is_an_alert(path: Path) -> None:
    signal = read(json.loads(path.read_text()))
    assert signal.action is Action.CHANGE
    assert (signal.source, signal.component) == ("acme/checkout", "checkout")


@pytest.mark.parametrize(
    ("name", "summary", "severity"),
    [
        ("deployment", "Deploying main (f95f852b) to production", "info"),
        ("deployment_status_success", "Deployed main (f95f852b) to production", "info"),
        ("deployment_status_failure", "Could not deploy main (f95f852b) to production", "error"),
        ("release", "Released Faster payments v1.2.3", "info"),
        ("workflow_run", "Deploy succeeded on main", "info"),
    ],
)
def test_the_person_sees_what_changed_where_and_by_whom(name: str, summary: str, severity: str) -> None:
    signal = read(sample(name))
    assert signal.summary == f"acme/checkout: {summary}, by ada"
    assert signal.severity.value == severity


def test_a_deployment_brings_its_version_its_place_its_time_and_links() -> None:
    signal = read(sample("deployment_status_success"), "deployment_status")
    assert (signal.group, signal.class_) == ("production", "deployment")
    assert signal.labels["sha"] == "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
    assert signal.occurred_at == datetime(2026, 1, 1, 0, 4, tzinfo=UTC)
    assert [link.text for link in signal.links] == ["Log", "Environment", "Commit", "Repository"]


def test_the_same_event_sent_again_has_the_same_key_and_each_step_has_its_own() -> None:
    keys = [read(sample(name)).dedup_key for name in ("deployment", "deployment_status_success")]
    assert keys == [
        "acme/checkout deployment 145988746 started",
        "acme/checkout deployment 145988746 success",
    ]


@pytest.mark.parametrize("state", ["pending", "queued", "in_progress", "inactive", "waiting", None])
def test_a_deployment_that_has_not_ended_is_told_by_its_beginning_alone(state: Any) -> None:
    body = sample("deployment_status_success")
    body["deployment_status"]["state"] = state
    assert github.DOOR.translate({}, body) == []


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1, "repository": {"full_name": "a/b"}}),
        ("push", {"ref": "refs/heads/main", "repository": {"full_name": "a/b"}}),
        ("deployment_review", sample("deployment") | {"action": "approved"}),
        ("release", sample("release") | {"action": "edited"}),
        ("workflow_run", sample("workflow_run") | {"action": "requested"}),
    ],
)
def test_what_changes_nothing_that_runs_is_accepted_and_says_nothing(event: str, body: Any) -> None:
    assert github.DOOR.translate({"x-github-event": event}, body) == []


def test_a_ping_of_an_organization_is_accepted_without_its_header_too() -> None:
    assert github.DOOR.translate({}, {"zen": "Half measures are as bad as nothing at all."}) == []


def test_a_run_of_a_branch_under_review_is_of_no_interest() -> None:
    body = sample("workflow_run")
    body["workflow_run"]["head_branch"] = "try-something"
    assert github.DOOR.translate({}, body) == []


def test_a_form_with_the_same_json_is_read_the_same() -> None:
    body = sample("deployment_status_success")
    assert read({"payload": json.dumps(body)}) == read(body)


@pytest.mark.parametrize("packed", ["{", "", "[" * 5000, '{"a":' * 900 + "1" + "}" * 900])
def test_a_form_with_anything_else_is_refused_with_what_to_choose(packed: str) -> None:
    with pytest.raises(Malformed, match="application/json"):
        github.DOOR.translate({}, {"payload": packed})


@pytest.mark.parametrize("body", [{}, [], None, {"summary": "Disk full"}])
def test_what_is_no_event_of_github_is_refused(body: Any) -> None:
    with pytest.raises(Malformed, match="Not an event of GitHub"):
        github.DOOR.translate({}, body)


SECRET, BODY = "It's a Secret to Everybody", b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
"""The three values with which GitHub's documentation lets one try one's own check."""


def asked(body: bytes, headers: dict[str, str]) -> int | None:
    """The status with which a guarded integration refuses, or None."""
    settings = {"secret": SECRET}
    admit = github.DOOR.guard(settings) if github.DOOR.guard else None
    assert admit is not None
    refusal = admit(Knock(headers, body, None, settings, AT, nothing_outside, {}.setdefault))
    return refusal.status if refusal else None


def test_githubs_signature_over_the_very_bytes_opens() -> None:
    assert asked(BODY, {"x-hub-signature-256": SIGNATURE}) is None


@pytest.mark.parametrize(
    "given", ["", "sha256=", SIGNATURE.removeprefix("sha256="), "sha1=" + SIGNATURE[7:], "é"]
)
def test_any_other_signature_does_not(given: str) -> None:
    assert asked(BODY, {"x-hub-signature-256": given}) == 401
    assert asked(BODY + b" ", {"x-hub-signature-256": SIGNATURE}) == 401
    assert asked(BODY, {}) == 401


def test_without_a_secret_the_key_is_enough() -> None:
    assert github.DOOR.guard is not None
    assert github.DOOR.guard({}) is None
