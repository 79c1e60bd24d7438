"""Calendar feeds: the shifts that everything else shows, under a secret address. R39, O14"""

import json
import os
import random
import re
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.test import Client

from acme import ACME
from calling import Call, answer, problem
from database import Clock
from muster.core import oncall
from muster.core.permissions import system
from muster.foundation.access.commands import end_access, set_password
from muster.foundation.access.models import Person
from muster.foundation.access.queries import now
from muster.foundation.timeline.models import Event
from muster.mobilize.oncall.models import Feed, Schedule
from muster.mobilize.oncall.queries import history_of, on_call_at

TESTS = system("tests")
NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)


@pytest.fixture
def house(call: Call, clock: Clock) -> Call:
    """The house of design 13, on a Monday at eleven."""
    clock.set(NOW)
    answer(call("POST", "/configuration/apply", ACME))
    return call


def made(house: Call, of: str, who: str = "ana") -> str:
    """The path of a new feed."""
    url: str = answer(house("POST", "/feeds", {"of": of}, who=who), 201)["url"]
    return url[url.index("/calendars/") :]


def events(path: str) -> list[icalendar.Event]:
    """What the feed says to somebody who is not signed in."""
    response = Client().get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(response.content).walk("VEVENT"))


def test_a_feed_of_a_schedule_a_person_and_a_team(house: Call) -> None:
    """The same shifts: all of the schedule, one's own, all of the team."""
    of_schedule = events(made(house, "schedule:payments-primary"))
    mine = events(made(house, "me"))
    of_team = events(made(house, "team:payments"))
    assert {str(one["SUMMARY"]) for one in of_schedule} == {
        "Ana Ruiz: payments-primary",
        "Ben Okafor: payments-primary",
    }
    assert {str(one["SUMMARY"]) for one in mine} == {"On call: payments-primary"}
    assert {str(one["UID"]) for one in mine} < {str(one["UID"]) for one in of_schedule}
    assert [str(one["UID"]) for one in of_team] == [str(one["UID"]) for one in of_schedule]
    assert all(one.start.tzinfo is not None and one.start.utcoffset() == timedelta(0) for one in of_schedule)
    assert all(str(one["TRANSP"]) == "TRANSPARENT" for one in of_schedule)


def test_a_feed_keeps_its_uids_and_counts_its_changes(house: Call, clock: Clock) -> None:
    """The same bytes until something changes; then the sequence grows and what did not move keeps its UID."""
    path = made(house, "schedule:payments-primary")
    first, again = Client().get(path), Client().get(path)
    assert first.content == again.content
    assert Client().get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    before = events(path)
    clock.advance(timedelta(minutes=5))
    taken = {"from": "2027-01-06T11:00", "to": "2027-01-06T13:00", "person": "ben"}
    answer(house("POST", "/schedules/payments-primary/overrides", taken, who="ben"), 201)
    after = {str(one["UID"]): one for one in events(path)}
    kept = [one for one in before if str(one["UID"]) in after]
    assert len(kept) == len(before)
    cut = next(one for one in kept if one.start == datetime(2027, 1, 6, 8, tzinfo=UTC))
    assert after[str(cut["UID"])].end == datetime(2027, 1, 6, 10, tzinfo=UTC)
    assert int(after[str(cut["UID"])]["SEQUENCE"]) > int(cut["SEQUENCE"])
    assert after[str(cut["UID"])]["DTSTAMP"].dt > cut["DTSTAMP"].dt


def test_an_address_is_shown_once_and_worth_nothing_when_revoked(house: Call) -> None:
    """Only its hash is stored; nobody but its maker or an admin revokes it."""
    path = made(house, "me")
    [listed] = answer(house("GET", "/feeds", who="ana"))["items"]
    assert (listed["url"], listed["of"]) == (None, f"person:{Person.objects.get(handle='ana').pk}")
    secret = path.removeprefix("/calendars/").removesuffix(".ics")
    assert secret not in str(list(Event.objects.values_list("payload", flat=True)))
    assert secret.encode() not in bytes(Feed.objects.get().hash)
    problem(house("DELETE", f"/feeds/{listed['id']}", who="ben"), 403, "role")
    assert house("DELETE", f"/feeds/{listed['id']}", who="ana").status_code == 204
    assert Client().get(path).status_code == 404
    assert Client().get("/calendars/wrong.ics").status_code == 404
    problem(house("POST", "/feeds", {"of": "person:ben"}, who="ana"), 403, "role")
    problem(house("POST", "/feeds", {"of": "schedule:none"}, who="ana"), 404, "schedule_not_found")


def test_a_feed_ends_with_the_access_of_who_made_it(house: Call) -> None:
    """A calendar that nobody may see any more is not there."""
    path = made(house, "schedule:payments-primary", who="sam")
    assert events(path)
    end_access(Person.objects.get(handle="sam").pk, actor=system("tests"), at=now())
    assert Client().get(path).status_code == 404


def test_names_are_inert_and_long_lines_are_folded(house: Call) -> None:
    """RFC 5545: commas, semicolons and line breaks escaped, no line over 75 octets."""
    name = "Night, shift; 'Ü' " + "long " * 30
    house("PATCH", "/schedules/payments-primary", {"name": name.strip()})
    path = made(house, "schedule:payments-primary")
    body = Client().get(path).content
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert "Night, shift; 'Ü'" in str(events(path)[0]["SUMMARY"])


AHEAD = timedelta(days=180)
"""How far a feed surely reaches."""


INSTANTS = 10_000 if os.environ.get("MUSTER_ORACLE") == "long" else 600
"""`make oracle` asks at ten thousand."""

Told = list[tuple[datetime, datetime, set[str]]]


def of_api(house: Call, a: datetime, b: datetime) -> Told:
    """What the API says."""
    path = f"/schedules/howe/shifts?from={a:%Y-%m-%dT%H:%M:%SZ}&to={b:%Y-%m-%dT%H:%M:%SZ}"
    items = answer(house("GET", path))["items"]
    moment = datetime.fromisoformat
    return [(moment(one["start"]), moment(one["end"]), set(one["people"])) for one in items]


def of_screens(a: datetime, b: datetime) -> Told:
    """What the screens' own data say, four weeks a page."""
    client, told = Client(), []
    client.force_login(
        set_password(Person.objects.get(handle="sam").pk, "a long secret", actor=TESTS, at=now())
    )
    at = a
    while at < b:
        page = client.get(f"/oncall/howe?days=28&from={at:%Y-%m-%d}").content.decode()
        [data] = re.findall(r'<script id="oncall-shifts"[^>]*>(.*?)</script>', page)
        for one in json.loads(data)["shifts"]:
            start, end = datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["until"])
            told.append((start, end, set(one["people"])))
        at += timedelta(days=21)
    return told


def test_engine_api_screens_and_feed_say_the_same_at_random_instants_and_at_every_handoff(
    house: Call,
) -> None:
    """O14 (M10, M11): a handoff inside the fold of Lord Howe, exact hours, hours of the week, an override."""
    layers = [
        {"every": "1 day", "start": "2026-01-05T01:45", "people": ["ana", "ben"]},
        {"every": "36 hours", "start": "2026-01-05T09:00", "people": ["cleo", "ana"],
         "only": [{"days": ["sat", "sun"], "from": "22:00", "to": "03:00"}]},
    ]  # fmt: skip
    body = {"handle": "howe", "name": "Howe", "timezone": "Australia/Lord_Howe", "layers": layers}
    answer(house("POST", "/schedules", body), 201)
    taken = {"from": "2027-04-03T22:00", "to": "2027-04-04T02:00", "person": "cleo", "kind": "add"}
    answer(house("POST", "/schedules/howe/overrides", taken), 201)
    row = Schedule.objects.get(handle="howe")
    feed = events(made(house, "schedule:howe"))
    a, b = NOW + timedelta(minutes=1), NOW + AHEAD  # a feed has whole seconds: the schedule began within one
    shown, screens = of_api(house, a, b), of_screens(a, b)
    handles = dict(Person.objects.values_list("id", "handle"))
    names = dict(Person.objects.values_list("name", "handle"))
    dice = random.Random(20270104)
    asked = [a + (b - a) * dice.random() for _ in range(INSTANTS)]
    asked += [edge + step for edge, _end, _people in shown[1:] for step in (-oncall.INSTANT, timedelta())]
    history = history_of(row.pk)
    for at in asked:
        engine = {handles[int(person)] for person in oncall.on_call_at(history, at)}
        api = next(people for start, end, people in shown if start <= at < end)
        screen = next(people for start, end, people in screens if start <= at < end)
        told = {names[str(one["SUMMARY"]).partition(":")[0]] for one in feed if one.start <= at < one.end}
        assert engine == api == screen == told, at
    assert {handles[person] for person in on_call_at(row.pk, asked[0])} == {
        *answer(house("GET", f"/oncall?schedule=howe&at={asked[0]:%Y-%m-%dT%H:%M:%S.%fZ}"))["people"]
    }
    assert len(asked) > INSTANTS + 300
    print(f"{len(asked)} instants the same in engine, API, screens and feed")


def test_a_feed_of_planned_work_follows_ends_that_were_moved(house: Call) -> None:
    """As often as it comes; one that goes on longer keeps its UID, later ones stay as planned."""
    fields = {"services": ["checkout"], "starts": "2027-01-05T02:00", "lasts": "2h"}
    fields |= {"timezone": "Europe/Madrid", "repeat": "FREQ=WEEKLY;COUNT=3"}
    body = {"handle": "upgrades", "kind": "maintenance", "name": "Upgrades", "why": "Kernel\r\nX:1"}
    answer(house("POST", "/rules", body | {"fields": fields}, who="ana"), 201)
    path = made(house, "planned:work")
    found = events(path)
    assert [one["DTSTART"].dt for one in found] == [
        datetime(2027, 1, day, 1, tzinfo=UTC) for day in (5, 12, 19)
    ]
    assert {str(one["SUMMARY"]) for one in found} == {"Planned work: Upgrades"}
    assert Client().get(path).content == Client().get(path).content
    moved = {"starts_at": "2027-01-05T01:00:00Z", "ends_at": "2027-01-05T04:00:00Z"}
    answer(house("POST", "/rules/upgrades/work-end", moved, who="ana"))
    later = events(path)
    assert [one["UID"] for one in later] == [one["UID"] for one in found]
    assert [one["DTEND"].dt.hour for one in later] == [4, 3, 3]
    assert later[0]["SEQUENCE"] > found[0]["SEQUENCE"]
    assert "X:1" not in [line[:3] for line in Client().get(path).content.decode().splitlines()]
