"""Ending somebody's access says what they leave uncovered: by API, on their page, to the leads. R42"""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from calling import Call, answer, problem
from database import Clock
from engine import settle
from muster.core.permissions import Denied, system
from muster.foundation.access.commands import end_access, set_password
from muster.foundation.access.models import Person
from muster.foundation.access.queries import now
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.oncall.commands import claim_notices
from muster.mobilize.oncall.messages import message_for
from muster.mobilize.oncall.models import Notice
from muster.mobilize.reach.leaving import leaving
from people import Cast

TESTS = system("tests")
NOW = datetime(2026, 10, 5, 7, tzinfo=UTC)
HOUSE = """
version: 1
people:
  - {handle: ana, name: Ana, role: responder}
  - {handle: ben, name: Ben, role: responder}
teams: [{handle: pay, name: Pay, members: [ana, ben], manager: cleo}]
schedules:
  - {handle: first, name: First, team: pay, timezone: Europe/Madrid,
     layers: [{every: 1 week, start: "2026-10-05T09:00", people: [ana, ben]}]}
  - {handle: second, name: Second, team: pay, timezone: Europe/Madrid,
     layers: [{every: 1 week, start: "2026-10-05T09:00", people: [ben]}]}
policies: [{handle: pay, team: pay, steps: [{after: 0s, notify: [person:ana]}]}]
"""


@pytest.fixture
def house(cast: Cast, clock: Clock, call: Call, standard: None) -> Call:
    """Ana and Ben take turns, on a Monday at nine in Madrid."""
    clock.set(NOW)
    prepare()
    answer(call("POST", "/configuration/apply", HOUSE))
    settle()
    return call


def test_what_somebody_leaves_is_said_before_and_told_to_the_lead_after(house: Call, cast: Cast) -> None:
    told = answer(house("GET", "/people/ana/leaving"))
    assert [(one["schedule"], one["shifts"], one["hours"]) for one in told["uncovered"]] == [
        ("first", 2, 337)
    ]
    assert told["named_by"] == ["policy:pay"]
    assert told["sentences"] == [
        "First has nobody else in 2 shifts of the next four weeks (337 h), first from Mon 5 Oct, 09:00 "
        "(Europe/Madrid).",
        "policy:pay names them.",
    ]
    ended = answer(house("POST", "/people/ana/end-access", {}))
    assert ended["retired_at"] is not None
    settle()
    [notice] = Notice.objects.filter(kind="person_left")
    assert notice.person_id == cast.id("cleo")
    [claimed] = [one for one in claim_notices(9, actor=TESTS, at=now()) if one.pk == notice.pk]
    message = message_for(claimed)
    assert message.headline == "Ana has left; see what is uncovered now"
    assert message.lines[0].startswith("First has nobody else in 2 shifts")
    assert message.url.endswith("/people/ana")
    assert answer(house("POST", "/people/ana/restore-access", {}))["retired_at"] is None


def test_who_shares_a_shift_with_somebody_who_left_already_is_alone(house: Call, cast: Cast) -> None:
    """And what another covers is not left."""
    override = {"from": "2026-10-05T09:00", "to": "2026-10-12T09:00", "person": "ben", "kind": "add"}
    answer(house("POST", "/schedules/first/overrides", override), 201)
    [left] = leaving(Person.objects.get(handle="ana"), now() + timedelta(seconds=1)).uncovered
    assert left.count == 1
    end_access(cast.id("ben"), actor=TESTS, at=now())
    [left] = leaving(Person.objects.get(handle="ana"), now() + timedelta(seconds=1)).uncovered
    assert left.count == 2


def test_only_an_admin_ends_it_and_sees_what_is_left(house: Call) -> None:
    for path in ("/people/ana/end-access", "/people/ana/restore-access"):
        problem(house("POST", path, {}, who="ben"), 403, Denied.ROLE)
    problem(house("GET", "/people/ana/leaving", who="ben"), 403, Denied.ROLE)


def test_their_page_says_it_beside_the_button(house: Call, cast: Cast) -> None:
    admin, ben = Client(), Client()
    admin.force_login(set_password(cast.id("admin"), "a long secret", actor=TESTS, at=now()))
    ben.force_login(set_password(cast.id("ben"), "a long secret", actor=TESTS, at=now()))
    page = admin.get("/people/ana").content.decode()
    assert "First has nobody else in 2 shifts of the next four weeks" in page
    assert "/people/ana/end" not in ben.get("/people/ana").content.decode()
    assert ben.post("/people/ana/end").status_code == 403
    assert admin.post("/people/ana/end", follow=True).status_code == 200
    assert Person.objects.get(handle="ana").retired_at is not None
    assert "Give access again" in admin.get("/people/ana").content.decode()
    admin.post("/people/ana/restore")
    assert Person.objects.get(handle="ana").retired_at is None
