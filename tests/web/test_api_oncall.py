"""`/schedules`, `/oncall` and `/policies`: who is on call, and what would happen if nobody answered."""

from datetime import UTC, datetime, timedelta

import pytest

from acme import ACME
from calling import Call, answer, problem
from database import Clock
from muster.mobilize.oncall.models import Override

MONDAY = "2027-01-04T12:00:00Z"
"""Noon of a working day, Ana's week (the fiftieth after the start)."""


@pytest.fixture
def house(call: Call, clock: Clock) -> Call:
    """The house of design 13, on a Monday at eleven."""
    clock.set(datetime(2027, 1, 4, 11, tzinfo=UTC))
    answer(call("POST", "/configuration/apply", ACME))
    return call


def test_who_is_on_call_now_then_and_everywhere(house: Call) -> None:
    """One object for one schedule, `items` for all."""
    told = answer(house("GET", "/oncall?schedule=payments-primary", who="sam"))
    assert (told["schedule"], told["people"], told["sentence"]) == (
        "payments-primary",
        ["ana"],
        "by the rotation",
    )
    assert told["until"] == "2027-01-04T16:00:00Z"
    later = answer(house("GET", "/oncall?schedule=payments-primary&at=2027-01-11T12:00:00Z"))
    assert (later["people"], later["at"]) == (["ben"], "2027-01-11T12:00:00Z")
    night = answer(house("GET", "/oncall?schedule=payments-primary&at=2027-01-04T23:00:00Z"))
    assert (night["people"], night["sentence"]) == ([], "nobody is on call")
    [item] = answer(house("GET", f"/oncall?at={MONDAY}"))["items"]
    assert item["people"] == ["ana"]
    problem(house("GET", "/oncall?schedule=none"), 404, "schedule_not_found")
    problem(house("GET", "/oncall?schedule=payments-primary&at=2027-01-04T12:00:00"), 422, "invalid")


def test_shifts_cover_the_span_without_a_hole(house: Call) -> None:
    """Gaps are shifts of nobody."""
    path = "/schedules/payments-primary/shifts?from=2027-01-09T00:00:00Z&to=2027-01-11T20:00:00Z"
    items = answer(house("GET", path))["items"]
    assert [(one["start"], one["people"]) for one in items] == [
        ("2027-01-09T00:00:00Z", []),
        ("2027-01-11T08:00:00Z", ["ben"]),
        ("2027-01-11T16:00:00Z", []),
    ]
    assert items[-1]["end"] == "2027-01-11T20:00:00Z"
    far = "/schedules/payments-primary/shifts?from=2027-01-01T00:00:00Z&to=2029-01-01T00:00:00Z"
    problem(house("GET", far), 422, "span_too_long")
    back = "/schedules/payments-primary/shifts?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z"
    problem(house("GET", back), 422, "span_too_long")


def test_a_schedule_is_shown_as_the_configuration_has_it(house: Call) -> None:
    """Handles, not numbers."""
    [shown] = answer(house("GET", "/schedules"))["items"]
    assert shown["layers"][0]["people"] == ["ana", "ben"]
    assert (shown["team"], shown["timezone"], shown["on_call"]) == ("payments", "Europe/Madrid", ["ana"])
    assert answer(house("GET", "/schedules/payments-primary")) == shown


def test_somebody_takes_an_interval_themselves(house: Call, clock: Clock) -> None:
    """R39: from now on; what has been stays, also when it is taken back."""
    clock.advance(timedelta(minutes=30))
    taken = {"from": "2027-01-04T10:00", "to": "2027-01-04T17:00", "person": "ben"}
    made = answer(house("POST", "/schedules/payments-primary/overrides", taken, who="ben"), 201)
    assert (made["from"], made["person"]) == ("2027-01-04T10:00", "ben")
    assert on_call(house) == ["ben"]
    assert on_call(house, "2027-01-04T11:15:00Z") == ["ana"]
    clock.advance(timedelta(hours=1))
    assert house("DELETE", f"/overrides/{made['id']}", who="ben").status_code == 204
    assert on_call(house, "2027-01-04T13:30:00Z") == ["ana"]
    assert on_call(house, "2027-01-04T12:15:00Z") == ["ben"]


def on_call(call: Call, at: str = MONDAY) -> list[str]:
    """Who is on call."""
    found: list[str] = answer(call("GET", f"/oncall?schedule=payments-primary&at={at}"))["people"]
    return found


def test_nobody_gives_an_interval_to_somebody_else(house: Call) -> None:
    """But the team's manager."""
    given = {"from": "2027-01-05T10:00", "to": "2027-01-05T17:00", "person": "ben"}
    for who in ("ana", "sam", "ada"):
        problem(house("POST", "/schedules/payments-primary/overrides", given, who=who), 403, "not_your_team")
    made = answer(house("POST", "/schedules/payments-primary/overrides", given, who="cleo"), 201)
    problem(house("DELETE", f"/overrides/{made['id']}", who="ana"), 403, "not_your_team")
    problem(house("DELETE", "/overrides/99"), 404, "override_not_found")


def test_an_interval_that_cannot_hold_is_refused(house: Call, subtests: pytest.Subtests) -> None:
    """With the place and why."""
    good = {"from": "2027-02-05T10:00", "to": "2027-02-05T17:00", "person": "ben"}
    wrong = [
        (good | {"to": "2027-02-05T09:00"}, 422, "schedule_invalid"),
        (good | {"from": "soon"}, 422, "schedule_invalid"),
        (good | {"from": "2026-02-05T10:00", "to": "2026-02-05T11:00"}, 409, "override_in_the_past"),
        (good | {"person": "none"}, 404, "person_not_found"),
    ]
    for body, status, reason in wrong:
        with subtests.test(str(body)):
            problem(house("POST", "/schedules/payments-primary/overrides", body), status, reason)
    assert not Override.objects.exists()


def test_a_policy_is_shown_with_handles_and_its_plan_is_the_one_that_runs(house: Call) -> None:
    """R40: two rounds, then the fallback."""
    [shown] = answer(house("GET", "/policies", who="sam"))["items"]
    assert shown["steps"][1] == {
        "after": "15m",
        "notify": ["person:ben", "team:payments"],
        "in_hours": False,
        "until_covered": False,
        "in_turn": False,
        "all_must_acknowledge": False,
    }
    assert (shown["repeat"], shown["then_after"], shown["version"]) == (1, "15m", 1)
    plan = answer(house("GET", f"/policies/payments/plan?at={MONDAY}"))["plan"]
    told = [(step["at"][11:16], step["round"], step["step"], step["people"]) for step in plan]
    assert told == [
        ("12:00", 1, 1, ["ana"]),
        ("12:15", 1, 2, ["ben", "ana"]),
        ("12:30", 1, 3, ["cleo"]),
        ("12:45", 2, 1, ["ana"]),
        ("13:00", 2, 2, ["ben", "ana"]),
        ("13:15", 2, 3, ["cleo"]),
        ("13:30", 2, 4, ["cleo"]),
    ]
    assert plan[-1]["reason"] == "fallback"
    night = answer(house("GET", "/policies/payments/plan?at=2027-01-04T23:00:00Z"))["plan"]
    assert (night[0]["reason"], night[1]["at"]) == ("nobody_on_call", "2027-01-04T23:00:00Z")
    assert night[0]["sentence"] == "nobody is on call, so what follows starts at once"
    problem(house("GET", "/policies/none/plan"), 404, "policy_not_found")


LAYER = {"every": "12 hours", "start": "2027-01-04T09:00", "people": ["ana"]}
NIGHTS = {
    "handle": "nights",
    "name": "Nights",
    "timezone": "Europe/Madrid",
    "team": "payments",
    "layers": [LAYER],
}


def test_a_schedule_is_made_and_changed_by_the_teams_manager(house: Call, clock: Clock) -> None:
    """R39: a change holds from now on."""
    for who in ("ana", "sam", "ada"):
        problem(house("POST", "/schedules", NIGHTS, who=who), 403, "not_your_team")
    made = answer(house("POST", "/schedules", NIGHTS, who="cleo"), 201)
    assert (made["on_call"], made["layers"][0]["every"]) == (["ana"], "12 hours")
    clock.advance(timedelta(minutes=30))
    ben = {"layers": [LAYER | {"people": ["ben"]}]}
    assert answer(house("PATCH", "/schedules/nights", ben, who="cleo"))["on_call"] == ["ben"]
    before = answer(house("GET", "/oncall?schedule=nights&at=2027-01-04T11:15:00Z"))
    assert before["people"] == ["ana"]
    problem(house("PATCH", "/schedules/nights", {"name": "x"}, who="ben"), 403, "not_your_team")
    assert house("POST", "/schedules/nights/retire", who="cleo").status_code == 204
    assert [one["handle"] for one in answer(house("GET", "/schedules?active=true"))["items"]] == [
        "payments-primary"
    ]
    assert house("POST", "/schedules/nights/restore", who="cleo").status_code == 204
    problem(house("POST", "/schedules/payments-primary/retire"), 409, "still_pointed_at")


def test_a_schedule_that_cannot_hold_is_refused(house: Call, subtests: pytest.Subtests) -> None:
    """With the place and why."""
    wrong = [
        (NIGHTS | {"handle": "payments-primary"}, 409, "handle_taken"),
        (NIGHTS | {"timezone": "Mars/Base"}, 422, "schedule_invalid"),
        (NIGHTS | {"layers": [LAYER | {"every": "a while"}]}, 422, "schedule_invalid"),
        (NIGHTS | {"layers": [LAYER | {"people": []}]}, 422, "schedule_invalid"),
        (NIGHTS | {"layers": [LAYER | {"people": ["zoe"]}]}, 404, "person_not_found"),
        (NIGHTS | {"layers": [LAYER | {"colour": "x"}]}, 422, "invalid"),
        (NIGHTS | {"team": "none"}, 404, "team_not_found"),
        (NIGHTS | {"name": ""}, 422, "name_invalid"),
    ]
    for body, status, reason in wrong:
        with subtests.test(reason):
            problem(house("POST", "/schedules", body), status, reason)
    assert len(answer(house("GET", "/schedules"))["items"]) == 1


def test_a_policy_is_made_and_changed_by_the_teams_manager(house: Call) -> None:
    """R40: each change is a new version."""
    new = {"handle": "quiet", "name": "Quiet", "team": "payments", "steps": [{"notify": ["person:ana"]}]}
    problem(house("POST", "/policies", new, who="ana"), 403, "not_your_team")
    made = answer(house("POST", "/policies", new, who="cleo"), 201)
    assert (made["steps"], made["then_after"]) == (
        [
            {
                "after": "0s",
                "notify": ["person:ana"],
                "in_hours": False,
                "until_covered": False,
                "in_turn": False,
                "all_must_acknowledge": False,
            }
        ],
        "15m",
    )
    changed = answer(house("PATCH", "/policies/quiet", {"repeat": 2}, who="cleo"))
    assert (changed["repeat"], changed["version"], changed["steps"]) == (2, 2, made["steps"])
    unknown = {"steps": [{"notify": ["person:none"]}]}
    said = problem(house("PATCH", "/policies/quiet", unknown, who="cleo"), 422, "policy_invalid")
    assert said.startswith("steps.0.notify.0 of the policy cannot hold: there is no such target")
    problem(house("POST", "/policies", new), 409, "handle_taken")
    problem(house("PATCH", "/policies/quiet", {"repeat": 99}, who="cleo"), 422, "invalid")
    assert house("POST", "/policies/quiet/retire", who="cleo").status_code == 204
    assert house("POST", "/policies/quiet/restore", who="cleo").status_code == 204
    problem(house("POST", "/policies/payments/retire"), 409, "still_pointed_at")
