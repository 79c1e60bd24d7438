"""What hurts the users of other tools about schedules, each as a story: rows 8 to 10 and 23a of peers.csv."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client

from calling import Call, answer, problem
from database import Clock
from muster.core.permissions import system
from muster.foundation.access.commands import set_password
from muster.foundation.access.models import Person
from muster.foundation.access.queries import now
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.oncall.queries import gaps, on_call_at, shifts
from people import Cast

NOW = datetime(2026, 10, 5, 7, tzinfo=UTC)
TEAM = """
version: 1
people:
  - {handle: ana, name: Ana, email: ana@example.com, role: responder, contacts: [{kind: email, address: a@example.com}]}
  - {handle: ben, name: Ben, email: ben@example.com, role: responder, contacts: [{kind: email, address: b@example.com}]}
  - {handle: eva, name: Eva, email: eva@example.com, role: responder, contacts: [{kind: email, address: e@example.com}]}
  - {handle: finn, name: Finn, email: finn@example.com, role: manager}
teams:
  - {handle: pay, name: Pay, members: [ana, ben, eva], manager: cleo}
  - {handle: other, name: Other, members: [ben], manager: finn}
"""  # noqa: E501 - one person a line
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


@pytest.fixture
def house(call: Call, clock: Clock) -> Call:
    """A team of three, on a Monday morning in October 2026."""
    clock.set(NOW)
    answer(call("POST", "/configuration/apply", TEAM))
    return call


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The host's clock is set to Tokyo."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def add(house: Call, handle: str, timezone: str, *layers: dict[str, Any]) -> Schedule:
    """A schedule by the API."""
    body = {"handle": handle, "name": handle, "team": "pay", "timezone": timezone, "layers": list(layers)}
    answer(house("POST", "/schedules", body), 201)
    return Schedule.objects.get(handle=handle)


def rota(every: str, start: str, *people: str, **only: Any) -> dict[str, Any]:
    layer: dict[str, Any] = {"every": every, "start": start, "people": list(people)}
    return layer | ({"only": [only]} if only else {})


def browser(handle: str) -> Client:
    person = Person.objects.get(handle=handle)
    client = Client()
    client.force_login(set_password(person.pk, "a long secret", actor=system("tests"), at=now()))
    return client


def test_a_weekly_handoff_stays_at_nine_in_london_over_both_changes(house: Call) -> None:
    """8a, grafana/oncall#3261: engine, API and calendar feed; the editor says so before saving."""
    layer = rota("1 week", "2026-10-05T09:00", "ana", "ben")
    row = add(house, "london", "Europe/London", layer)
    span = NOW + timedelta(days=1), NOW + timedelta(days=180)
    handoffs = [one.start for one in shifts(row.pk, *span)][1:]
    assert {(one.hour, one < datetime(2026, 10, 25, 1, tzinfo=UTC)) for one in handoffs[:20]} == {
        (8, True),
        (9, False),
    }
    path = f"/schedules/london/shifts?from={span[0]:%Y-%m-%dT%H:%M:%SZ}&to={span[1]:%Y-%m-%dT%H:%M:%SZ}"
    assert [datetime.fromisoformat(one["start"]) for one in answer(house("GET", path))["items"]][
        1:
    ] == handoffs
    url = answer(house("POST", "/feeds", {"of": "schedule:london"}), 201)["url"]
    feed = icalendar.Calendar.from_ical(Client().get(url[url.index("/calendars/") :]).content)
    told = {one.start for one in feed.walk("VEVENT")}
    assert {one for one in handoffs if one < NOW + timedelta(days=170)} <= told
    body = {"timezone": "Europe/London", "layers": [layer]}
    assert "one hour longer" in answer(house("POST", "/schedule-previews", body))["clocks"][0]["sentence"]


def test_shifts_cover_every_second_once_in_chicago(house: Call) -> None:
    """8b, grafana/oncall#5247: no hole and no overlap on the days of change."""
    row = add(house, "chicago", "America/Chicago", rota("1 week", "2026-10-05T00:00", "ana", "ben"))
    a, b = NOW + timedelta(minutes=1), datetime(2027, 4, 1, tzinfo=UTC)
    found = shifts(row.pk, a, b)
    assert gaps(row.pk, a, b) == []
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]
    lengths = {one.end - one.start for one in found[1:-1]}
    assert lengths == {timedelta(days=7), timedelta(days=7, hours=1), timedelta(days=7, hours=-1)}


def test_file_api_and_form_make_the_same_rota(house: Call) -> None:
    """8c, grafana/oncall#4197: one person at a time, alternating by day."""
    layer = rota("1 day", "2026-10-05T09:00", "ana", "ben", days=WORKDAYS)
    by_api = add(house, "by-api", "Europe/Paris", layer)
    file = (
        "version: 1\nschedules: [{handle: by-file, team: pay, timezone: Europe/Paris, "
        'layers: [{every: 1 day, start: "2026-10-05T09:00", people: [ana, ben], '
        "only: [{days: [mon, tue, wed, thu, fri]}]}]}]\n"
    )
    answer(house("POST", "/configuration/apply", file))
    people = {one.handle: one.pk for one in Person.objects.all()}
    form = {"name": "By form", "team": "pay", "timezone": "Europe/Paris", "layers": "1", "do": "save"}
    form |= {"l0-count": "1", "l0-unit": "days", "l0-start": "2026-10-05T09:00"}
    form |= {f"l0-turn-{people['ana']}": "1", f"l0-turn-{people['ben']}": "2"}
    assert browser("cleo").post("/schedules/new", form | {"l0-days": WORKDAYS}).status_code == 302
    a, b = NOW + timedelta(minutes=1), NOW + timedelta(days=365)
    of_api = shifts(by_api.pk, a, b)
    for handle in ("by-file", "by-form"):
        assert shifts(Schedule.objects.get(handle=handle).pk, a, b) == of_api
    assert {len(one.people) for one in of_api} == {0, 1}


def test_the_hosts_clock_changes_nothing(house: Call, far_away: None) -> None:
    """9a, OneUptime#1890: Monday 09:00 to 17:00 in Madrid is that, wherever the server stands."""
    hours = {"days": ["mon"], "from": "09:00", "to": "17:00"}
    row = add(house, "madrid", "Europe/Madrid", rota("1 week", "2026-10-05T00:00", "ana", **hours))
    found = [one for one in shifts(row.pk, NOW + timedelta(days=1), NOW + timedelta(days=28)) if one.people]
    assert [(one.start.isoformat(), one.end.isoformat()) for one in found][1:] == [
        ("2026-10-19T07:00:00+00:00", "2026-10-19T15:00:00+00:00"),
        ("2026-10-26T08:00:00+00:00", "2026-10-26T16:00:00+00:00"),
    ]
    page = browser("cleo").get("/oncall/madrid?from=2026-10-12&days=7").content.decode()
    assert "Mon 12 Oct, 09:00" in page


def test_turns_are_equal_whatever_the_hours_say(house: Call) -> None:
    """9b, OneUptime#2413: three people over twelve weeks, within one turn."""
    hours = {"days": WORKDAYS, "from": "09:00", "to": "17:00"}
    limited = add(
        house, "limited", "Europe/Madrid", rota("1 day", "2026-10-05T09:00", "ana", "ben", "eva", **hours)
    )
    always = add(house, "always", "Europe/Madrid", rota("1 day", "2026-10-05T09:00", "ana", "ben", "eva"))
    counts: dict[int, int] = {}
    for day in range(1, 84):
        noon = NOW + timedelta(days=day, hours=4)
        people = on_call_at(limited.pk, noon)
        if people:
            assert people == on_call_at(always.pk, noon)
            counts[people[0]] = counts.get(people[0], 0) + 1
    assert max(counts.values()) - min(counts.values()) <= 1


def test_a_week_with_nobody_is_said_everywhere(house: Call, cast: Cast) -> None:
    """9c, OneUptime PR#3174: a gap of a hundred per cent warns as loudly as one of ninety."""
    add(house, "later", "Europe/Madrid", rota("1 week", "2027-10-05T09:00", "ana"))
    body = {"timezone": "Europe/Madrid", "layers": []}
    for told in (
        answer(house("POST", "/schedule-previews", body)),
        answer(house("GET", "/schedules/later/checks")),
    ):
        covered = next(one for one in told["findings"] if one["check"] == "covered")
        assert (covered["verdict"], covered["sentence"][:17]) == ("missed", "100 % uncovered: ")
        assert datetime.fromisoformat(covered["end"]) - datetime.fromisoformat(covered["start"]) == timedelta(
            84
        )
    ana = browser("ana")
    assert "obody" in ana.get("/oncall").content.decode()
    for path in ("/oncall/later", "/"):
        assert "100 % uncovered: nobody from" in ana.get(path).content.decode(), path
    typed = {"name": "later", "team": "pay", "timezone": "Europe/Madrid", "layers": "1", "l0-count": "1"}
    typed |= {"l0-unit": "weeks", "l0-start": "2027-10-05T09:00", f"l0-turn-{cast.id('ana')}": "1"}
    editor = browser("cleo").post("/schedules/later/edit", typed | {"do": "preview"}).content.decode()
    assert "100 % uncovered: nobody is on call at all" in editor
    assert "from Mon 5 Oct, 09:00 to " in editor
    assert "later has nobody for 28 days." in ana.get("/oncall/later").content.decode()


@pytest.mark.parametrize(
    ("start", "begins"),
    [("2026-10-25T02:30", "2026-10-25T00:30:00Z"), ("2027-03-28T02:30", "2027-03-28T01:30:00Z")],
)
def test_a_start_that_comes_twice_or_never_has_one_meaning(house: Call, start: str, begins: str) -> None:
    """10a, target/goalert#993: preview and engine say the same instant."""
    layer = rota("1 week", start, "ana", "ben")
    row = add(house, "odd", "Europe/Madrid", layer)
    at = datetime.fromisoformat(begins)
    assert on_call_at(row.pk, at - timedelta(microseconds=1)) == ()
    assert len(on_call_at(row.pk, at)) == 1
    if at < NOW + timedelta(days=84):
        told = answer(house("POST", "/schedule-previews", {"timezone": "Europe/Madrid", "layers": [layer]}))
        assert told["shifts"][1]["start"] == begins


def test_a_swap_stays_on_its_day_when_a_member_joins(house: Call, clock: Clock) -> None:
    """10c, grafana/oncall#4182: Saturday to Sunday, agreed, and never on another day."""
    row = add(house, "swap", "Europe/Madrid", rota("1 week", "2026-10-05T09:00", "ana", "ben"))
    saturday = {"from": "2026-10-10T07:00:00Z", "to": "2026-10-11T07:00:00Z"}
    clock.advance(timedelta(minutes=5))
    asked = answer(
        house("POST", "/cover-requests", {"schedule": "swap", "of": "ben", **saturday}, who="ana"), 201
    )
    answer(house("POST", f"/cover-requests/{asked['id']}/accept", who="ben"))
    joined = {"layers": [rota("1 week", "2026-10-05T09:00", "ana", "ben", "eva")]}
    answer(house("PATCH", "/schedules/swap", joined))
    people = {one.pk: one.handle for one in Person.objects.all()}
    told = [
        (f"{one.start:%d %H}", f"{one.end:%d %H}", people[int(one.people[0])])
        for one in shifts(row.pk, now(), datetime(2026, 10, 26, tzinfo=UTC))
    ]
    assert told == [
        ("05 07", "10 07", "ana"),
        ("10 07", "11 07", "ben"),
        ("11 07", "12 07", "ana"),
        ("12 07", "19 07", "ben"),
        ("19 07", "26 00", "eva"),
    ]


def test_another_teams_manager_is_refused_at_every_door(house: Call) -> None:
    """23a, target/goalert#700: by API, screens and file; the team's own manager may."""
    layer = rota("1 week", "2026-10-05T09:00", "ana")
    add(house, "ours", "Europe/Madrid", layer)
    change = {"layers": [rota("1 week", "2026-10-05T09:00", "ben")]}
    given = {"from": "2026-10-06T09:00", "to": "2026-10-07T09:00", "person": "eva"}
    for who in ("finn", "ben"):
        problem(house("PATCH", "/schedules/ours", change, who=who), 403, "not_your_team")
        problem(house("POST", "/schedules/ours/overrides", given, who=who), 403, "not_your_team")
        problem(house("POST", "/configuration/apply", TEAM, who=who), 403, "role")
        client = browser(who)
        assert client.get("/schedules/ours/edit").status_code == 403
        assert client.post("/schedules/ours/edit", {"name": "x", "do": "save"}).status_code == 403
    assert Schedule.objects.get(handle="ours").versions.count() == 1
    answer(house("PATCH", "/schedules/ours", change, who="cleo"))
    assert browser("cleo").get("/schedules/ours/edit").status_code == 200
