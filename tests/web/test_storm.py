"""A storm by API and on its screen: how many became how many, what was held back, whole groups with undo."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from calling import Call, answer, problem
from database import Clock
from engine import settle
from entering import signed_in
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.detect.commands import receive_signals
from muster.evaluate.commands import Declaration, create_silence, declare_incident
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Person
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import acknowledge_group, add_policy
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from people import Cast
from ruling import sender
from senders import resolve, set_policy, trigger


@pytest.fixture
def ana(cast: Cast) -> Client:
    return signed_in(cast, "ana")


@pytest.fixture
def storm(key: str, paged: None, cast: Cast) -> None:
    """Fifteen alerts of checkout in one group and three alone, ten of search that are silenced."""
    prepare()
    search, who = sender("search"), cast("ben")
    end = who.at + timedelta(days=1)
    create_silence(
        ["service=search"], actor=who.actor, at=who.at, starts_at=who.at, ends_at=end, why="Moving it"
    )
    receive_signals([trigger(key, "first")])
    receive_signals([trigger(key, f"g{n}", group_key="together") for n in range(15)])
    receive_signals([trigger(key, f"k{n}") for n in range(2)])
    receive_signals([trigger(search, f"s{n}") for n in range(10)])
    settle()


@pytest.fixture
def incident(cast: Cast, standard: None, storm: None) -> Incident:
    ben = cast("ben")
    return declare_incident(Declaration("Checkout is down"), actor=ben.actor, at=ben.at)


def page(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content[:500]
    return str(response.content.decode())


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_api_says_what_began_what_was_held_back_and_which_groups_are_large(
    call: Call, storm: None
) -> None:
    told = answer(call("GET", "/storm", who="ana"))
    assert (told["storm"], told["going_on"], told["whole"]) == (True, True, True)
    assert (told["alerts"], told["service_count"], told["group_count"]) == (28, 2, 4)
    assert (told["waiting"], told["held"], told["first"]) == (4, 10, "ALR-1")
    lanes = {lane["service"]: lane for lane in told["lanes"]}
    assert (lanes["checkout"]["state"], lanes["checkout"]["alerts"]) == ("needs_somebody", 18)
    assert (lanes["search"]["state"], sum(lanes["search"]["held_bars"])) == ("held_back", 10)
    assert told["others"] is None
    [held] = told["held_by"]
    assert (held["by"], held["alerts"]) == ("silence:1", 10)
    assert "service=search" in held["sentence"] or 'service="search"' in held["sentence"]
    assert [one["alerts"] for one in told["groups"]] == [1, 15, 1, 1]
    assert told["largest"][0] == told["groups"][1]["id"]


def test_a_page_counts_once_however_many_messages_it_took(
    call: Call, key: str, paged: None, clock: Clock
) -> None:
    prepare()
    twice = {"rules": {"high": [{"use": "email"}, {"after": "1m", "use": "email"}]}}
    answer(call("PUT", "/people/ana/contact-rules", twice))
    receive_signals([trigger(key, "k1")])
    settle()
    sent = 0
    for _again in range(2):
        claimed = claim_deliveries("email", 16, True, actor=system("tests"), at=queries.now())
        taken = [SendResult(one.delivery.pk, one.fence, Accepted()) for one in claimed]
        record_deliveries(taken, actor=system("tests"), at=queries.now())
        sent += len(taken)
        clock.advance(timedelta(minutes=2))
    assert sent == 2
    told = answer(call("GET", "/storm"))
    assert (told["pages"], told["people"], told["whole"]) == (1, ["ana"], True)
    assert told["first_page_at"] is not None


def test_the_groups_of_one_service_can_be_asked_for(call: Call, storm: None) -> None:
    assert len(answer(call("GET", "/storm?service=checkout"))["groups"]) == 4
    assert answer(call("GET", "/storm?service=search"))["groups"] == []
    problem(call("GET", "/storm?service=none"), 404, "service_not_found")
    answer(call("GET", "/storm?of=2y"), 422)


def test_where_there_is_no_storm_the_time_just_past_is_told(call: Call, key: str, paged: None) -> None:
    assert answer(call("GET", "/storm"))["alerts"] == 0
    prepare()
    receive_signals([trigger(key, "k1")])
    settle()
    told = answer(call("GET", "/storm"))
    assert (told["storm"], told["alerts"], told["waiting"]) == (False, 1, 1)
    assert answer(call("GET", "/storm?of=1h"))["alerts"] == 1


def test_groups_are_attached_and_detached_by_api(call: Call, incident: Incident) -> None:
    ids = [f"GRP-{pk}" for pk in AlertGroup.objects.order_by("id").values_list("id", flat=True)]
    body = {"groups": ids, "incident": incident.public_id}
    told = answer(call("POST", "/bulk/groups/attach", body, who="ana"))
    assert (told["incident"], told["done"], told["left"]) == (incident.public_id, ids, [])
    again = answer(call("POST", "/bulk/groups/attach", body, who="ana"))
    assert {one["code"] for one in again["left"]} == {"alert_has_incident"}
    assert all(one["detail"] for one in again["left"])
    assert answer(call("POST", "/bulk/groups/detach", body, who="ana"))["done"] == ids
    problem(call("POST", "/bulk/groups/attach", body | {"incident": "INC-99"}), 404, "incident_not_found")
    answer(call("POST", "/bulk/groups/attach", {"groups": [], "incident": "INC-1"}), 422)


def test_the_screen_says_it_in_a_sentence_with_lanes_and_the_same_as_numbers(
    ana: Client, storm: None
) -> None:
    html = page(ana.get("/alerts/storm"))
    said = words(html)
    assert "Four groups are waiting for somebody." in said
    assert "28 alerts from 2 services since" in said
    assert "They are 4 groups" in said
    assert "It began at" in said
    assert "with checkout:" in said
    assert 'aria-label="checkout: 18 alerts, needs somebody"' in html
    assert 'aria-label="search: 10 alerts, all held back"' in html
    assert "Show numbers" in said
    assert "15 alerts, one page" in said
    assert "Held back, and by what" in said
    assert html.count('<tr id="row-GRP') == 4
    assert page(ana.get("/alerts/storm?service=search")).count('<tr id="row-GRP') == 0
    assert page(ana.get("/alerts/storm?service=none"), 404)


def test_the_heading_says_with_somebody_only_where_somebody_has_it(
    ana: Client, key: str, paged: None, cast: Cast
) -> None:
    """What is held back is with nobody, and neither is what is over."""
    prepare()
    search, who = sender("search"), cast("ben")
    end = who.at + timedelta(days=1)
    create_silence(
        ["service=search"], actor=who.actor, at=who.at, starts_at=who.at, ends_at=end, why="Moving it"
    )
    receive_signals([trigger(search, f"s{n}") for n in range(20)])
    settle()
    assert "Nobody was paged: all of it is held back." in page(ana.get("/alerts/storm"))
    receive_signals([trigger(key, "k1")])
    settle()
    assert "One group is waiting for somebody." in page(ana.get("/alerts/storm"))
    ana.post("/alerts/storm/act", {"verb": "acknowledge", "group": AlertGroup.objects.get().public_id})
    assert "What is not held back is with somebody." in page(ana.get("/alerts/storm"))
    receive_signals([resolve(key, "k1")])
    settle()
    assert "What is not over is held back." in page(ana.get("/alerts/storm"))
    receive_signals([resolve(search, f"s{n}") for n in range(20)])
    settle()
    assert "All of it is over." in page(ana.get("/alerts/storm"))


@pytest.mark.parametrize(
    "query", ["of=x", "from=-1", "from=99999999999999999999", "state=%00", "service=", "of=24h&state=all"]
)
def test_an_address_that_makes_no_sense_is_answered(ana: Client, storm: None, query: str) -> None:
    page(ana.get(f"/alerts/storm?{query}"))


def test_a_group_is_taken_and_given_back(ana: Client, storm: None) -> None:
    group = AlertGroup.objects.order_by("id").first()
    assert group is not None
    said = {"verb": "acknowledge", "group": group.public_id, "back": "/alerts/storm?state=all"}
    answered = ana.post("/alerts/storm/act", said)
    assert answered.headers["Location"] == "/alerts/storm?state=all"
    html = page(ana.get("/alerts/storm?state=all"))
    undone = unescape(re.findall(r'action="(/alerts/storm/undo\?[^"]+)"', html)[0])
    group.refresh_from_db()
    assert (group.state, group.acknowledged_by_id) == ("acknowledged", Person.objects.get(handle="ana").pk)
    ana.post(undone)
    group.refresh_from_db()
    assert group.state == "triggered"
    assert "Given back." in page(ana.get("/alerts/storm"))


def test_where_all_must_acknowledge_nothing_is_said_to_be_taken_before(
    ana: Client, paged: None, key: str, cast: Cast
) -> None:
    prepare()
    steps = [{"after": "0s", "notify": ["person:ana", "person:ben"], "all_must_acknowledge": True}]
    add_policy(actor=system("tests"), at=queries.now(), handle="both", name="Both", spec={"steps": steps})
    set_policy("checkout", "both")
    receive_signals([trigger(key, "k1")])
    settle()
    group = AlertGroup.objects.get()
    ana.post("/alerts/storm/act", {"verb": "acknowledge", "group": group.public_id})
    html = page(ana.get("/alerts/storm"))
    assert "Your word is kept. All must acknowledge; 1 group waits for: Ben." in html
    assert "You have 1 group" not in html
    assert "/alerts/storm/undo" not in html


def test_undo_gives_back_nothing_that_somebody_else_has(ana: Client, storm: None, cast: Cast) -> None:
    group = AlertGroup.objects.order_by("id").first()
    assert group is not None
    ana.post("/alerts/storm/act", {"verb": "acknowledge", "group": group.public_id})
    html = page(ana.get("/alerts/storm"))
    undone = unescape(re.findall(r'action="(/alerts/storm/undo\?[^"]+)"', html)[0])
    ana.post(undone)
    ben = cast("ben")
    acknowledge_group(group.pk, actor=ben.actor, at=ben.at)
    ana.post(undone)
    group.refresh_from_db()
    assert (group.state, group.acknowledged_by_id) == ("acknowledged", cast.id("ben"))
    assert "Ben acknowledged this already" in page(ana.get("/alerts/storm"))


def test_ticked_groups_are_attached_and_detached_by_undo(ana: Client, incident: Incident) -> None:
    ids = list(AlertGroup.objects.order_by("id").values_list("id", flat=True))[:3]
    said = {"verb": "attach", "group": [f"GRP-{pk}" for pk in ids], "incident": incident.public_id}
    ana.post("/alerts/storm/act", said | {"back": "https://elsewhere.example"})
    assert AlertGroup.objects.filter(incident=incident).count() == 3
    html = page(ana.get("/alerts/storm"))
    assert f"3 groups belong to {incident.public_id} now." in html
    assert f"Join {incident.public_id}" in words(html)
    ana.post(unescape(re.findall(r'action="(/alerts/storm/undo\?[^"]+)"', html)[0]))
    assert not AlertGroup.objects.filter(incident=incident).exists()


def test_who_may_only_read_is_shown_no_button_and_may_not_act(cast: Cast, storm: None) -> None:
    commands.set_password(cast.id("sam"), "a long enough password", actor=system("tests"), at=queries.now())
    sam = Client()
    sam.force_login(Person.objects.get(handle="sam").account)
    assert "/alerts/storm/act" not in page(sam.get("/alerts/storm"))
    group = AlertGroup.objects.order_by("id").first()
    assert group is not None
    page(sam.post("/alerts/storm/act", {"verb": "acknowledge", "group": group.public_id}), 403)
    group.refresh_from_db()
    assert group.state == "triggered"


def test_home_and_the_inbox_lead_there(ana: Client, storm: None) -> None:
    assert "Many alerts come at once." in page(ana.get("/"))
    assert 'href="/alerts/storm"' in page(ana.get("/alerts"))
