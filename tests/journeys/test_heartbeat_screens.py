"""Heartbeats on the screens: expected in words before saving, seen at a glance, pinged by what was copied."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from calling import Call, answer
from database import Clock
from entering import signed_in
from muster.core.heartbeats import PingKind
from muster.core.permissions import system
from muster.detect.commands import Heard, Said, judge_heartbeats, key_hash, receive_pings
from muster.detect.models import Heartbeat
from muster.foundation.access import queries
from people import Cast

TESTS = system("tests")
SAID = {
    "name": "Nightly backup",
    "service": "checkout",
    "schedule": "30 2 * * *",
    "timezone": "Europe/Madrid",
    "grace": "30m",
    "severity": "critical",
    "message": "",
    "description": "Copies the orders.",
    "do": "save",
}


@pytest.fixture
def enter(cast: Cast, call: Call) -> Any:
    """Sign somebody in; cleo manages the team of service checkout."""
    answer(call("POST", "/teams", {"handle": "payments", "name": "Payments", "manager": "cleo"}), 201)
    service = {"handle": "checkout", "name": "Checkout", "team": "payments"}
    answer(call("POST", "/services", service), 201)

    return lambda handle: signed_in(cast, handle)


def body(response: Any, status: int = 200) -> str:
    """The page."""
    assert response.status_code == status, response.content[:500]
    return unescape(str(response.content.decode()))


def key_in(page: str) -> str:
    """The key in what is to be copied."""
    found = re.search(r"/ping/([A-Za-z0-9]{32})/start", page)
    assert found is not None
    return found[1]


def fault_at(page: str, field: str) -> str:
    """What is said under a field, and under no other."""
    [found] = re.findall(r'<p class="field-error" id="note-([\w-]+)">.*?<span>(.*?)</span></p>', page, re.S)
    assert found[0] == field
    return str(found[1])


def test_a_manager_expects_a_job_and_copies_its_address_once(enter: Any) -> None:
    cleo = enter("cleo")
    assert "No job is expected" in body(cleo.get("/settings/heartbeats"))
    assert "At 03:00 every day" in body(cleo.get("/heartbeats/new"))
    tried = body(cleo.post("/heartbeats/new", SAID | {"do": "look"}))
    assert "At 02:30 every day (Europe/Madrid)" in tried
    assert len(re.findall(r'<ol class="lines">.*?</ol>', tried, re.S)[0].split("<li ")) == 6
    assert not Heartbeat.objects.exists()
    page = body(cleo.post("/heartbeats/new", SAID))
    key = key_in(page)
    assert receive_pings([Said(key_hash(key), PingKind.SUCCESS)]) == [Heard.KEPT]
    again = body(cleo.get("/settings/heartbeats/nightly-backup"))
    assert key not in again
    assert "/ping/<your key>/start" in again
    assert "Reported" in again
    listed = body(cleo.get("/settings/heartbeats"))
    assert "Every job reports." in listed
    assert "Nightly backup" in listed
    assert "Nightly backup" in body(cleo.get("/services/checkout"))


def test_who_does_not_report_stands_first_and_its_alert_is_one_step_away(enter: Any, clock: Clock) -> None:
    cleo = enter("cleo")
    keys = [
        key_in(body(cleo.post("/heartbeats/new", SAID | {"name": name, "schedule": schedule})))
        for name, schedule in (("Quick", "1h"), ("Slow", "1d"))
    ]
    receive_pings([Said(key_hash(key), PingKind.SUCCESS) for key in keys])
    clock.advance(timedelta(hours=1, minutes=10))
    assert "1 job is late." in body(cleo.get("/settings/heartbeats"))
    clock.advance(timedelta(minutes=20))
    judge_heartbeats(list(Heartbeat.objects.values_list("id", flat=True)), actor=TESTS, at=queries.now())
    page = body(cleo.get("/settings/heartbeats"))
    assert "1 job is down." in page
    assert page.index(">Quick<") < page.index(">Slow<")
    one = body(cleo.get("/settings/heartbeats/quick"))
    assert "Quick has not reported since" in one
    assert "/alerts/ALR-" in one


def test_it_is_changed_paused_resumed_given_a_new_address_and_retired(enter: Any) -> None:
    cleo = enter("cleo")
    key = key_in(body(cleo.post("/heartbeats/new", SAID)))
    where = "/settings/heartbeats/nightly-backup"
    assert "Copies the orders." in body(cleo.get("/heartbeats/nightly-backup/edit"))
    assert cleo.post("/heartbeats/nightly-backup/edit", SAID | {"grace": "2h"}).status_code == 302
    assert "2 hours" in body(cleo.get(where))
    assert cleo.post(f"{where}/pause").status_code == 302
    assert "Resume it" in body(cleo.get(where))
    assert cleo.post(f"{where}/resume").status_code == 302
    new = key_in(body(cleo.post(f"{where}/rotate")))
    assert new != key
    assert cleo.post(f"{where}/retire").status_code == 302
    assert "Its address is refused." in body(cleo.get(where))
    assert receive_pings([Said(key_hash(new), PingKind.SUCCESS)]) == [Heard.KEY_UNKNOWN]
    assert cleo.post(f"{where}/restore").status_code == 302
    assert receive_pings([Said(key_hash(new), PingKind.SUCCESS)]) == [Heard.KEPT]


def test_a_second_job_of_the_same_name_in_another_service_gets_a_handle_of_its_own(
    enter: Any, call: Call
) -> None:
    service = {"handle": "shop", "name": "Shop", "team": "payments"}
    cleo = enter("cleo")
    answer(call("POST", "/services", service), 201)
    body(cleo.post("/heartbeats/new", SAID))
    assert "already" in fault_at(body(cleo.post("/heartbeats/new", SAID), 409), "name")
    body(cleo.post("/heartbeats/new", SAID | {"service": "shop"}))
    handles = Heartbeat.objects.order_by("id").values_list("integration__handle", flat=True)
    assert list(handles) == ["nightly-backup", "nightly-backup-2"]


@pytest.mark.parametrize(
    ("change", "field", "status"),
    [
        ({"schedule": "often"}, "schedule", 422),
        ({"schedule": "10s"}, "schedule", 422),
        ({"timezone": "Mars"}, "timezone", 422),
        ({"grace": "soon"}, "grace", 422),
        ({"severity": "SEV1"}, "severity", 422),
        ({"name": ""}, "name", 422),
        ({"service": "nowhere"}, "service", 404),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    enter: Any, change: dict[str, str], field: str, status: int
) -> None:
    cleo = enter("cleo")
    page = body(cleo.post("/heartbeats/new", SAID | change), status)
    assert fault_at(page, field)
    assert "Copies the orders." in page
    assert not Heartbeat.objects.exists()


def test_a_responder_sees_them_and_is_offered_nothing(enter: Any) -> None:
    body(enter("cleo").post("/heartbeats/new", SAID))
    ana = enter("ana")
    assert "Expect a job" not in body(ana.get("/settings/heartbeats"))
    assert "Retire" not in body(ana.get("/settings/heartbeats/nightly-backup"))
    for address in ("/heartbeats/new", "/heartbeats/nightly-backup/edit"):
        body(ana.get(address), 403)
    for verb in ("pause", "rotate", "retire"):
        body(ana.post(f"/settings/heartbeats/nightly-backup/{verb}"), 403)
