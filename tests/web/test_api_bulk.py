"""Many groups by API and on the inbox: done, left with a reason, all that a list shows in steps."""

from typing import Any

import pytest
from django.test import Client

from calling import Call, answer
from engine import settle
from entering import signed_in
from muster.core.permissions import system
from muster.detect.commands import receive_signals
from muster.evaluate.models import AlertGroup
from muster.foundation.access import commands, queries
from muster.foundation.access.models import Person
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.commands import bulk
from people import Cast
from senders import trigger


@pytest.fixture
def some(key: str, paged: None) -> list[str]:
    """Seven groups."""
    prepare()
    receive_signals([trigger(key, f"k{n}") for n in range(7)])
    settle()
    return [group.public_id for group in AlertGroup.objects.filter(service__handle="checkout").order_by("id")]


@pytest.fixture
def ana(cast: Cast) -> Client:
    return signed_in(cast, "ana")


def count(state: str) -> int:
    return AlertGroup.objects.filter(service__handle="checkout", state=state).count()


def test_by_api_each_is_done_or_says_why_not(call: Call, some: list[str]) -> None:
    told = answer(
        call("POST", "/bulk/groups", {"verb": "resolve", "groups": [*some[:3], "GRP-0", "nonsense"]})
    )
    assert sorted(told["done"]) == sorted(some[:3])
    assert [one["code"] for one in told["left"]] == ["not_found"]
    again = answer(call("POST", "/bulk/groups", {"verb": "acknowledge", "groups": some}))
    assert len(again["done"]) == 4
    assert {one["code"] for one in again["left"]} == {"already_resolved"}
    assert all(one["detail"] for one in again["left"])
    answer(call("POST", "/bulk/groups", {"verb": "snooze", "groups": some[3:], "for": "2h"}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"verb": "delete"},
        {"groups": []},
        {"groups": ["1"] * 501},
        {"verb": "snooze"},
        {"verb": "snooze", "for": "soon"},
        {"colour": "red"},
    ],
)
def test_what_makes_no_sense_changes_nothing(call: Call, some: list[str], wrong: dict[str, Any]) -> None:
    given = {"verb": "resolve", "groups": some} | wrong
    assert call("POST", "/bulk/groups", given).status_code in (400, 422)
    assert count("triggered") == 7


def test_what_was_ticked_is_done_and_the_list_comes_back(ana: Client, some: list[str]) -> None:
    page = ana.get("/alerts").content.decode()
    assert "all 7 open groups here" in page
    done = ana.post("/alerts/bulk", {"verb": "acknowledge", "group": some[:2], "state": "open", "q": "x&y"})
    assert (done.status_code, done.headers["location"]) == (302, "/alerts?state=open&q=x%26y")
    assert "You have 2 groups." in ana.get("/alerts").content.decode()
    assert (count("acknowledged"), count("triggered")) == (2, 5)
    assert "Give back" in ana.get("/alerts?state=mine").content.decode()


def test_all_of_a_list_are_done_step_by_step(
    ana: Client, some: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the script asks for them; the last step tells how many in all."""
    monkeypatch.setattr("muster.mobilize.escalation.commands.AT_ONCE", 3)
    said: dict[str, Any] = {"verb": "resolve", "every": "1", "state": "open", "q": ""}
    steps, done, after = [], 0, ""
    while after is not None:
        told = ana.post(
            "/alerts/bulk", said | {"after": after, "so_far": done}, headers={"x-bulk": "1"}
        ).json()
        steps.append((told["done"], told["left"]))
        done, after = done + told["done"], told["after"]
    assert steps == [(3, 4), (3, 1), (1, 0)]
    assert count("resolved") == 7
    assert "7 groups are resolved." in ana.get("/alerts").content.decode()
    assert bulk.AT_ONCE == 500


@pytest.mark.parametrize(
    "said", [{}, {"verb": "delete"}, {"verb": "resolve"}, {"verb": "resolve", "group": "x"}]
)
def test_nonsense_does_nothing(ana: Client, some: list[str], said: dict[str, str]) -> None:
    assert ana.post("/alerts/bulk", said).status_code == 302
    assert count("triggered") == 7


def test_whoever_may_not_is_offered_nothing(cast: Cast, some: list[str]) -> None:
    commands.set_password(cast.id("sam"), "a long enough password", actor=system("tests"), at=queries.now())
    client = Client()
    client.force_login(Person.objects.get(handle="sam").account)
    assert "data-bulk" not in client.get("/alerts").content.decode()
    assert client.post("/alerts/bulk", {"verb": "resolve", "group": some[0]}).status_code == 403
    assert count("triggered") == 7


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "-1", "x"])
def test_a_number_that_is_nobody_s_upsets_nothing(ana: Client, some: list[str], number: str) -> None:
    assert ana.get("/alerts", {"before": number}).status_code == 200
    said = {"verb": "resolve", "group": number, "state": "open", "so_far": number}
    assert ana.post("/alerts/bulk", said).status_code == 302
    assert count("triggered") == 7


def test_only_a_few_of_the_reasons_why_not_are_said(ana: Client, call: Call, some: list[str]) -> None:
    """Messages travel in a cookie; and each says who has it."""
    answer(call("POST", "/bulk/groups", {"verb": "acknowledge", "groups": some}))
    ana.post("/alerts/bulk", {"verb": "acknowledge", "group": some, "state": "open"})
    page = ana.get("/alerts").content.decode()
    assert page.count("acknowledged this already") == 3
    assert "? acknowledged" not in page
