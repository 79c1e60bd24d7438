"""`muster readiness` and `muster test-page`, and contacts of every kind in the file, over a real socket."""

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from calling import Call, answer
from muster.foundation.access.models import Contact
from muster.processes.main import command_line
from people import Cast
from served import served

Run = Callable[..., Result]
FILE = """
version: 1
people:
  - {handle: dora, name: Dora, role: responder,
     contacts: [{kind: ntfy, server: "https://ntfy.example.com", topic: dora-7, token: tk_x},
                {kind: email, address: dora@example.com}],
     rules: {high: [{after: 0s, use: ntfy}, {after: 5m, use: email}]}}
  - {handle: emil, name: Emil, role: responder}
teams: [{handle: payments, name: Payments, members: [dora, emil]}]
"""


@pytest.fixture
def muster(call: Call, cast: Cast) -> Iterator[Run]:
    """Run `muster` as the admin, with a team of two."""
    answer(call("POST", "/configuration/apply", FILE))
    app = command_line(["readiness", "test-page"])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def test_a_contact_from_the_file_counts_as_proved_and_says_what_was_never_shown(muster: Run) -> None:
    told = muster("readiness", "--team", "payments", "--json")
    assert told.exit_code == 1  # emil cannot be reached
    dora, emil = json.loads(told.stdout)
    assert (dora["reachable"], dora["ways"]) == (True, ["ntfy", "email"])
    assert dora["lacks"] == ["never_proved", "never_proved"]
    assert (emil["reachable"], emil["lacks"]) == (False, ["no_contact"])


def test_a_test_page_is_sent_to_all_or_to_one(muster: Run) -> None:
    sent = json.loads(muster("test-page", "--person", "dora", "--json").stdout)
    assert [row["contact"] for row in sent] == ["ntfy", "email"]
    assert {row["state"] for row in sent} == {"queued"}
    one = json.loads(muster("test-page", "--person", "dora", "--contact", "email", "--json").stdout)
    assert [row["channel"] for row in one] == ["email"]


def test_the_file_changes_nothing_twice_and_is_written_back_without_its_secrets(  # I23
    call: Call, muster: Run
) -> None:
    def actions(text: str) -> set[str]:
        plan = answer(call("POST", "/configuration/apply?dry_run=true", text))["plan"]
        return {line["action"] for line in plan if line["section"] == "people"}

    assert actions(FILE) == {"leave"}
    exported = call("GET", "/configuration/export").content.decode()
    assert "topic: dora-7" in exported
    assert "tk_x" not in exported
    assert actions(exported) == {"leave"}
    moved = exported.replace("dora-7", "dora-8")
    answer(call("POST", "/configuration/apply", moved))
    contact = Contact.objects.get(person__handle="dora", kind="ntfy")
    assert (contact.target["topic"], contact.target["token"]) == ("dora-8", "tk_x")
    answer(call("POST", "/configuration/apply", FILE.replace("tk_x", "tk_new")))
    contact.refresh_from_db()
    assert contact.target["token"] == "tk_new"
    answer(call("POST", "/configuration/apply", FILE.replace("token: tk_x", "token: 'kept:0000'")), 422)
