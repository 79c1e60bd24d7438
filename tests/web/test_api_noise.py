"""`/noise` and feedback on alerts, by API, screen and command line: happy, refused, stranger, missing."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from calling import Call, answer, problem
from entering import Enter
from learning import publish_default
from muster.core.permissions import system
from muster.detect.models import Alert
from muster.evaluate.models import Rule
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.processes.main import COMMANDS, command_line
from noisy import Blink
from people import Cast
from senders import make_service
from served import served


@pytest.fixture
def noisy(cast: Cast, blink: Blink) -> Alert:
    """Six alerts that woke Ana and were over by themselves; there is a service orders beside."""
    make_service(actor=system("tests"), at=queries.now(), handle="orders")
    return [blink() for _ in range(6)][-1]


@pytest.fixture(autouse=True)
def begun(cast: Cast) -> None:
    """Lanes stand at the head; the default Standard is in force."""
    prepare()
    publish_default(queries.now())


def body(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


def test_feedback_is_given_changed_and_taken_back(call: Call, noisy: Alert) -> None:
    path = f"/alerts/{noisy.public_id}/feedback"
    said = answer(call("POST", path, {"said": "noise"}, who="ana"))["feedback"]
    assert [(one["person"], one["said"], one["service"]) for one in said] == [("ana", "noise", None)]
    body_ = {"said": "wrong_target", "service": "orders"}
    [changed] = answer(call("POST", path, body_, who="ana"))["feedback"]
    assert (changed["said"], changed["service"]) == ("wrong_target", "orders")
    listed = answer(call("GET", "/alerts", who="sam"))["items"][0]
    assert listed["feedback"] == [changed]
    assert answer(call("DELETE", path, who="ana"))["feedback"] == []


def test_feedback_is_refused_in_words(call: Call, noisy: Alert) -> None:
    path = f"/alerts/{noisy.public_id}/feedback"
    problem(call("POST", path, {"said": "noise"}, who="ada"), 403, "role")
    problem(call("POST", "/alerts/ALR-999/feedback", {"said": "noise"}), 404, "alert_not_found")
    answer(call("POST", path, {"said": "rubbish"}), 422)
    said = problem(
        call("POST", path, {"said": "noise", "service": "orders"}), 422, "feedback_names_a_service"
    )
    assert said.startswith("Name a service only with wrong_target")
    problem(call("POST", path, {"said": "wrong_target", "service": "no"}), 404, "service_not_found")


def test_the_report_holds_counts_and_suggestions(call: Call, noisy: Alert) -> None:
    # R43
    told = answer(call("GET", "/noise", who="ana"))
    assert (told["period"], told["is_whole"]) == ("30d", True)
    [line] = told["items"]
    assert {name: line[name] for name in ("alert", "title", "service", "integration")} == {
        "alert": noisy.public_id,
        "title": "ProbeFailed",
        "service": "checkout",
        "integration": "am",
    }
    assert (line["fired"], line["interruptions"], line["persons"]) == (6, 6, 1)
    assert line["feedback"] == {"useful": 0, "noise": 0, "duplicate": 0, "wrong_target": 0}
    assert {name: told["total"][name] for name in ("fired", "interruptions")} == {
        "fired": 6,
        "interruptions": 6,
    }
    pause = next(one for one in line["suggestions"] if one["remedy"] == "pause")
    assert (pause["proposal"], pause["kind"]) == ("Wait 3 min before paging", "wait")
    assert pause["reason"] == "6 of 6 closed by themselves within 3 min"
    assert "Ana" not in json.dumps(told), "people are counted, never named"


def test_the_report_is_asked_for_in_words(call: Call, noisy: Alert) -> None:
    assert len(answer(call("GET", "/noise?by=service&service=checkout"))["items"]) == 1
    assert answer(call("GET", "/noise?service=orders"))["items"] == []
    problem(call("GET", "/noise?team=nobody"), 404, "team_not_found")
    answer(call("GET", "/noise?by=people"), 422)
    answer(call("GET", "/noise?period=for%20ever"), 404)


def test_a_suggestion_is_tried_taken_measured_and_taken_back(call: Call, noisy: Alert) -> None:
    path = f"/noise/{noisy.public_id}/pause"
    tried = answer(call("POST", f"{path}/try"))
    assert tried["trial"]["held"] == 6
    problem(call("POST", f"{path}/try", who="ana"), 403, "role")
    problem(call("POST", path, {"mark": "another"}), 409, "suggestion_changed_since")
    problem(call("POST", path, {}, who="ana"), 403, "role")
    problem(call("POST", f"/noise/{noisy.public_id}/drop", {}), 404, "noise_suggests_no_such_thing")
    problem(call("POST", "/noise/ALR-999/pause", {}), 404, "alert_not_found")
    made = answer(call("POST", path, {"mark": tried["suggestion"]["mark"]}), 201)
    assert (made["kind"], made["author"], made["state"]) == ("wait", "admin", "active")
    [effect] = answer(call("GET", "/noise/effects", who="ana"))["items"]
    assert (effect["rule"], effect["verdict"]) == (made["handle"], "too_early")
    assert effect["sentence"].startswith("Too early to say")
    assert (effect["before"]["counted"], effect["after"]["counted"]) == (6, 0)
    assert answer(call("POST", f"/rules/{made['handle']}/retire"))["state"] == "retired"


def test_the_spreadsheet_has_a_row_for_each_line(call: Call, noisy: Alert) -> None:
    response = call("GET", "/noise/export", who="sam")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(response.content.decode()))
    assert (row["alert"], row["fired"], row["interruptions"]) == (noisy.public_id, "6", "6")
    assert "Wait 3 min before paging (6 of 6" in row["suggestions"]


def test_the_alerts_screen_takes_a_word_and_shows_it(enter: Enter, noisy: Alert) -> None:
    """Without JavaScript; the timeline tells it too."""
    ana, url = enter("ana"), f"/alerts/{noisy.public_id}"
    page = body(ana.get(url))
    assert "Was it worth it?" in page
    assert "Take it back" not in page
    said = {"said": "wrong_target", "service": "orders"}
    assert ana.post(f"{url}/feedback", said).headers["Location"] == f"{url}#feedback"
    page = body(ana.get(url))
    assert "belongs to orders" in page
    assert "said that the alert belongs elsewhere: orders" in page
    ana.post(f"{url}/feedback", {"said": "noise", "service": "orders"})
    assert "belongs to orders" not in body(ana.get(url))
    ana.post(f"{url}/feedback", {"do": "withdraw"})
    assert "took back what they had said of the alert" in body(ana.get(url))
    assert 'name="said"' not in body(enter("ada").get(url)), "auditors only read"
    body(ana.post(f"{url}/feedback", {"said": "rubbish"}), 422)


def test_the_screens_lead_from_the_report_to_the_rule_and_back(enter: Enter, noisy: Alert) -> None:
    admin = enter("admin")
    page = body(admin.get("/reports/noise"))
    assert "6 interruptions" in page
    assert "Wait 3 min before paging: ProbeFailed" in page
    url = f"/reports/noise/{noisy.public_id}/pause?period=30d"
    shown = body(admin.get(url))
    assert "It would have held back 6 of 6 alerts." in shown
    assert "The last 30 days" in shown
    wrong = admin.post(f"{url}&mark=another")
    assert "The figures have changed since you looked" in body(wrong, 409)
    mark = shown.split("mark=", 1)[1].split('"', 1)[0]
    made = admin.post(f"{url}&mark={mark}")
    assert made.headers["Location"] == "/reports/noise?period=30d"
    row = Rule.objects.get()
    page = body(admin.get("/reports/noise"))
    assert "What was done, and whether it helped" in page
    assert "too early to say" in page
    assert f"/settings/rules/{row.handle}/retire" in page, "it is undone with one click"
    admin.post(f"/settings/rules/{row.handle}/retire")
    assert "taken back" in body(admin.get("/reports/noise"))


def test_who_may_make_no_rule_reads_why_and_whom_to_ask(enter: Enter, noisy: Alert) -> None:
    ana, url = enter("ana"), f"/reports/noise/{noisy.public_id}/pause"
    page = body(ana.get(url))
    assert "6 of 6 closed by themselves" in page
    assert "An admin makes rules." in page
    assert "Make it" not in page
    body(ana.post(url), 403)
    body(ana.get(f"/reports/noise/{noisy.public_id}/drop"), 404)
    body(ana.get("/reports/noise/ALR-999/pause"), 404)


def test_without_alerts_the_report_says_so(enter: Enter) -> None:
    assert "No alert fired in this period." in body(enter("ana").get("/reports/noise"))


def test_the_service_and_the_reports_lead_to_noise(enter: Enter, noisy: Alert) -> None:
    ana = enter("ana")
    assert "6 of the last 6 alerts closed by themselves, in 30 days." in body(ana.get("/services/checkout"))
    assert 'href="/reports/noise"' in body(ana.get("/reports"))


@pytest.fixture
def muster(cast: Cast, noisy: Alert) -> Iterator[Callable[..., Result]]:
    """Run `muster` as the admin."""
    app = command_line([name for name in COMMANDS if name in ("alert", "noise", "rule")])
    with served() as url:
        env = {"MUSTER_URL": url, "MUSTER_TOKEN": cast.token}
        yield lambda *words: CliRunner().invoke(app, list(words), env=env)


def test_the_same_at_the_terminal(muster: Callable[..., Result], noisy: Alert) -> None:
    def run(*words: str) -> str:
        result = muster(*words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    assert "noise" in run("alert", "feedback", noisy.public_id, "noise")
    assert json.loads(run("alert", "feedback", noisy.public_id, "none", "--json"))["feedback"] == []
    assert "pause: Wait 3 min before paging (6 of 6 closed" in run("noise", "list")
    assert json.loads(run("noise", "list", "--json"))["items"][0]["fired"] == 6
    assert run("noise", "export", "--service", "orders").count("\n") == 1
    assert "It would have held back 6 of 6 alerts." in run(
        "noise", "try", noisy.public_id, "pause", "--period", "7d"
    )
    made = json.loads(run("noise", "take", noisy.public_id, "pause", "--json"))
    assert "Too early to say" in run("noise", "effects")
    run("rule", "retire", made["handle"])
