"""The command line of heartbeats, against the API over a real socket; and the file that names them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from calling import Call, answer
from muster.core.heartbeats import PingKind
from muster.detect.commands import Heard, Said, key_hash, receive_pings
from muster.processes.main import command_line
from people import Cast
from served import served

Run = Callable[..., Result]
FILE = """
version: 1
services: [{handle: checkout, name: Checkout}]
heartbeats:
  - {handle: backup, service: checkout, schedule: "0  3 * * *", timezone: Europe/Madrid, grace: 30m}
"""


@pytest.fixture
def muster(call: Call, cast: Cast) -> Iterator[Run]:
    """Run `muster` as the admin."""
    answer(call("POST", "/services", {"handle": "checkout", "name": "Checkout"}), 201)
    app = command_line(["heartbeat", "service"])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def read(run: Run, *words: str) -> Any:
    """What it prints for programs."""
    result = run(*words, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_a_job_is_expected_tried_paused_and_retired_on_the_command_line(muster: Run) -> None:
    assert read(muster, "heartbeat", "preview", "0 3 * * *")["words"] == "At 03:00 every day (UTC)"
    made = read(muster, "heartbeat", "add", "backup", "--service", "checkout", "--schedule", "1h")
    assert receive_pings([Said(key_hash(made["key"]), PingKind.SUCCESS)]) == [Heard.KEPT]
    [row] = read(muster, "heartbeat", "list")
    assert (row["handle"], row["name"], row["state"]) == ("backup", "backup", "up")
    assert read(muster, "heartbeat", "change", "backup", "--grace", "1h")["grace"] == "1h"
    assert [one["kind"] for one in read(muster, "heartbeat", "pings", "backup")] == ["success"]
    assert read(muster, "heartbeat", "pause", "backup")["state"] == "paused"
    assert read(muster, "heartbeat", "resume", "backup")["state"] == "up"
    assert read(muster, "heartbeat", "rotate", "backup")["key"] != made["key"]
    assert muster("heartbeat", "retire", "backup").exit_code == 0
    assert read(muster, "heartbeat", "list", "--active") == []
    assert muster("heartbeat", "restore", "backup").exit_code == 0
    assert "backup" in muster("heartbeat", "show", "backup").stdout


def test_a_file_names_heartbeats_and_the_second_time_there_is_nothing_to_do(call: Call) -> None:
    done = answer(call("POST", "/configuration/apply", FILE))
    [shown] = done["heartbeats"]
    assert shown["url"].endswith(f"/ping/{shown['key']}")
    assert receive_pings([Said(key_hash(shown["key"]), PingKind.SUCCESS)]) == [Heard.KEPT]
    again = answer(call("POST", "/configuration/apply", FILE))
    assert set(again["counts"]) == {"leave"}
    assert again["heartbeats"] == []
    row = answer(call("GET", "/heartbeats/backup"))
    assert (row["schedule"], row["timezone"], row["grace"]) == ("0 3 * * *", "Europe/Madrid", "30m")
    changed = answer(call("POST", "/configuration/apply", FILE.replace("30m", "1h")))
    assert [step["fields"] for step in changed["plan"] if step["section"] == "heartbeats"] == [["grace"]]
    left = answer(call("POST", "/configuration/apply?prune=true", "version: 1\n"))
    retired = {step["handle"] for step in left["plan"] if step["action"] == "retire"}
    assert retired == {"backup", "checkout"}
    assert answer(call("GET", "/heartbeats/backup"))["retired_at"] is not None


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{handle: a, service: none, schedule: 1h}", "no none in services"),
        ("{handle: a, schedule: 1h}", "needs a service"),
        ("{handle: a, service: checkout}", "needs a schedule"),
        ("{handle: a, service: checkout, schedule: often}", "often is no schedule"),
        ("{handle: a, service: checkout, schedule: 1h, severity: SEV1}", "severity"),
    ],
)
def test_what_a_file_says_wrongly_is_told_with_its_line(call: Call, entry: str, reason: str) -> None:
    text = f"version: 1\nservices: [{{handle: checkout, name: Checkout}}]\nheartbeats:\n  - {entry}\n"
    body = answer(call("POST", "/configuration/apply", text), 422)
    [found] = body["errors"]
    assert found["line"] == 4
    assert reason in f"{found['path']} {found['reason']}"
