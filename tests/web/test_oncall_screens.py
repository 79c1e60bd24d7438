"""On-call on the screens: the picture's own data, the editor, asking for cover. R39, B9, B11, O14"""

import itertools
import json
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from acme import ACME
from calling import Call, answer
from database import Clock
from entering import signed_in
from muster.foundation.access.models import Person
from muster.mobilize.oncall.models import CoverRequest, Feed, Leave, Override, Schedule
from muster.mobilize.oncall.queries import latest_specs, on_call_at
from people import Cast

NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)


@pytest.fixture
def enter(cast: Cast, call: Call, clock: Clock) -> Any:
    """Sign somebody in to the house of design 13, on a Monday at eleven."""
    clock.set(NOW)
    answer(call("POST", "/configuration/apply", ACME))

    return lambda handle: signed_in(cast, handle)


def body(response: Any, status: int = 200) -> str:
    """The page."""
    assert response.status_code == status, response.content[:2000]
    return str(response.content.decode())


def test_the_screens_own_data_are_what_the_engine_says(enter: Any) -> None:
    """O14: at every instant of four weeks, gaps included."""
    page = body(enter("sam").get("/oncall/payments-primary?days=28"))
    data = json.loads(re.search(r'<script id="oncall-shifts"[^>]*>(.*?)</script>', page)[1])  # type: ignore[index]
    shown = [
        (datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["until"]), set(one["people"]))
        for one in data["shifts"]
    ]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(shown))
    row, handles = Schedule.objects.get(), dict(Person.objects.values_list("id", "handle"))
    start, end = shown[0][0], shown[-1][1]
    dice = random.Random(20270104)
    asked = [start + (end - start) * dice.random() for _ in range(120)]
    asked += [edge for one in shown[1:] for edge in (one[0], one[0] - timedelta(microseconds=1))]
    for at in asked:
        here = next(people for one, until, people in shown if one <= at < until)
        assert {handles[person] for person in on_call_at(row.pk, at)} == here, at


def test_who_may_not_change_a_schedule_sees_no_form_and_is_refused(enter: Any) -> None:
    """Deny by default, on screens too."""
    sam, ana = enter("sam"), enter("ana")
    page = body(sam.get("/oncall/payments-primary"))
    assert 'id="cover"' not in page
    assert "Edit layers" not in page
    for client in (sam, ana):
        body(client.get("/schedules/payments-primary/edit"), 403)
        body(client.get("/schedules/new"), 403)
        body(client.post("/schedules/new", {"name": "x", "do": "save"}), 403)
    body(sam.post("/oncall/payments-primary/note", {"note": "x"}), 403)
    assert Schedule.objects.count() == 1


def form(cast: Cast, **more: str) -> dict[str, str]:
    """A rota of Ana and Ben, as a phone posts it."""
    said = {
        "name": "Payments nights",
        "team": "payments",
        "timezone": "Europe/Madrid",
        "layers": "1",
        "l0-count": "1",
        "l0-unit": "weeks",
        "l0-start": "2027-01-04T09:00",
        f"l0-turn-{cast.id('ana')}": "2",
        f"l0-turn-{cast.id('ben')}": "1",
    }
    return said | more


def test_a_manager_sees_what_it_would_say_before_it_is_saved(enter: Any, cast: Cast) -> None:
    """B9, B11: nothing is kept until Save; with its secondary one turn ahead."""
    cleo = enter("cleo")
    page = body(cleo.post("/schedules/new", form(cast, do="preview")))
    assert "On 28 March 2027 this shift is one hour shorter" in page
    assert "Fewer than six people take turns" in page
    assert Schedule.objects.count() == 1
    saved = cleo.post("/schedules/new", form(cast, do="save", secondary="1"))
    assert saved.headers["Location"] == "/oncall/payments-nights"
    made = {row.handle: row.pk for row in Schedule.objects.all()}
    assert set(made) == {"payments-primary", "payments-nights", "payments-nights-secondary"}
    specs = latest_specs(made.values())
    people = [cast.id("ben"), cast.id("ana")]
    assert specs[made["payments-nights"]]["layers"][0]["people"] == people
    assert specs[made["payments-nights-secondary"]]["layers"][0]["people"] == people[::-1]


def test_both_or_none_are_made(enter: Any, cast: Cast) -> None:
    """A name that is taken for the secondary leaves no primary behind."""
    cleo = enter("cleo")
    body(cleo.post("/schedules/new", form(cast, name="Late secondary", do="save")), 302)
    page = body(cleo.post("/schedules/new", form(cast, name="Late primary", do="save", secondary="1")), 409)
    assert "late-secondary" in page
    assert not Schedule.objects.filter(handle="late-primary").exists()


def test_what_cannot_hold_is_said_and_what_was_typed_stays(enter: Any, cast: Cast) -> None:
    """And no input is a fault."""
    cleo = enter("cleo")
    page = body(cleo.post("/schedules/new", form(cast, do="save", **{"l0-start": "soon"})), 422)
    assert "layers.0.start" in page
    assert 'value="Payments nights"' in page
    for wrong in (
        {"layers": "999999999999"},
        {"layers": "x"},
        {"l0-count": "0"},
        {"l0-unit": "fortnights"},
        {"l0-timezone": "Mars/Base"},
        {"timezone": ""},
        {"l0-opens": "25:00"},
        {f"l0-turn-{cast.id('ana')}": "x", f"l0-turn-{cast.id('ben')}": ""},
        {"l0-turn-99999": "1"},
        {"do": "remove:7"},
        {"do": "nonsense"},
    ):
        assert cleo.post("/schedules/new", form(cast, **({"do": "save"} | wrong))).status_code < 500, wrong


def test_layers_come_and_go_without_a_script(enter: Any, cast: Cast) -> None:
    """Each button posts the whole form."""
    cleo = enter("cleo")
    assert 'id="layer-2"' in body(cleo.post("/schedules/new", form(cast, do="add")))
    assert 'id="layer-1"' not in body(cleo.post("/schedules/new", form(cast, do="remove:0")))
    sun = body(cleo.get("/schedules/new?team=payments&pattern=sun"))
    assert 'value="Europe/Madrid"' in sun


def test_an_edit_shows_what_stands_and_changes_it_from_now_on(enter: Any, cast: Cast, clock: Clock) -> None:
    """O11: hours of the week survive the round through the form."""
    cleo = enter("cleo")
    page = body(cleo.get("/schedules/payments-primary/edit"))
    assert 'name="l0-opens" type="time" value="09:00"' in page
    before = latest_specs([Schedule.objects.get().pk])
    same = form(cast, name="payments-primary", do="save") | {
        "l0-start": "2026-01-05T09:00",
        "l0-opens": "09:00",
        "l0-closes": "17:00",
        f"l0-turn-{cast.id('ana')}": "1",
        f"l0-turn-{cast.id('ben')}": "2",
    }
    days = {"l0-days": ["mon", "tue", "wed", "thu", "fri"]}
    body(cleo.post("/schedules/payments-primary/edit", same | days), 302)
    assert latest_specs([Schedule.objects.get().pk]) == before
    assert Schedule.objects.get().versions.count() == 1
    clock.advance(timedelta(minutes=5))
    turned = {f"l0-turn-{cast.id('ana')}": "2", f"l0-turn-{cast.id('ben')}": "1"}
    body(cleo.post("/schedules/payments-primary/edit", same | days | turned), 302)
    row = Schedule.objects.get()
    assert on_call_at(row.pk, NOW + timedelta(minutes=4)) == (cast.id("ana"),)
    assert on_call_at(row.pk, NOW + timedelta(minutes=6)) == (cast.id("ben"),)


def test_a_shift_is_asked_for_and_taken_on_two_phones(enter: Any, cast: Cast) -> None:
    """R39: times by one's own clock; the answer is one tap."""
    ana, ben = enter("ana"), enter("ben")
    wish = {"do": "ask", "schedule": "payments-primary", "of": "ben", "note": "Dentist"}
    wish |= {"from": "2027-01-05T09:00", "until": "2027-01-05T17:00"}
    body(ana.post("/my-oncall", wish), 302)
    assert "Ana Ruiz asks you to take payments-primary" in body(ben.get("/my-oncall"))
    assert "Dentist" in body(ben.get("/my-oncall"))
    assert "Ana Ruiz asks" not in body(enter("cleo").get("/my-oncall"))
    cover = CoverRequest.objects.get()
    body(ana.post(f"/my-oncall/covers/{cover.pk}/accept"), 403)
    body(ben.post(f"/my-oncall/covers/{cover.pk}/accept"), 302)
    row = Schedule.objects.get()
    assert on_call_at(row.pk, datetime(2027, 1, 5, 12, tzinfo=UTC)) == (cast.id("ben"),)
    wrong = body(
        ana.post("/my-oncall", wish | {"from": "2027-01-12T09:00", "until": "2027-01-12T10:00"}), 409
    )
    assert "You are not on call then" in wrong
    assert "Dentist" in wrong


def test_leave_feeds_and_holidays_are_kept_in_ones_own_hands(enter: Any) -> None:
    """The feed's address stands on the page that made it, and nowhere after."""
    ana = enter("ana")
    body(
        ana.post(
            "/my-oncall", {"do": "leave", "leave_from": "2027-02-01T00:00", "leave_to": "2027-02-03T00:00"}
        ),
        302,
    )
    leave = Leave.objects.get()
    assert leave.start == datetime(2027, 1, 31, 23, tzinfo=UTC)  # midnight in Madrid
    body(ana.post(f"/my-oncall/leaves/{leave.pk}/end"), 302)
    made = body(ana.post("/my-oncall", {"do": "feed", "feed_of": "me"}))
    path = re.search(r"/calendars/[\w-]+\.ics", made)[0]  # type: ignore[index]
    assert Client().get(path).status_code == 200
    assert "/calendars/" not in body(ana.get("/my-oncall"))
    body(ana.post(f"/my-oncall/feeds/{Feed.objects.get().pk}/revoke"), 302)
    assert Client().get(path).status_code == 404
    body(ana.post("/my-oncall", {"do": "availability", "holidays": "Narnia"}), 422)
    body(
        ana.post(
            "/my-oncall", {"do": "availability", "holidays": "ES", "calendar": "https://x.example.com/a.ics"}
        ),
        302,
    )
    assert "x.example.com" not in body(ana.get("/my-oncall"))
    body(ana.post("/my-oncall", {"do": "anything"}), 422)


def test_a_stretch_is_covered_by_halves_from_the_list(enter: Any, cast: Cast) -> None:
    """The keyboard's way of what a mouse drags: a link fills the form."""
    ben = enter("ben")
    page = body(ben.get("/oncall/payments-primary"))
    link = re.search(r'href="(/oncall/payments-primary\?cover=[^"]+#cover)">second half', page)[1]  # type: ignore[index]
    filled = body(ben.get(link.replace("&amp;", "&").removesuffix("#cover")))
    start = re.search(r'name="from" type="datetime-local" value="([^"]+)"', filled)[1]  # type: ignore[index]
    until = re.search(r'name="until" type="datetime-local" value="([^"]+)"', filled)[1]  # type: ignore[index]
    said = {"person": str(cast.id("ben")), "kind": "cover", "from": start, "until": until}
    body(ben.post("/oncall/payments-primary/override", said), 302)
    made = Override.objects.get(made_by="hand")
    assert (made.start, made.end, made.person_id) == (start, until, cast.id("ben"))
