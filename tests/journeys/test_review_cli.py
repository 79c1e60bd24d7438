"""The command line of review, against the API over a real socket."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from engine import settle
from learning import publish_default, resolved
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.processes.main import command_line
from people import Cast
from served import served

Run = Callable[..., Result]


@pytest.fixture
def muster(cast: Cast) -> Iterator[Run]:
    """Run `muster` as the admin, after an incident that ana resolved."""
    prepare()
    publish_default(queries.now())
    resolved(cast("ana"), after=timedelta(minutes=70))
    settle()
    app = command_line(["postmortem", "actions", "action", "metrics"])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def read(run: Run, *words: str) -> Any:
    """What it prints for programs."""
    result = run(*words, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_a_postmortem_is_written_and_published_at_the_terminal(muster: Run, tmp_path: Path) -> None:
    [listed] = read(muster, "postmortem", "list")
    incident = listed["incident"]
    words = tmp_path / "lucky.md"
    words.write_text("It was daytime.\x1b[2J")
    assert read(muster, "postmortem", "write", incident, "got_lucky", "--file", str(words))["version"] == 2
    shown = muster("postmortem", "show", incident).stdout
    assert "## Where we got lucky\n\nIt was daytime. [2J" in shown
    assert "_What helped?_" in shown
    wrong = muster("postmortem", "write", incident, "duration", "two hours")
    assert wrong.exit_code != 0
    for section in read(muster, "postmortem", "show", incident)["sections"]:
        if section["version"] is not None:
            read(muster, "postmortem", "write", incident, section["key"], "Known.")
    assert read(muster, "postmortem", "submit", incident)["state"] == "in_review"
    assert read(muster, "postmortem", "return", incident, "--why", "more")["state"] == "draft"
    read(muster, "postmortem", "submit", incident)
    assert read(muster, "postmortem", "publish", incident)["state"] == "published"


def test_action_items_and_figures_at_the_terminal(muster: Run) -> None:
    incident = read(muster, "postmortem", "list")[0]["incident"]
    item = read(
        muster, "action", "add", incident, "Gate on saturation", "--owner", "ben", "--tag", "detection"
    )
    assert read(muster, "actions", "--owner", "ben", "--state", "open") == [item]
    changed = read(muster, "action", "change", item["id"], "--ticket", "PAY-1")
    assert changed["ticket"] == "PAY-1"
    assert read(muster, "action", "done", item["id"])["state"] == "done"
    assert read(muster, "action", "reopen", item["id"], "--why", "not yet")["state"] == "open"
    assert read(muster, "action", "drop", item["id"], "--why", "retired")["state"] == "dropped"
    assert read(muster, "metrics", "--period", "30d")["total"] == 1
    assert "MTTR" in muster("metrics", "--period", "30d").stdout
