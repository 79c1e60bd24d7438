"""What is muted, by API and on its screen: now, as a calendar, ended early and let go on, with undo."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from calling import Call, answer, problem
from engine import settle
from muster.core.permissions import system
from muster.core.signals import SignalSeverity
from muster.detect.commands import receive_signals
from muster.evaluate import commands as evaluate
from muster.evaluate.models import Rule, Silence
from muster.foundation.access import commands, queries
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.reactor import prepare
from people import Cast
from ruling import local
from senders import trigger

HOUR = timedelta(hours=1)


@pytest.fixture
def muted(key: str, cast: Cast, rule: Any) -> None:
    """A silence of half an hour that holds a critical alert, and weekly work that goes on."""
    prepare()
    receive_signals([trigger(key, "k1", severity=SignalSeverity.CRITICAL)])
    settle()
    ben = cast("ben")
    evaluate.create_silence(
        ["severity=critical"],
        actor=ben.actor,
        at=ben.at,
        starts_at=ben.at,
        ends_at=ben.at + HOUR / 2,
        why="Moving the database",
    )
    fields = {"starts": local(ben.at - HOUR), "lasts": "4h", "timezone": "UTC", "repeat": "FREQ=DAILY"}
    rule("upgrades", "maintenance", services=["checkout"], **fields)
    settle()


def page(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content[:500]
    return str(response.content.decode())


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_api_says_what_is_muted_now_and_what_comes(call: Call, muted: None) -> None:
    told = answer(call("GET", "/muted", who="sam"))
    silence, work = told["now"]
    assert (silence["kind"], silence["by"], silence["why"]) == ("silence", "ben", "Moving the database")
    assert (silence["ends_within_the_hour"], work["ends_within_the_hour"]) == (True, False)
    assert silence["caught_when_made"] == {"alerts": 1, "services": 1}
    assert silence["alerts_now"] + work["alerts_now"] == 1
    assert (work["key"], work["about"], work["recurs"]) == ("upgrades", ["checkout"], True)
    assert len([one for one in told["calendar"] if one["kind"] == "maintenance"]) in (7, 8)
    assert answer(call("GET", "/muted?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z"))["calendar"] == []
    answer(call("GET", "/muted?from=yesterday"), 422)


@pytest.mark.parametrize("far", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2200-01-01T00:00:00Z"])
def test_the_api_asks_for_times_of_this_age(call: Call, muted: None, far: str) -> None:
    for query in (f"from={far}", f"to={far}"):
        assert "between the years 2000 and 2200" in str(answer(call("GET", f"/muted?{query}"), 422))
    [work] = [one for one in answer(call("GET", "/muted"))["now"] if one["kind"] == "maintenance"]
    body = {"starts_at": work["starts_at"], "ends_at": work["ends_at"]}
    for name in body:
        answer(call("POST", "/rules/upgrades/work-end", body | {name: far}), 422)
    answer(call("POST", f"/silences/{Silence.objects.get().pk}/extend", {"ends_at": far}), 422)


def test_the_api_moves_ends_and_previews(call: Call, muted: None) -> None:
    number = Silence.objects.get().pk
    before = Silence.objects.get().ends_at
    answer(call("POST", f"/silences/{number}/extend", {"for": "2h"}, who="ana"))
    assert Silence.objects.get().ends_at > before
    problem(call("POST", f"/silences/{number}/extend", {"for": "x"}), 422, "silence_needs_an_end")
    problem(call("POST", f"/silences/{number}/extend", {"for": "2h"}, who="sam"), 403, "role")
    problem(call("POST", "/silences/99/extend", {"for": "2h"}), 404, "silence_not_found")
    answer(call("POST", f"/silences/{number}/end"))
    problem(call("POST", f"/silences/{number}/extend", {"for": "2h"}), 409, "muting_is_over")
    assert answer(call("POST", f"/silences/{number}/restore"))["state"] == "active"
    told = answer(call("POST", "/silences/preview", {"matchers": ["severity=critical"]}))
    assert (told["alerts"], told["services"], told["critical"]) == (1, ["checkout"], 1)
    assert told["examples"][0]["id"] == "ALR-1"
    problem(call("POST", "/silences/preview", {"matchers": ["what"]}), 422, "bad_matcher")
    [work] = [one for one in answer(call("GET", "/muted"))["now"] if one["kind"] == "maintenance"]
    body = {"starts_at": work["starts_at"], "ends_at": work["ends_at"]}
    answer(call("POST", "/rules/upgrades/work-end", body))
    wrong = body | {"starts_at": "2020-01-01T00:00:00Z"}
    problem(call("POST", "/rules/upgrades/work-end", wrong), 404, "no_work_begins_then")


def test_the_screen_says_what_is_muted_by_whom_why_until_when_and_what_it_swallowed(
    enter: Any, muted: None
) -> None:
    html = page(enter("ana").get("/alerts/muted"))
    said = words(html)
    assert "Two things are muted." in said
    assert "1 alert is held back. 1 ends within the hour." in said
    assert "1 critical alert is muted." in said
    assert "Moving the database (Ben)" in said
    assert "holds 1 alert" in said
    assert "ends within the hour" in said
    assert "End it now" in said
    assert 'class="sched"' in html
    assert page(enter("sam").get("/alerts/muted?view=month")).count("End it now") == 0


@pytest.mark.parametrize(
    "query", ["view=year", "from=yesterday", "from=2026-02-30", "view=month&from=2199-12-31", "from=0000"]
)
def test_an_address_that_makes_no_sense_is_answered(enter: Any, muted: None, query: str) -> None:
    page(enter("ana").get(f"/alerts/muted?{query}"))


@pytest.fixture
def worst(cast: Cast, standard: None, key: str) -> str:
    """An incident of the worst level about checkout, to which no alert belongs."""
    ben, checkout = cast("ben"), Service.objects.get(handle="checkout")
    said = evaluate.Declaration("Checkout is down", services=(checkout.pk,), severity="SEV1")
    return evaluate.declare_incident(said, actor=ben.actor, at=ben.at).public_id


def test_work_on_a_service_of_the_worst_incident_is_marked_before_it_holds_anything(
    enter: Any, call: Call, worst: str, cast: Cast, rule: Any
) -> None:
    fields = {"starts": local(cast("ben").at - HOUR), "lasts": "4h", "timezone": "UTC"}
    rule("upgrades", "maintenance", services=["checkout"], **fields)
    [told] = answer(call("GET", "/muted"))["now"]
    assert (told["worst_incidents"], told["alerts_now"]) == ([worst], 0)
    html = page(enter("ana").get("/alerts/muted"))
    assert f"A service of {worst} is muted." in html
    assert f"mutes a service of {worst}" in html


def test_a_silence_says_that_it_holds_alerts_and_not_that_the_service_is_muted(
    enter: Any, worst: str, cast: Cast, key: str
) -> None:
    ben = cast("ben")
    end = ben.at + HOUR
    evaluate.create_silence(
        ["severity=critical"], actor=ben.actor, at=ben.at, starts_at=ben.at, ends_at=end, why="Moving"
    )
    assert worst not in page(enter("ana").get("/alerts/muted"))
    receive_signals([trigger(key, "k1", severity=SignalSeverity.CRITICAL)])
    settle()
    html = page(enter("ana").get("/alerts/muted"))
    assert f"Alerts of a service of {worst} are held back." in html
    assert f"holds back alerts of a service of {worst}" in html
    assert "is muted." not in words(html).replace("One thing is muted.", "")


def test_what_is_left_out_of_the_calendar_is_said(
    enter: Any, call: Call, cast: Cast, rule: Any, key: str
) -> None:
    """Ten works a day in a month of 31 days are more than are shown."""
    fields = {"starts": "2030-01-01T10:00", "lasts": "1h", "timezone": "UTC", "repeat": "FREQ=DAILY"}
    for number in range(10):
        rule(f"daily-{number}", "maintenance", services=["checkout"], **fields)
    ana, where = enter("ana"), "from=2030-01-0{}T00:00:00Z&to=2030-02-01T00:00:00Z"
    told = answer(call("GET", f"/muted?{where.format(1)}"))
    assert (len(told["calendar"]), told["whole"]) == (300, False)
    assert answer(call("GET", f"/muted?{where.format(2)}"))["whole"] is True
    said = "Only the 300 that end first are shown."
    assert said in page(ana.get("/alerts/muted?view=month&from=2030-01-10"))
    assert said not in page(ana.get("/alerts/muted?from=2030-01-10"))


def test_days_stand_on_the_viewers_wall(enter: Any, cast: Cast, rule: Any, key: str) -> None:
    """23:30 in UTC is the next day in Tokyo."""
    fields = {"starts": "2030-05-14T23:30", "lasts": "30m", "timezone": "UTC"}
    rule("late", "maintenance", services=["checkout"], **fields)
    where = "/alerts/muted?from=2030-05-14"
    assert "Tuesday 14 May 23:30 to" in words(page(enter("ana").get(where))).replace("late ", "")
    commands.change_person(
        cast.id("ana"), {"timezone": "Asia/Tokyo"}, actor=system("tests"), at=queries.now()
    )
    said = words(page(enter("ana").get(where))).replace("late ", "")
    assert "Wednesday 15 May 08:30 to 09:00" in said
    assert "Tuesday 14 May" not in said


def _buttons(html: str, verb: str, kind: str) -> dict[str, str]:
    forms = re.findall(r'<form class="action"[^>]*action="/alerts/muted/act".*?</form>', html, re.S)
    found = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]
    [one] = [one for one in found if one["verb"] == verb and one["by"].startswith(kind)]
    return {name: unescape(value) for name, value in one.items() if name != "csrfmiddlewaretoken"}


@pytest.mark.parametrize("kind", ["silence", "maintenance"])
def test_it_is_ended_early_and_undone(enter: Any, muted: None, kind: str) -> None:
    ana = enter("ana")
    ana.post("/alerts/muted/act", _buttons(page(ana.get("/alerts/muted")), "end", kind))
    html = page(ana.get("/alerts/muted"))
    assert "One thing is muted." in html
    [undone] = re.findall(r'action="(/alerts/muted/undo\?[^"]+)"', html)
    ana.post(unescape(undone))
    assert "Two things are muted." in page(ana.get("/alerts/muted"))


@pytest.mark.parametrize("kind", ["silence", "maintenance"])
def test_it_goes_on_for_an_hour_more_and_is_undone(enter: Any, muted: None, kind: str) -> None:
    ana = enter("ana")
    was = Silence.objects.get().ends_at
    ana.post("/alerts/muted/act", _buttons(page(ana.get("/alerts/muted")), "extend", kind))
    moved = Silence.objects.get().ends_at - was
    ends = Rule.objects.get().ends
    assert (moved == HOUR) is (kind == "silence")
    assert (ends is not None) is (kind == "maintenance")
    [undone] = re.findall(r'action="(/alerts/muted/undo\?[^"]+)"', page(ana.get("/alerts/muted")))
    ana.post(unescape(undone))
    assert Silence.objects.get().ends_at == was


@pytest.mark.parametrize("kind", ["silence", "maintenance"])
def test_undo_takes_back_what_was_done_and_not_what_somebody_else_did_since(
    enter: Any, muted: None, kind: str
) -> None:
    ana, ben = enter("ana"), enter("ben")
    ana.post("/alerts/muted/act", _buttons(page(ana.get("/alerts/muted")), "extend", kind))
    [undone] = re.findall(r'action="(/alerts/muted/undo\?[^"]+)"', page(ana.get("/alerts/muted")))
    ben.post("/alerts/muted/act", _buttons(page(ben.get("/alerts/muted")), "end", kind))
    page(ana.post(unescape(undone)), 409)
    assert "One thing is muted." in page(ana.get("/alerts/muted"))
    page(ana.post(unescape(undone).partition("&left=")[0]), 409)


def test_what_is_over_or_made_up_is_refused(enter: Any, muted: None) -> None:
    ana, sam = enter("ana"), enter("sam")
    said = _buttons(page(ana.get("/alerts/muted")), "end", "silence")
    page(sam.post("/alerts/muted/act", said), 403)
    for wrong in ({"by": "silence:99"}, {"start": "soon"}, {"start": "2020-01-01T00:00:00"}, {"by": ""}):
        page(ana.post("/alerts/muted/act", said | wrong), 409)
    page(
        ana.post("/alerts/muted/undo?by=silence:99&start=2020-01-01T00:00:00Z&end=2020-01-01T00:00:00Z"), 404
    )


def test_the_forms_say_what_would_be_matched_now(enter: Any, muted: None) -> None:
    ana = enter("ana")
    said = {"matchers": "severity=critical", "why": "x", "for": "2h", "do": "try"}
    html = page(ana.post("/settings/silences", said))
    assert "Now it matches 1 open alert of checkout, 1 of it critical." in html
    work = {"handle": "w", "name": "w", "why": "x", "services": "checkout", "do": "try", "lasts": "2h"}
    work |= {"starts": "2030-01-01T10:00", "timezone": "UTC"}
    assert "Now it matches 1 open alert of checkout" in page(ana.post("/rules/new?kind=maintenance", work))
