"""The command line of integrations, saved views and similar alerts, against the API over a real socket."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from calling import Call, answer
from engine import settle
from muster.core.signals import Action, make_signal
from muster.detect.cli import integration
from muster.detect.commands import Received, key_hash, receive_signals
from muster.foundation.access.client import ApiProblem
from muster.foundation.timeline.reactor import prepare
from muster.processes.client import HttpClient
from muster.processes.main import command_line
from people import Cast
from served import served

Run = Callable[..., Result]


@pytest.fixture
def muster(call: Call, cast: Cast) -> Iterator[Run]:
    """Run `muster` as the admin, where one sender of generic JSON has sent one payload."""
    prepare()
    answer(call("POST", "/services", {"handle": "checkout", "name": "Checkout"}), 201)
    new = {"handle": "cameras", "service": "checkout", "kind": "generic"}
    key = answer(call("POST", "/integrations", new), 201)["key"]
    signal = make_signal(Action.TRIGGER, "k", summary="Door open", raw={"what": "Door open"})
    receive_signals([Received(key_hash(key), "generic", (signal,))])
    settle()
    app = command_line(["integration", "replay", "view", "alert"])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def read(run: Run, *words: str) -> Any:
    """What it prints for programs."""
    result = run(*words, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_how_senders_do_and_a_test_signal(muster: Run) -> None:
    [shown] = read(muster, "integration", "health")
    assert (shown["handle"], shown["state"], shown["last_hour"]) == ("cameras", "sending", 1)
    assert "as usual" in muster("integration", "health").output
    sent = read(muster, "integration", "test", "cameras")["alert"]
    assert read(muster, "integration", "health", "cameras")["last_hour"] == 2
    assert read(muster, "integration", "test", "cameras", "--end")["alert"] == sent


def test_a_mapping_is_tried_saved_and_replayed(muster: Run) -> None:
    tried = read(muster, "integration", "preview", "cameras", "--map", "summary=what")
    assert tried[0]["signals"][0]["summary"] == "Door open"
    assert [one["version"] for one in read(muster, "integration", "versions", "cameras")] == [1]
    assert (
        "Door open" in muster("integration", "preview", "cameras", "--map", "summary=what", "--save").output
    )
    assert read(muster, "integration", "versions", "cameras")[0]["mapping"] == {"summary": "what"}
    refused = muster("integration", "preview", "cameras", "--map", "summary")
    assert isinstance(refused.exception, ApiProblem)
    replayed = muster("replay", "--last", "3", "--integration", "cameras", "--dry").output
    assert "would answer 202" in replayed
    assert replayed.endswith("Nothing was changed.\n")
    neither = muster("replay", "--integration", "cameras", "--dry")
    assert "--last" in str(neither.exception)


class Meddling(httpx.HTTPTransport):
    """Somebody else saves a mapping while this one is looked at."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/preview"):
            answer(self._call("PATCH", "/integrations/cameras", {"mapping": {"key": "camera"}}))
        return super().handle_request(request)


def test_a_mapping_that_somebody_else_saved_meanwhile_is_not_saved_over(
    muster: Run, call: Call, cast: Cast
) -> None:
    words = ["preview", "cameras", "--map", "summary=what", "--save"]
    with served() as url:
        client = HttpClient(url, cast.token, transport=Meddling(call))
        refused = CliRunner().invoke(integration, words, obj=lambda: client)
    assert isinstance(refused.exception, ApiProblem)
    assert "version 2" in str(refused.exception)
    assert answer(call("GET", "/integrations/cameras"))["mapping"] == {"key": "camera"}


def test_what_is_saved_is_said(muster: Run) -> None:
    """`--save` alone would write back what it has just read."""
    refused = muster("integration", "preview", "cameras", "--save")
    assert isinstance(refused.exception, ApiProblem)
    assert "--map" in str(refused.exception)
    assert [one["version"] for one in read(muster, "integration", "versions", "cameras")] == [1]


def test_views_of_the_inbox(muster: Run) -> None:
    made = read(muster, "view", "save", "My night", "--state", "triggered", "--words", "service:checkout")
    assert [one["name"] for one in read(muster, "view", "list")] == ["My night"]
    changed = read(muster, "view", "change", made["id"], "--name", "Nights", "--default")
    assert (changed["name"], changed["is_default"]) == ("Nights", True)
    assert not read(muster, "view", "change", made["id"], "--no-default")["is_default"]
    assert muster("view", "delete", made["id"]).exit_code == 0
    assert read(muster, "view", "list") == []
    assert read(muster, "view", "restore", made["id"])["name"] == "Nights"


def test_what_helped_then(muster: Run, call: Call) -> None:
    assert read(muster, "alert", "resolve", "ALR-1", "--note", "Closed the door")["state"] == "resolved"
    answer(call("POST", "/integrations/cameras/test"), 201)
    settle()
    signal = make_signal(Action.TRIGGER, "k", summary="Door open", raw={})
    key = answer(call("POST", "/integrations/cameras/rotate"))["key"]
    receive_signals([Received(key_hash(key), "generic", (signal,))])
    settle()
    [newest] = [
        one["id"] for one in read(muster, "alert", "list", "--state", "triggered") if one["dedup_key"] == "k"
    ]
    [past] = read(muster, "alert", "similar", newest)
    assert (past["id"], past["why"], past["notes"][0]["text"]) == ("ALR-1", "same_key", "Closed the door")
    assert "Closed the door" in muster("alert", "similar", newest).output
