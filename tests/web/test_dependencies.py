"""The map around a service, by API and on its screen: state in words, trouble, how far a failure reaches."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from calling import Call, answer, problem
from engine import settle
from entering import signed_in
from muster.core.permissions import system
from muster.core.signals import SignalSeverity
from muster.detect.commands import receive_signals
from muster.evaluate.commands import Declaration, declare_incident
from muster.foundation.access import queries
from muster.foundation.catalog.commands import add_customer, add_product, change_service
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.reactor import prepare
from people import Cast
from senders import make_service, trigger

TESTS = system("tests")


@pytest.fixture
def company(key: str, cast: Cast, standard: None) -> dict[str, Service]:
    """web needs shop, shop checkout, checkout orders, orders db; db is down, checkout has an alert."""
    prepare()
    made = {"checkout": Service.objects.get(handle="checkout")}
    for handle in ("web", "shop", "orders", "db", "mail"):
        made[handle] = make_service(actor=TESTS, at=queries.now(), handle=handle)
    for one, other in (("web", "shop"), ("shop", "checkout"), ("checkout", "orders"), ("orders", "db")):
        needs = {"depends_on": [made[other].pk]}
        change_service(made[one].pk, needs, actor=TESTS, at=queries.now())
    add_product(actor=TESTS, at=queries.now(), handle="cart", name="Cart", services=[made["web"].pk])
    add_customer(actor=TESTS, at=queries.now(), handle="acme", name="Acme", services=[made["checkout"].pk])
    add_customer(actor=TESTS, at=queries.now(), handle="mailer", name="Mailer", services=[made["mail"].pk])
    ben = cast("ben")
    declare_incident(
        Declaration("The disk is full", services=(made["db"].pk,), severity="SEV1"),
        actor=ben.actor,
        at=ben.at,
    )
    receive_signals([trigger(key, "k1", severity=SignalSeverity.WARNING)])
    settle()
    return made


@pytest.fixture
def ana(cast: Cast) -> Client:
    return signed_in(cast, "ana")


def page(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content[:500]
    return str(response.content.decode())


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_api_tells_both_sides_what_is_in_trouble_and_what_would_be_hit(
    call: Call, company: dict[str, Service]
) -> None:
    told = answer(call("GET", "/services/checkout/dependencies", who="sam"))
    assert (told["itself"]["state"], told["itself"]["alerts"]) == ("degraded", 1)
    assert [[one["service"] for one in level["services"]] for level in told["needs"]] == [["orders"], ["db"]]
    assert [[one["service"] for one in level["services"]] for level in told["needed_by"]] == [
        ["shop"],
        ["web"],
    ]
    [db] = told["troubled_below"]
    assert (db["service"], db["state"], db["incidents"]) == ("db", "major", ["INC-1"])
    assert told["troubled_above"] == []
    assert told["circle"] == []
    hit = told["blast_radius"]
    assert (hit["services"], hit["product_handles"], hit["customer_handles"]) == (2, ["cart"], ["acme"])
    assert answer(call("GET", "/services/db/dependencies"))["blast_radius"]["services"] == 4
    [above] = answer(call("GET", "/services/orders/dependencies"))["troubled_above"]
    assert above["service"] == "checkout"
    problem(call("GET", "/services/none/dependencies"), 404, "service_not_found")


def test_services_that_stand_on_each_other_are_told_and_nothing_hangs(
    call: Call, company: dict[str, Service]
) -> None:
    needs = {"depends_on": [company["web"].pk]}
    change_service(company["db"].pk, needs, actor=TESTS, at=queries.now())
    told = answer(call("GET", "/services/checkout/dependencies"))
    assert told["circle"] == ["db", "orders", "shop", "web"]
    assert told["blast_radius"]["services"] == 4


def test_the_screen_draws_the_map_with_words_and_says_how_far_a_failure_reaches(
    ana: Client, company: dict[str, Service]
) -> None:
    html = page(ana.get("/services/checkout"))
    said = words(html)
    for heading in ("Two steps below", "It needs", "This service", "Needs it", "Two steps above"):
        assert heading in said
    assert "SEV1, INC-1" in said
    assert "1 open alert" in said
    assert "If it fails: 2 other services, 1 product (Cart), 1 customer (Acme)." in said
    assert "In trouble around it" in said
    assert "SEV1, INC-1; it stands on this" in said
    assert html.count('class="map-gap"') == 4
    assert 'href="/services/orders"' in html


def test_head_map_and_list_agree_about_a_service_whose_alerts_are_held_back(
    ana: Client, call: Call, company: dict[str, Service]
) -> None:
    ends = (queries.now() + timedelta(hours=1)).isoformat()
    given = {"matchers": ['service="checkout"'], "ends_at": ends, "why": "Moving it"}
    answer(call("POST", "/silences", given), 201)
    settle()
    assert answer(call("GET", "/services/checkout/dependencies"))["itself"]["held"] == 1
    said = words(page(ana.get("/services/checkout")))
    assert "is well; what it says is held back." in said
    assert "well, 1 held back" in said
    listed = page(ana.get("/services"))
    assert words(listed).count("Well") == words(listed).count("Well, 1 held back") == 1  # the rest: the state


def test_a_service_of_which_nothing_is_said_says_what_to_do(ana: Client, company: dict[str, Service]) -> None:
    said = words(page(ana.get("/services/mail")))
    assert "Write depends_on in the configuration." in said
    assert "1 customer (Mailer)" in said


def test_more_than_a_column_holds_is_a_number(ana: Client, company: dict[str, Service], call: Call) -> None:
    many = [make_service(actor=TESTS, at=queries.now(), handle=f"n{n}").pk for n in range(20)]
    change_service(company["mail"].pk, {"depends_on": many}, actor=TESTS, at=queries.now())
    [near, _far] = answer(call("GET", "/services/mail/dependencies"))["needs"]
    assert (len(near["services"]), near["more"]) == (7, 13)
    assert "and 13 more" in words(page(ana.get("/services/mail")))
