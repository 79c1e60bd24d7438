"""How somebody is paged, and their quiet hours: by API and on their own screen. R44"""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from acme import ACME
from calling import Call, answer, problem
from database import Clock
from entering import signed_in
from muster.foundation.access.models import Person
from people import Cast

NOW = datetime(2027, 1, 4, 22, tzinfo=UTC)
NIGHTS = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "to": "07:00"}


@pytest.fixture
def house(cast: Cast, call: Call, clock: Clock) -> None:
    """The house of design 13, on a Monday at eleven in the evening of Madrid."""
    clock.set(NOW)
    answer(call("POST", "/configuration/apply", ACME))


@pytest.fixture
def ana(house: None, cast: Cast) -> Client:
    """Ana, signed in."""
    return signed_in(cast, "ana")


def test_quiet_hours_are_set_and_told_by_api(house: None, call: Call) -> None:
    """And what they would do now: the page would begin at seven on her own wall."""
    body = {"hours": {"quiet": [NIGHTS]}}
    told = answer(call("PUT", "/people/ana/contact-rules", body, who="ana"))
    assert told["hours"] == {"quiet": [NIGHTS]}
    assert told["rules"]["low"] == [{"after": "0s", "use": "email"}]
    assert (told["low_begins_at"], told["held"]) == ("2027-01-05T06:00:00Z", "quiet_hours")
    assert told["sentence"] == "waits for the end of their quiet hours"
    assert answer(call("GET", "/people/ana/contact-rules", who="ana")) == told
    body = {"rules": {"low": [{"use": "webhook"}, {"after": "1h", "use": "email"}]}}
    told = answer(call("PUT", "/people/ana/contact-rules", body))
    assert told["hours"] == {"quiet": [NIGHTS]}
    assert told["rules"] == {"low": [{"after": "0s", "use": "webhook"}, {"after": "1h", "use": "email"}]}


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"rules": {"high": [{"use": "pigeon"}]}}, 422, "rule_names_unknown_contact"),
        ({"rules": {"high": [{"use": "email", "after": "soon"}]}}, 422, "contact_rules_invalid"),
        ({"hours": {"quiet": [{"days": ["monday"]}]}}, 422, "person_hours_invalid"),
        ({"hours": {"quiet": [{}]}}, 422, "person_hours_leave_nothing"),
    ],
)
def test_what_cannot_hold_changes_nothing(
    house: None, call: Call, body: dict[str, Any], status: int, reason: str
) -> None:
    """The sentence says what to write instead."""
    person = Person.objects.get(handle="ana")
    before = (person.rules, person.hours)
    assert problem(call("PUT", "/people/ana/contact-rules", body, who="ana"), status, reason)
    person.refresh_from_db()
    assert (person.rules, person.hours) == before


def test_nobody_changes_or_reads_somebody_else_s(house: None, call: Call) -> None:
    """An admin may; a colleague may not (S56)."""
    for method, body in (("GET", None), ("PUT", {"hours": {}})):
        problem(call(method, "/people/ana/contact-rules", body, who="ben"), 403, "role")
        answer(call(method, "/people/ana/contact-rules", body))


def test_quiet_hours_stand_in_the_file_and_come_back(house: None, call: Call) -> None:
    """`apply` sets them, `export` writes them, the same file again changes nothing."""
    weekend = "{days: [sat, sun], from: '00:00', to: '24:00'}"
    text = ACME.replace("handle: ana,", f"handle: ana, hours: {{quiet: [{weekend}]}},")
    answer(call("POST", "/configuration/apply", text))
    stored = {"days": ["sat", "sun"], "from": "00:00", "to": "24:00"}
    assert Person.objects.get(handle="ana").hours == {"quiet": [stored]}
    again = answer(call("POST", "/configuration/apply", text))
    assert {step["action"] for step in again["plan"]} == {"leave"}
    written = call("GET", "/configuration/export").content.decode()
    again = answer(call("POST", "/configuration/apply", written))
    assert {step["action"] for step in again["plan"]} == {"leave"}


def test_ana_sets_her_hours_on_her_own_page(ana: Client) -> None:
    """Rules by urgency in minutes, windows with days; what is left empty says nothing."""
    form = {
        "high-0-use": "webhook", "high-0-after": "", "high-1-use": "email", "high-1-after": "5",
        "low-0-use": "email", "low-0-after": "1h",
        "quiet-0-days": NIGHTS["days"], "quiet-0-from": "22:00", "quiet-0-to": "07:00",
        "quiet-1-days": ["sat", "sun"], "quiet-1-from": "", "quiet-1-to": "",
    }  # fmt: skip
    assert ana.post("/settings/me/rules", form).status_code == 302
    person = Person.objects.get(handle="ana")
    assert person.rules == {
        "high": [{"after": "0s", "use": "webhook"}, {"after": "5m", "use": "email"}],
        "low": [{"after": "1h", "use": "email"}],
    }
    weekend = {"days": ["sat", "sun"], "from": "00:00", "to": "24:00"}
    assert person.hours == {"quiet": [NIGHTS, weekend]}
    page = ana.get("/settings/me/rules").content.decode()
    assert "Something urgent:" in page
    assert "webhook at Mon 4 Jan, 23:00, email at Mon 4 Jan, 23:05." in page
    assert "email at Tue 5 Jan, 08:00 (waits for the end of their quiet hours)." in page
    mine = ana.get("/settings/me").content.decode()
    assert "What can wait is held Mon Tue Wed Thu Fri 22:00 to 07:00, Sat Sun 00:00 to 24:00." in mine
    # The same form sent back as it is shown changes nothing.
    assert ana.post("/settings/me/rules", form).status_code == 302
    person.refresh_from_db()
    assert person.hours == {"quiet": [NIGHTS, weekend]}


def test_what_was_typed_wrong_is_kept_with_the_reason(ana: Client) -> None:
    """Hours that leave nothing are refused where they are set."""
    answered = ana.post("/settings/me/rules", {"quiet-0-from": "00:00", "quiet-0-to": "00:00"})
    assert answered.status_code == 422
    assert "leave no hour of the week" in answered.content.decode()
    assert Person.objects.get(handle="ana").hours == {}
