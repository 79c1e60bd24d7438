"""`/cover-requests`, `/leaves`, `/availability`, previews, checks and notes. R39, R42, B9, B11"""

from datetime import UTC, datetime

import pytest

from acme import ACME
from calling import Call, answer, problem
from database import Clock

DAY = {"from": "2027-01-05T08:00:00Z", "to": "2027-01-05T16:00:00Z"}
BACK = {"from": "2027-01-12T08:00:00Z", "to": "2027-01-12T16:00:00Z"}


@pytest.fixture
def house(call: Call, clock: Clock) -> Call:
    """The house of design 13, on a Monday at eleven: Ana's week, office hours."""
    clock.set(datetime(2027, 1, 4, 11, tzinfo=UTC))
    answer(call("POST", "/configuration/apply", ACME))
    return call


def on_call(house: Call, at: str) -> list[str]:
    found: list[str] = answer(house("GET", f"/oncall?schedule=payments-primary&at={at}"))["people"]
    return found


def test_a_swap_is_asked_seen_and_accepted(house: Call) -> None:
    """R39: both days change hands when the other agrees."""
    wish = {"schedule": "payments-primary", **DAY, "of": "ben", "back": BACK, "note": "Dentist"}
    problem(house("POST", "/cover-requests", wish, who="ben"), 422, "cover_yourself")
    problem(house("POST", "/cover-requests", wish, who="sam"), 403, "role")
    made = answer(house("POST", "/cover-requests", wish, who="ana"), 201)
    assert (made["state"], made["of"], made["note"]) == ("asked", "ben", "Dentist")
    assert made["expires_at"] == DAY["from"]
    [listed] = answer(house("GET", "/cover-requests?open=true", who="ben"))["items"]
    assert listed == made
    problem(house("POST", f"/cover-requests/{made['id']}/accept", who="cleo"), 403, "cover_not_yours")
    done = answer(house("POST", f"/cover-requests/{made['id']}/accept", who="ben"))
    assert (done["state"], done["taken_by"]) == ("accepted", "ben")
    assert on_call(house, "2027-01-05T12:00:00Z") == ["ben"]
    assert on_call(house, "2027-01-12T12:00:00Z") == ["ana"]
    problem(house("POST", f"/cover-requests/{made['id']}/withdraw", who="ana"), 409, "cover_ended")
    problem(house("POST", "/cover-requests/99/accept", who="ana"), 404, "cover_not_found")
    kinds = [one["kind"] for one in answer(house("GET", "/schedules/payments-primary"))["overrides"]]
    assert kinds == ["replace", "replace"]


def test_a_wish_that_cannot_hold_is_refused(house: Call, subtests: pytest.Subtests) -> None:
    """With the reason."""
    good = {"schedule": "payments-primary", **DAY, "of": "ben"}
    wrong = [
        (good | {"from": DAY["to"], "to": DAY["from"]}, 422, "cover_backwards"),
        (good | {"from": "2027-01-03T08:00:00Z", "to": "2027-01-03T09:00:00Z"}, 409, "cover_over"),
        (good | BACK, 409, "cover_not_on_call"),
        (good | {"back": DAY}, 409, "cover_return_not_theirs"),
        (good | {"of": "nobody"}, 404, "person_not_found"),
        (good | {"schedule": "none"}, 404, "schedule_not_found"),
        (good | {"from": "2027-01-05T08:00:00"}, 422, "invalid"),
    ]
    for body, status, reason in wrong:
        with subtests.test(reason):
            problem(house("POST", "/cover-requests", body, who="ana"), status, reason)


def test_leave_and_a_calendar_are_ones_own(house: Call) -> None:
    """The calendar's address does not come back."""
    made = answer(house("POST", "/leaves", DAY, who="ana"), 201)
    assert (made["person"], made["from"]) == ("ana", DAY["from"])
    problem(house("POST", "/leaves", DAY | {"person": "ana"}, who="ben"), 403, "role")
    problem(house("DELETE", f"/leaves/{made['id']}", who="ben"), 403, "role")
    assert answer(house("GET", "/availability", who="ana"))["calendar"] is False
    url = "https://calendar.example.com/private-1f3/basic.ics"
    said = answer(house("PUT", "/availability", {"holidays": "ES", "calendar": url}, who="ana"))
    assert (said["holidays"], said["calendar"]) == ("ES", True)
    assert "private-1f3" not in str(said)
    problem(house("PUT", "/availability", {"holidays": "Spain"}, who="ana"), 422, "holidays_unknown")
    for bad in ("ftp://x.example.com/a", "http://u:p@x.example.com/", "http://x.example.com:22/"):
        problem(house("PUT", "/availability", {"calendar": bad}, who="ana"), 422, "calendar_address")
    found = answer(house("GET", "/schedules/payments-primary/checks"))["findings"]
    away = next(one for one in found if one["check"] == "present")
    assert (away["verdict"], away["people"], away["start"]) == ("missed", ["ana"], DAY["from"])
    assert house("DELETE", f"/leaves/{made['id']}", who="ana").status_code == 204
    assert answer(house("GET", "/leaves"))["items"] == []


def test_a_schedule_is_seen_before_it_is_saved(house: Call) -> None:
    """B9, B11: gaps, who would not be reached, the clocks; nothing is kept."""
    layers = [{"every": "1 week", "start": "2027-01-04T09:00", "people": ["ana", "ben", "sam"]}]
    body = {"timezone": "Europe/Madrid", "layers": layers, "team": "payments"}
    told = answer(house("POST", "/schedule-previews", body, who="ana"))
    assert [one["people"] for one in told["shifts"]][:3] == [["ana"], ["ben"], ["sam"]]
    assert [one["sentence"] for one in told["clocks"]] == [
        "On 28 March 2027 this shift is one hour shorter: the clocks of Europe/Madrid change.",
        "On 31 October 2027 this shift is one hour longer: the clocks of Europe/Madrid change.",
    ]
    verdicts = {one["check"]: one["verdict"] for one in told["findings"]}
    assert verdicts["covered"] == "met"
    assert verdicts["reachable"] == "missed"
    assert verdicts["enough_people"] == "advised"
    assert {one["person"] for one in told["loads"]} == {"ana", "ben", "sam"}
    as_next = body | {"schedule": "payments-primary"}
    assert answer(house("POST", "/schedule-previews", as_next))["shifts"][0]["people"] == ["ana"]
    office = answer(house("GET", "/schedules/payments-primary/checks"))["findings"]
    assert next(one for one in office if one["check"] == "covered")["verdict"] == "missed"
    assert len(answer(house("GET", "/schedules"))["items"]) == 1
    wrong = body | {"layers": [layers[0] | {"every": "now and then"}]}
    problem(house("POST", "/schedule-previews", wrong), 422, "schedule_invalid")


def test_a_note_is_left_for_whoever_comes_next(house: Call) -> None:
    """R41."""
    said = answer(
        house("POST", "/schedules/payments-primary/notes", {"note": "db-2 is slow"}, who="ana"), 201
    )
    assert (said["person"], said["note"]) == ("ana", "db-2 is slow")
    [listed] = answer(house("GET", "/schedules/payments-primary/notes", who="ben"))["items"]
    assert listed == said
    problem(
        house("POST", "/schedules/payments-primary/notes", {"note": " "}, who="ana"), 422, "note_too_long"
    )
    problem(house("POST", "/schedules/payments-primary/notes", {"note": "x"}, who="sam"), 403, "role")


def test_overrides_add_remove_and_replace(house: Call) -> None:
    """R39; nobody takes themselves off."""
    noon = "2027-01-05T12:00:00Z"
    day = {"from": "2027-01-05T09:00", "to": "2027-01-05T17:00"}
    path = "/schedules/payments-primary/overrides"
    answer(house("POST", path, day | {"person": "ben", "kind": "add"}, who="ben"), 201)
    assert on_call(house, noon) == ["ana", "ben"]
    problem(house("POST", path, day | {"person": "ana", "kind": "remove"}, who="ana"), 403, "not_your_team")
    answer(house("POST", path, day | {"person": "ana", "kind": "remove"}, who="cleo"), 201)
    assert on_call(house, noon) == ["ben"]
    answer(
        house("POST", path, day | {"person": "cleo", "kind": "replace", "replaces": "ben"}, who="cleo"), 201
    )
    assert on_call(house, noon) == ["cleo"]
    problem(house("POST", path, day | {"person": "cleo", "kind": "replace"}), 422, "schedule_invalid")
    problem(house("POST", path, day | {"person": "cleo", "replaces": "ben"}), 422, "schedule_invalid")
