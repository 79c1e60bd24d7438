"""The command line of alerts, on-call and pages, against the API over a real socket."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from acme import ACME
from calling import Call, answer
from engine import settle
from muster.core.signals import Action, make_signal
from muster.detect.commands import Received, key_hash, receive_signals
from muster.foundation.access.client import ApiProblem
from muster.foundation.timeline.reactor import prepare
from muster.processes.main import COMMANDS, command_line
from people import Cast
from served import served

Run = Callable[..., Result]
NAMES = (
    *("alert", "ack", "explain", "storm", "page", "oncall", "deliveries"),
    *("integration", "schedule", "policy", "silence", "change"),
)


@pytest.fixture
def muster(call: Call, cast: Cast) -> Iterator[Run]:
    """Run `muster` as the admin against the house of design 13, in which one alert has fired."""
    prepare()
    everyday = ACME.replace(', only: [{days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}]', "")
    [shown] = answer(call("POST", "/configuration/apply", everyday))["integrations"]
    signal = make_signal(Action.TRIGGER, "k1", summary="Checkout fails", raw={})
    receive_signals([Received(key_hash(shown["key"]), "alertmanager", (signal,))])
    settle()
    app = command_line([name for name in COMMANDS if name in NAMES])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def read(run: Run, *words: str) -> Any:
    """What it prints for programs."""
    result = run(*words, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_every_reading_command_prints_the_keys_of_the_stable_doors(muster: Run) -> None:
    """Design 13, word for word."""
    doors = {
        ("integration", "list"): "handle service kind url last_seen_at",
        ("alert", "list"): "id dedup_key service state urgency severity summary count opened_at"
        " acknowledged_at acknowledged_by resolved_at incident decisions",
        ("deliveries",): "id person channel key state attempts created_at accepted_at reason",
        ("schedule", "list"): "handle timezone layers",
        ("policy", "list"): "handle steps repeat then_after",
    }
    for words, keys in doors.items():
        [*_, first] = read(muster, *words)
        assert set(keys.split()) <= set(first), words
    assert read(muster, "integration", "list")[0]["url"].endswith("/in/alertmanager/<your key>")
    assert set(read(muster, "oncall", "--schedule", "payments-primary")) >= {"schedule", "at", "people"}
    at = read(muster, "oncall", "--schedule", "payments-primary", "--at", "2025-01-01T00:00:00Z")
    assert (at["at"], at["people"]) == ("2025-01-01T00:00:00Z", [])
    assert read(muster, "policy", "plan", "payments")["plan"][-1]["reason"] == "fallback"


def test_a_night_at_the_terminal(muster: Run) -> None:
    """Look, ask why, take it, give it back, snooze, resolve."""
    [alert] = read(muster, "alert", "list", "--state", "triggered")
    assert read(muster, "alert", "show", alert["id"]) == alert
    why = muster("explain", "ALR-1").output
    assert "It pages people, urgently." in why
    assert "pages Ben Okafor" in why
    assert read(muster, "ack", "ALR-1")["acknowledged_by"] == "admin"
    assert read(muster, "ack", "GRP-1")["state"] == "acknowledged"
    assert read(muster, "alert", "unacknowledge", "1")["state"] == "triggered"
    assert read(muster, "alert", "snooze", "1", "--for", "1h")["snoozed_until"]
    assert read(muster, "alert", "resolve", "1")["state"] == "resolved"
    refused = muster("ack", "ALR-1")
    assert isinstance(refused.exception, ApiProblem)
    assert "resolved already" in str(refused.exception)
    assert isinstance(muster("ack", "INC-1").exception, ApiProblem)


def test_pages_keys_and_silences_from_the_terminal(muster: Run) -> None:
    """R44, design 13."""
    called = read(muster, "page", "person:ben", "--summary", "Please look")
    page = called["pages"][0]["id"]
    assert "ben" in muster("page", "person:ben", "--summary", "Once more").output
    assert read(muster, "ack", page)["state"] == "acknowledged"
    assert [one["person"] for one in read(muster, "deliveries", "--limit", "1")] == ["ben"]
    assert read(muster, "deliveries", "--alert", "ALR-1")
    rotated = read(muster, "integration", "rotate", "checkout-alertmanager")
    assert len(rotated["key"]) == 32
    assert rotated["url"].endswith(rotated["key"])
    silence = read(muster, "silence", "add", 'severity="info"', "--why", "noise", "--for", "1h")
    assert [one["id"] for one in read(muster, "silence", "list", "--active")] == [silence["id"]]
    assert read(muster, "silence", "end", str(silence["id"]))["state"] == "over"
    assert read(muster, "silence", "list", "--active") == []


def test_changes_and_many_groups_at_once_from_the_terminal(muster: Run) -> None:
    """A pipeline tells what it did (R36); a storm is cleared, and asks before."""
    told = read(muster, "change", "note", "checkout", "Released 4.18.0", "--source", "ci")
    assert read(muster, "change", "list", "--service", "checkout") == [told]
    assert "Released 4.18.0" in muster("change", "list").output
    assert muster("alert", "all", "resolve").exit_code == 1  # nobody said yes
    cleared = read(muster, "alert", "all", "acknowledge", "--yes")
    assert (cleared["done"], cleared["left"]) == (["GRP-1"], [])
    assert read(muster, "alert", "all", "acknowledge", "--yes") == {"done": [], "left": []}
    assert read(muster, "alert", "all", "snooze", "--for", "1h", "--yes")["done"] == ["GRP-1"]
    assert "1 done." in muster("alert", "all", "resolve", "--yes").output


def test_a_storm_is_told_in_the_terminal(muster: Run) -> None:
    """As its screen tells it: whether there is one, where it began, its lanes and its groups."""
    told = read(muster, "storm")
    assert (told["storm"], told["alerts"], told["first"]) == (False, 1, "ALR-1")
    said = muster("storm", "--of", "1h", "--service", "checkout").output
    assert "There is no storm." in said
    assert "1 alert from 1 service since" in said
    assert "It began with ALR-1." in said
    assert "GRP-1" in said.partition("Groups, first seen first:")[2]
    result = muster("storm", "--service", "nobody")
    assert isinstance(result.exception, ApiProblem)
