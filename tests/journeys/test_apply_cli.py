"""The command line against the API: `muster apply`, `export`, `timeline`, lists, and their exit codes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from muster.core.permissions import system
from muster.foundation.access import commands, queries
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.models import Event
from people import Cast
from served import served

MUSTER = str(Path(sys.executable).with_name("muster"))
FILE = """\
version: 1
teams: [{handle: payments, name: Payments, members: [ana]}]
services:
  - {handle: checkout, name: Checkout, team: payments}
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def url(cast: Cast) -> Iterator[str]:
    """Where the API answers."""
    with served() as found:
        yield found


@pytest.fixture
def muster(cast: Cast, url: str, tmp_path: Path) -> Run:
    """Run `muster` as the admin, or with another environment."""

    def run(*words: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": "/usr/bin:/bin", "MUSTER_URL": url, "MUSTER_TOKEN": cast.token} | environment
        return subprocess.run(
            [MUSTER, *words], env=env, input=stdin, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )

    return run


def test_apply_shows_its_plan_then_does_it_then_has_nothing_to_do(muster: Run, tmp_path: Path) -> None:
    """Design 13."""
    (tmp_path / "acme.yaml").write_text(FILE)
    planned = muster("apply", "-f", "acme.yaml", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "+ create services checkout" in planned.stdout
    assert planned.stdout.splitlines()[-1].startswith("Would be: 2 create")
    assert not Service.objects.filter(handle="checkout").exists()
    assert "Done: 2 create" in muster("apply", "-f", "acme.yaml").stdout
    again = json.loads(muster("apply", "-f", "-", "--json", stdin=FILE).stdout)
    assert again["counts"] == {"leave": 2}
    assert again["integrations"] == []


def test_a_wrong_file_is_told_as_file_line_reason_with_exit_code_1(muster: Run, tmp_path: Path) -> None:
    """What editors and people can jump to."""
    (tmp_path / "acme.yaml").write_text("version: 1\nteams:\n  - {handle: a, members: [nobody]}\n")
    refused = muster("apply", "-f", "acme.yaml")
    assert refused.returncode == 1
    assert refused.stderr.startswith("acme.yaml:3: teams.0.members.0: there is no nobody in people")
    assert "nothing was changed" in refused.stderr
    assert muster("apply", "-f", "missing.yaml").returncode == 1


def test_what_export_writes_apply_leaves_alone(muster: Run) -> None:
    """The same form back."""
    muster("apply", "-f", "-", stdin=FILE)
    written = muster("export").stdout
    assert yaml.safe_load(written)["teams"][0]["members"] == ["ana"]
    assert set(json.loads(muster("apply", "-f", "-", "--json", stdin=written).stdout)["counts"]) == {"leave"}


def test_lists_are_complete_unless_limited_and_newest_first(muster: Run) -> None:
    """Over several pages of the API."""
    for number in range(205):
        commands.add_person(
            actor=system("tests"), at=queries.now(), handle=f"p{number}", name="P", role="responder"
        )
    everybody = json.loads(muster("people", "list", "--json").stdout)
    assert len(everybody) == 212
    assert everybody[0]["handle"] == "p204"
    assert len(json.loads(muster("people", "list", "--json", "--limit", "3").stdout)) == 3


def test_the_timeline_is_read_newest_first(muster: Run) -> None:
    """With the shape of design 13."""
    events = json.loads(muster("timeline", "--json").stdout)
    assert len(events) == Event.objects.count()
    assert set(events[0]) == {"seq", "at", "kind", "actor", "subject", "payload", "hash"}


def test_a_table_holds_no_control_characters_of_strangers(muster: Run) -> None:
    """A name must not move the reader's cursor."""
    commands.add_person(
        actor=system("tests"), at=queries.now(), handle="eve", name="E\x1b[31mve", role="responder"
    )
    table = muster("people", "list").stdout
    assert "E [31mve" in table
    assert "\x1b" not in table


def test_a_refusal_is_one_sentence_and_exit_code_1(muster: Run, cast: Cast) -> None:
    """The command's own words, whatever the door."""
    answer = muster("service", "show", "nope")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "muster: There is no service nope.\n"
    token = commands.create_token(cast.id("ana"), actor=system("tests"), at=queries.now(), name="t")
    assert "Your role does not allow this" in muster("export", MUSTER_TOKEN=token).stderr


WRONG = (
    ({"MUSTER_TOKEN": ""}, 1, "MUSTER_TOKEN"),
    ({"MUSTER_TOKEN": "wrong"}, 1, "unknown or revoked"),
    ({"MUSTER_URL": "ftp://x"}, 1, "MUSTER_URL"),
    ({"MUSTER_URL": "http://127.0.0.1:9"}, 3, "does not answer"),
)


def test_a_wrong_environment_is_told_in_one_line(muster: Run, subtests: pytest.Subtests) -> None:
    """With what to change."""
    for environment, code, words in WRONG:
        with subtests.test(environment=environment):
            answer = muster("people", "list", **environment)
            assert answer.returncode == code
            assert words in answer.stderr
            assert answer.stderr.count("\n") == 1
