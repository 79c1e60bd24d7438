"""Every alert is acknowledged or escalated; those that were not are told by API, screen and command (R41)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from typer.testing import CliRunner

from calling import Call, answer
from database import Clock
from engine import settle
from muster.core.permissions import system
from muster.detect.commands import META_SERVICE, receive_signals
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.access.commands import set_password
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.due import climb_due_escalations
from muster.processes.main import COMMANDS, command_line
from people import Cast
from senders import resolve, set_policy, trigger
from served import served

TESTS = system("tests")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class House:
    """Checkout: Ana is paged, and Ben 15 minutes after her unless a test says otherwise."""

    key: str
    cast: Cast
    call: Call
    clock: Clock

    def goes_up(self, second_after: str = "15m") -> None:
        """With this policy."""
        steps = [{"after": "0s", "notify": ["person:ana"]}, {"after": second_after, "notify": ["person:ben"]}]
        commands.add_policy(
            actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": steps}
        )
        set_policy("checkout", "payments")

    def cries(self, name: str) -> AlertGroup:
        """An alert of checkout."""
        receive_signals([trigger(self.key, name)])
        settle()
        return AlertGroup.objects.exclude(service__handle=META_SERVICE).latest("id")

    def ends(self, name: str) -> None:
        """Its sender says that it is over."""
        receive_signals([resolve(self.key, name)])
        settle()

    def passes(self, minutes: int) -> None:
        """So many minutes, and every step that is due within them."""
        for _ in range(minutes):
            self.clock.advance(timedelta(minutes=1) + SECOND)
            climb_due_escalations()

    def acknowledges(self, who: str, group: AlertGroup) -> None:
        """By hand."""
        arrival = self.cast(who)
        commands.acknowledge_group(group.pk, actor=arrival.actor, at=arrival.at)
        settle()

    def told(self) -> dict[str, Any]:
        """What the API says of the last week."""
        return answer(self.call("GET", "/unattended"))  # type: ignore[no-any-return]

    def unattended(self) -> dict[str, str]:
        """Why, by group; those of checkout."""
        return {one["group"]: one["reason"] for one in self.told()["items"] if one["service"] == "checkout"}


@pytest.fixture
def house(
    standard: None, key: str, cast: Cast, call: Call, clock: Clock, reach: Callable[[str], None]
) -> House:
    """Ana, Ben and the admin can be reached."""
    clock.set(MONDAY)
    prepare()
    for handle in ("ana", "ben", "admin"):
        reach(handle)
    return House(key, cast, call, clock)


def test_acknowledged_or_escalated_in_time_is_attended_to(house: House) -> None:
    house.goes_up()
    taken, climbed = house.cries("taken"), house.cries("climbed")
    house.passes(5)
    house.acknowledges("ana", taken)
    house.passes(11)
    house.acknowledges("ben", climbed)
    told = house.told()
    assert (told["items"], told["owed"], told["percent"], told["within"]) == ([], 2, 100.0, "15m")


def test_a_ladder_that_climbs_too_late_leaves_an_alert_unattended(house: House) -> None:
    house.goes_up(second_after="30m")
    group = house.cries("slow")
    house.passes(14)
    assert house.unattended() == {}
    house.passes(4)
    assert house.unattended() == {group.public_id: "nobody"}
    house.acknowledges("ana", group)
    assert house.unattended() == {group.public_id: "late"}


def test_what_ended_by_itself_owes_nothing_in_time_and_was_unseen_after(house: House) -> None:
    house.goes_up(second_after="1h")
    house.cries("short")
    long = house.cries("long")
    house.passes(10)
    house.ends("short")
    house.passes(20)
    house.ends("long")
    assert house.unattended() == {long.public_id: "over_unseen"}


def test_a_ladder_that_has_ended_without_an_answer_is_told_though_it_climbed(house: House) -> None:
    house.goes_up()
    group = house.cries("lost")
    house.passes(40)
    assert house.unattended() == {group.public_id: "at_the_end"}
    house.acknowledges("ben", group)
    assert house.unattended() == {}


def test_a_word_of_the_sender_is_nobodys(house: House) -> None:
    """A machine that acknowledges its own alert has not looked at it."""
    house.goes_up(second_after="1h")
    group = house.cries("machine")
    commands.acknowledge_group(group.pk, actor=TESTS, at=queries.now())
    house.passes(20)
    assert house.unattended() == {group.public_id: "nobody"}


def test_a_person_who_resolves_it_has_looked_at_it(house: House) -> None:
    house.goes_up(second_after="1h")
    group = house.cries("fixed")
    arrival = house.cast("ana")
    commands.resolve_group(group.pk, actor=arrival.actor, at=arrival.at)
    house.passes(20)
    assert house.unattended() == {}


def test_screen_and_command_say_the_same(house: House) -> None:
    house.goes_up(second_after="30m")
    group = house.cries("slow")
    house.passes(18)
    browser = Client()
    browser.force_login(set_password(house.cast.id("ana"), "a long secret", actor=TESTS, at=queries.now()))
    page = browser.get("/alerts/unattended").content.decode()
    assert "1 alert was left unattended." in page
    assert f"/alerts/{group.public_id}" in page
    assert "0 of 1 were acknowledged or escalated within 15m; the Standard wants 100 %." in page
    assert "Unattended" in browser.get("/alerts").content.decode()
    with served() as url:
        run = CliRunner().invoke(
            command_line([name for name in COMMANDS if name == "alert"]),
            ["alert", "unattended", "--json"],
            env={"MUSTER_URL": url, "MUSTER_TOKEN": house.cast.token},
        )
    assert run.exit_code == 0, run.output
    assert [one["group"] for one in json.loads(run.stdout)] == [group.public_id]


def test_an_earlier_time_is_asked_for(house: House) -> None:
    house.goes_up(second_after="30m")
    group = house.cries("slow")
    house.passes(18)
    house.clock.advance(timedelta(days=30))
    assert house.unattended() == {}
    path = "/unattended?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"
    assert [one["group"] for one in answer(house.call("GET", path))["items"]] == [group.public_id]
