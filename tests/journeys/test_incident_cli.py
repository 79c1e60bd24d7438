"""An incident from the command line: declared, told of, handed over, mitigated, resolved (design 13)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from calling import Call, answer
from engine import settle
from muster.core.permissions import system
from muster.foundation.access import commands as access
from muster.foundation.access import queries
from muster.foundation.access.client import ApiProblem
from muster.processes.main import COMMANDS, command_line
from people import Cast
from rooms import TESTS
from senders import make_service
from served import served

Run = Callable[..., Result]
NAMES = ("incident", "declare", "update", "claim", "handover", "mitigate", "resolve", "reopen", "export")


@pytest.fixture
def muster(call: Call, cast: Cast, standard: None) -> Iterator[Run]:
    """Run `muster` as somebody, Ana unless told otherwise."""
    make_service(actor=TESTS, at=queries.now())
    app = command_line([name for name in COMMANDS if name in NAMES])
    tokens = {
        who: access.create_token(cast.id(who), actor=system("tests"), at=queries.now(), name="t")
        for who in ("ana", "ben")
    }
    with served() as url:

        def run(*words: str, who: str = "ana") -> Result:
            env = {"MUSTER_URL": url, "MUSTER_TOKEN": tokens[who]}
            return CliRunner().invoke(app, list(words), env=env)

        yield run


def read(run: Run, *words: str, who: str = "ana") -> Any:
    """What it prints for programs."""
    result = run(*words, "--json", who=who)
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_an_incident_lives_on_the_command_line(muster: Run, call: Call) -> None:
    declared = read(muster, "declare", "Checkout fails", "--service", "checkout", "--severity", "SEV2")
    settle()
    number = declared["id"]
    assert (declared["severity"], declared["commander"], declared["services"]) == (
        "SEV2",
        "ana",
        ["checkout"],
    )
    told = read(muster, "update", number, "We look into it.", "--status", "Investigating")
    assert told["number"] == 1
    read(muster, "handover", number, "--to", "ben", "--report", "roll-back next")
    taken = read(muster, "handover", number, "--take", "--why", "Ana must leave", who="ben")
    assert taken["commander"] == "ben"
    assert read(muster, "mitigate", number, who="ben")["phase"] == "monitoring"
    refused = muster("resolve", number, who="ben")
    assert isinstance(refused.exception, ApiProblem)
    assert "Not yet" in str(refused.exception)
    checks = [
        word
        for name in ("system_stable", "metrics_confirm", "postmortem_scheduled")
        for word in ("--confirm", name)
    ]
    assert read(muster, "resolve", number, *checks, who="ben")["phase"] == "resolved"
    assert [one["id"] for one in read(muster, "incident", "list", "--state", "resolved")] == [number]
    assert read(muster, "incident", "show", number.removeprefix("INC-"))["resolved_at"] is not None
    assert "Checkout fails" in muster("incident", "list").output


def test_severity_follows_from_impact_and_scope(muster: Run) -> None:
    """R12."""
    declared = read(muster, "declare", "All is down", "--impact", "complete", "--scope", "widespread")
    assert declared["severity"] == "SEV1"


STATUS = """
version: 1
status_pages:
  - {slug: main, name: Acme Status, visibility: public,
     components: [{name: Checkout, service: checkout}, {name: API}]}
"""


def test_status_pages_are_configured_as_code(call: Call, standard: None) -> None:
    """R45; design 13: a list inside is replaced whole when present, untouched when absent."""
    make_service(actor=TESTS, at=queries.now())
    answer(call("POST", "/configuration/apply", STATUS))
    again = answer(call("POST", "/configuration/apply", STATUS))
    assert {one["action"] for one in again["plan"]} == {"leave"}
    shown = answer(call("GET", "/status-pages/main"))
    assert [(one["name"], one["service"]) for one in shown["components"]] == [
        ("Checkout", "checkout"),
        ("API", None),
    ]
    answer(call("POST", "/configuration/apply", "version: 1\nstatus_pages: [{slug: main, name: Acme}]\n"))
    shown = answer(call("GET", "/status-pages/main"))
    assert (shown["name"], len(shown["components"])) == ("Acme", 2)
    wrong = STATUS.replace("service: checkout", "service: nowhere")
    assert call("POST", "/configuration/apply", wrong).status_code == 422
