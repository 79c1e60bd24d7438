"""A payload is rehearsed: what is foretold is what happens then, and the rehearsal itself changes nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from acme import ACME
from calling import Call, answer, problem
from database import Database, everything
from engine import settle
from muster.adapters.sources.alertmanager.translate import translate
from muster.detect.commands import Received, key_hash, receive_signals
from muster.detect.models import Alert, Integration
from muster.detect.models import Signal as Kept
from muster.evaluate.models import Decision
from muster.foundation.access.client import ApiProblem
from muster.foundation.timeline.reactor import prepare
from muster.processes.main import command_line
from people import Cast
from served import served

HANDLE = "checkout-alertmanager"
REHEARSAL = f"/integrations/{HANDLE}/rehearsal"


def webhook(*alerts: tuple[str, str, str]) -> dict[str, Any]:
    """An Alertmanager's body: (status, name, severity) of each alert."""
    return {
        "version": "4",
        "groupKey": "{}:{job='x'}",
        "alerts": [
            {"status": status, "labels": {"alertname": name, "severity": severity}}
            for status, name, severity in alerts
        ],
    }


STORY = webhook(
    ("firing", "New", "critical"),
    ("firing", "Known", "warning"),
    ("firing", "New", "critical"),
    ("resolved", "Known", "warning"),
    ("resolved", "Never", "info"),
    ("firing", "Quiet", "critical"),
)


@pytest.fixture
def key(call: Call) -> str:
    """The house of design 13, in which one alert is open and another name is silenced."""
    prepare()
    [shown] = answer(call("POST", "/configuration/apply", ACME))["integrations"]
    silence = {"matchers": ['alertname="Quiet"'], "for": "2h", "why": "we know"}
    answer(call("POST", "/silences", silence, who="ana"), 201)
    receive(str(shown["key"]), webhook(("firing", "Known", "warning")))
    settle()
    return str(shown["key"])


def receive(key: str, body: dict[str, Any]) -> None:
    """It really comes."""
    receive_signals([Received(key_hash(key), "alertmanager", tuple(translate({}, body)))])


def test_what_is_foretold_is_what_happens(call: Call, key: str, database: Database) -> None:
    """Word for word: disposition, reason, and every step of the decision."""
    before = everything(database)
    told = answer(call("POST", REHEARSAL, {"payload": STORY}))
    assert everything(database) == before
    assert (told["answer"]["status"], told["door"], told["unreadable"]) == (202, "alertmanager", None)
    receive(key, STORY)
    settle()
    rows = list(Kept.objects.order_by("id"))[1:]
    assert sorted((row.dedup_key, row.disposition, row.reason) for row in rows) == sorted(
        (one["dedup_key"], one["disposition"], one["reason"]) for one in told["signals"]
    )
    assert [one["disposition"] for one in told["signals"]] == [
        *("opened", "merged", "merged", "resolved", "rejected", "opened")
    ]
    for one in told["signals"]:
        if one["disposition"] == "opened":
            alert = Alert.objects.get(dedup_key=one["dedup_key"])
            assert stored(alert) == foretold(one)
    quiet = told["signals"][-1]["decision"]
    assert quiet["outcome"] == "hold"
    assert quiet["summary"].startswith("Nobody is paged: it is held back (silence:")
    assert told["signals"][1]["alert"] == Alert.objects.order_by("id")[0].public_id


def stored(alert: Alert) -> list[dict[str, Any]]:
    """The steps of the decision as it stands, without the number of a group that was not there yet."""
    steps = Decision.objects.get(alert=alert).steps
    return [step | {"detail": without_number(step["detail"])} for step in steps]


def foretold(one: dict[str, Any]) -> list[dict[str, Any]]:
    steps = one["decision"]["steps"]
    return [
        {name: value for name, value in step.items() if name != "sentence"}
        | {"until": spelled(step["until"])}
        for step in steps
    ]


def spelled(at: str | None) -> str | None:
    """The API writes UTC as Z."""
    return at.replace("Z", "+00:00") if at else at


def without_number(detail: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in detail.items() if not str(value).startswith("alert:")}


@pytest.fixture
def muster(key: str, cast: Cast) -> Iterator[Callable[..., Result]]:
    """Run `muster` as the admin."""
    app = command_line(["replay", "explain"])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def test_the_command_line_tells_it_in_plain_words_and_changes_nothing(
    muster: Callable[..., Result], database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "payload.json"
    file.write_text(json.dumps(STORY))
    before = everything(database)
    told = muster("replay", str(file), "--integration", HANDLE, "--dry")
    assert told.exit_code == 0, told.output
    assert "The door alertmanager would answer 202" in told.output
    assert "It opened an alert: nothing with this key was open." in told.output
    assert "It pages people, urgently." in told.output
    assert "No silence matches it." in told.output
    assert told.output.endswith("Nothing was changed.\n")
    file.write_bytes(b'{"alerts": [ \xff')
    wrong = muster("replay", str(file), "--integration", HANDLE, "--dry")
    assert "would answer 400" in wrong.output
    assert "It would be kept as unreadable: it is not JSON." in wrong.output
    assert everything(database) == before
    refused = muster("replay", str(file), "--integration", HANDLE)
    assert isinstance(refused.exception, ApiProblem)
    assert "--dry" in str(refused.exception)


def test_what_explain_says_is_the_stored_decision(muster: Callable[..., Result], key: str) -> None:
    """Why it paged, why it did not, and why a further one paged nobody again."""
    receive(key, STORY)
    settle()
    for alert in Alert.objects.exclude(state="resolved"):
        told = json.loads(muster("explain", alert.public_id, "--json").output)
        decision = Decision.objects.get(alert=alert)
        assert told["outcome"] == decision.outcome
        shown = [{k: v for k, v in step.items() if k != "sentence"} for step in told["steps"]]
        assert [step | {"until": spelled(step["until"])} for step in shown] == decision.steps
        words = muster("explain", alert.public_id).output
        assert told["summary"] in words
        assert all(step["sentence"] in words for step in told["steps"])
        assert (decision.outcome == "hold") == ("Nobody is paged" in words) == (told["joined"] is None)
    summaries = Alert.objects.filter(decision__outcome="hold").values_list("summary", flat=True)
    assert list(summaries) == ["Quiet"]


def test_an_alert_that_joined_what_somebody_has_says_so(
    muster: Callable[..., Result], key: str, call: Call
) -> None:
    receive(key, webhook(("firing", "One", "critical")))
    settle()
    answer(call("POST", f"/alerts/{Alert.objects.latest('id').public_id}/acknowledge", who="ana"))
    receive(key, webhook(("firing", "Two", "critical")))
    settle()
    words = muster("explain", Alert.objects.latest("id").public_id).output
    assert "Somebody had the group already, so nobody was paged again." in words


def test_a_mapping_is_tried_before_it_is_saved(call: Call, key: str, database: Database) -> None:
    new = {"handle": "own", "service": "checkout", "kind": "generic", "mapping": {"summary": "title"}}
    answer(call("POST", "/integrations", new), 201)
    payload = {"title": "Old", "what": {"went": "New"}, "key": "k"}
    answer(call("GET", "/me", who="sam"))  # makes her token
    before = everything(database)

    def summaries(**more: Any) -> list[str]:
        told = answer(call("POST", "/integrations/own/rehearsal", {"payload": payload} | more, who="sam"))
        return [one["summary"] for one in told["signals"]]

    assert summaries() == ["Old"]
    assert summaries(mapping={"summary": "what.went"}) == ["New"]
    wrong = {"payload": payload, "mapping": {"summary": "]["}}
    problem(call("POST", "/integrations/own/rehearsal", wrong), 422, "integration_mapping_invalid")
    assert everything(database) == before
    assert Integration.objects.get(handle="own").mapping == {"summary": "title"}


def test_a_door_can_be_named_and_the_first_that_understands_is_taken(call: Call, key: str) -> None:
    new = {"handle": "pd", "service": "checkout", "kind": "pagerduty"}
    answer(call("POST", "/integrations", new), 201)
    v1 = {"event_type": "trigger", "description": "From version 1", "incident_key": "k"}

    def ask(**more: Any) -> Any:
        return call("POST", "/integrations/pd/rehearsal", {"payload": v1} | more)

    assert answer(ask())["door"] == "pagerduty-v1"
    named = answer(ask(door="pagerduty-v2"))
    assert (named["answer"]["status"], named["signals"]) == (400, [])
    assert named["unreadable"]["reason"] == "not_understood"
    assert named["unreadable"]["errors"] == ["'event_action' is missing or blank"]
    assert "pagerduty-v1" in problem(ask(door="fax"), 422, "integration_door_unknown")


@pytest.mark.parametrize("payload", [None, 1, "", "x", [], {}, {"alerts": 5}, {"alerts": [None]}, "\x00"])
def test_whatever_is_rehearsed_is_answered(call: Call, key: str, database: Database, payload: Any) -> None:
    before = everything(database)
    told = answer(call("POST", REHEARSAL, {"payload": payload}))
    assert (told["unreadable"] is not None) == (told["answer"]["status"] >= 400)
    assert everything(database) == before
