"""Whom one step asks: the next in turn, all of them, or nobody until somebody is on call."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from database import Clock
from engine import settle
from muster.core.permissions import system
from muster.core.signals import SignalSeverity
from muster.core.urgency import Urgency
from muster.detect.commands import META_SERVICE, receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.access.commands import set_password
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.commands import Start, start_escalation
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.escalation.plans import plan_of
from muster.mobilize.escalation.showing import people_missing
from muster.mobilize.oncall.commands import add_leave, add_schedule
from muster.mobilize.paging.commands import claim_deliveries
from muster.mobilize.paging.models import Delivery, Page
from people import Cast
from senders import set_policy, trigger

TESTS = system("tests")
TEAM = ("ana", "ben", "cleo")
NIGHT = datetime(2026, 3, 2, 21, tzinfo=UTC)
OPENS = datetime(2026, 3, 3, 8, tzinfo=UTC)


@pytest.fixture
def people(key: str, cast: Cast, reach: Callable[[str], None]) -> Cast:
    """Ana, Ben, Cleo and the admin can be reached."""
    prepare()
    for handle in (*TEAM, "admin"):
        reach(handle)
    return cast


def policy(*steps: dict[str, Any], **more: Any) -> Policy:
    """The policy that checkout goes up."""
    spec = {"steps": list(steps)} | more
    made = commands.add_policy(actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec=spec)
    set_policy("checkout", "payments")
    return made


def step(after: str, *targets: str, **more: bool) -> dict[str, Any]:
    """One step."""
    return {"after": after, "notify": list(targets)} | more


def in_turn(after: str = "0s") -> dict[str, Any]:
    """A step that takes each alert to the next of the three."""
    return step(after, *(f"person:{one}" for one in TEAM), in_turn=True)


def fire(key: str, dedup: str = "k1", severity: SignalSeverity = SignalSeverity.CRITICAL) -> AlertGroup:
    """An alert that pages; returns its group."""
    receive_signals([trigger(key, dedup, severity=severity)])
    settle()
    return AlertGroup.objects.exclude(service__handle=META_SERVICE).latest("id")


def paged(about: AlertGroup | None = None) -> list[str]:
    """Who was paged, in order; about one group alone where it is named."""
    pages = Page.objects.filter(about=about.subject) if about is not None else Page.objects.all()
    return list(pages.order_by("id").values_list("person__handle", flat=True))


def acknowledge(people: Cast, handle: str, group: AlertGroup) -> AlertGroup:
    who = people(handle)
    return commands.acknowledge_group(group.pk, actor=who.actor, at=who.at)


# The next in turn


def test_each_alert_goes_to_the_next_person_in_turn(people: Cast, key: str) -> None:
    policy(in_turn())
    for n in range(4):
        fire(key, f"k{n}")
    assert paged() == ["ana", "ben", "cleo", "ana"]
    told = [
        event.payload["people"] for event in Event.objects.filter(kind="policy.turn_passed").order_by("id")
    ]
    assert told == [[people.id(one)] for one in paged()]


def test_many_alerts_at_once_are_shared_fairly(people: Cast, key: str) -> None:
    """One batch: nobody has the same turn twice."""
    policy(in_turn())
    receive_signals([trigger(key, f"k{n}") for n in range(30)])
    settle()
    assert Counter(paged()) == dict.fromkeys(TEAM, 10)


def test_two_workers_never_give_the_same_turn(people: Cast, key: str) -> None:
    made = policy(in_turn())

    def climb(offset: int) -> None:
        for n in range(15):
            start = Start(f"call:{offset + n}", made, Urgency.HIGH)
            start_escalation(start, actor=TESTS, at=queries.now())
        connections.close_all()

    threads = [threading.Thread(target=climb, args=(offset,)) for offset in (1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(paged()) == dict.fromkeys(TEAM, 10)


def test_who_is_on_leave_or_out_of_reach_is_passed_over_with_the_reason(people: Cast, key: str) -> None:
    made = policy(step("0s", "person:sam", "person:ana", "person:ben", in_turn=True))
    now = queries.now()
    add_leave(people.id("ana"), actor=people("ana").actor, at=now, start=now, end=now + timedelta(days=3))
    fire(key)
    assert paged() == ["ben"]
    told = Event.objects.get(kind="escalation.step_started").payload
    assert (told["unreachable"], told["away"]) == ([people.id("sam")], [people.id("ana")])
    made.refresh_from_db()
    assert list(made.turns) == [str(people.id("ben"))]


def test_the_plan_shows_whose_turn_comes_next(people: Cast, key: str) -> None:
    policy(in_turn(), in_turn("15m"))
    fire(key)
    planned = plan_of(Escalation.objects.get(), queries.now())
    assert [one.people for one in planned][:1] == [(people.id("ben"),)]


# All must acknowledge


def test_an_alert_is_taken_when_everybody_has_acknowledged(people: Cast, key: str, clock: Clock) -> None:
    """Whoever did is paged no more, the others go on being paged, and it is shown who is missing."""
    policy(step("0s", "person:ana", "person:ben", all_must_acknowledge=True), step("15m", "person:cleo"))
    group = fire(key)
    assert acknowledge(people, "ana", group).state == "triggered"
    escalation = Escalation.objects.get()
    assert [one.handle for one in people_missing(escalation)] == ["ben"]
    claimed = claim_deliveries("email", 50, True, actor=TESTS, at=queries.now())
    assert [one.delivery.page.person.handle for one in claimed] == ["ben"]
    clock.advance(timedelta(minutes=15, seconds=1))
    assert climb_due_escalations() == 1
    assert paged() == ["ana", "ben", "cleo"]
    assert acknowledge(people, "ben", group).state == "acknowledged"
    escalation.refresh_from_db()
    assert escalation.state == "stopped"
    assert people_missing(escalation) == []


def test_what_waited_for_whoever_acknowledged_is_cancelled(people: Cast, key: str) -> None:
    policy(step("0s", "person:ana", "person:ben"), all_must_acknowledge=True)
    group = fire(key)
    acknowledge(people, "ben", group)
    settle()
    states = dict(Delivery.objects.values_list("page__person__handle", "state"))
    assert states == {"ana": "queued", "ben": "cancelled"}


def test_saying_it_twice_is_no_fault_and_counts_once(people: Cast, key: str) -> None:
    policy(step("0s", "person:ana", "person:ben", all_must_acknowledge=True))
    group = fire(key)
    for _ in range(2):
        assert acknowledge(people, "ana", group).state == "triggered"
    assert Event.objects.filter(kind="escalation.answered").count() == 1


def test_a_further_round_pages_only_who_is_missing(people: Cast, key: str, clock: Clock) -> None:
    both = step("0s", "person:ana", "person:ben", all_must_acknowledge=True)
    policy(both, repeat=1, then_after="10m")
    group = fire(key)
    acknowledge(people, "ana", group)
    clock.advance(timedelta(minutes=10, seconds=1))
    climb_due_escalations()
    assert paged() == ["ana", "ben", "ben"]


def test_both_at_the_same_moment_is_taken_once(people: Cast, key: str) -> None:
    policy(step("0s", "person:ana", "person:ben", all_must_acknowledge=True))
    group = fire(key)
    arrivals = [people(one) for one in ("ana", "ben")]

    def take(n: int) -> None:
        commands.acknowledge_group(group.pk, actor=arrivals[n].actor, at=arrivals[n].at)
        connections.close_all()

    threads = [threading.Thread(target=take, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    group.refresh_from_db()
    assert group.state == "acknowledged"
    assert Event.objects.filter(kind="group.acknowledged").count() == 1


def test_whoever_presses_the_button_reads_who_is_missing(people: Cast, key: str) -> None:
    policy(step("0s", "person:ana", "person:ben", all_must_acknowledge=True))
    group = fire(key)
    said = []
    for handle in ("ana", "ben"):
        browser = Client()
        account = set_password(people.id(handle), "a long secret", actor=TESTS, at=queries.now())
        browser.force_login(account)
        page = browser.post(f"/alerts/{group.public_id}/acknowledge", follow=True).content.decode()
        said.append(
            (
                "Your word is kept. All must acknowledge; missing: Ben." in page,
                "You have it. Nobody else will be woken." in page,
            )
        )
    assert said == [(True, False), (False, True)]


def test_a_new_epoch_asks_everybody_again(people: Cast, key: str) -> None:
    policy(step("0s", "person:ana", "person:ben", all_must_acknowledge=True))
    group = fire(key)
    for handle in ("ana", "ben"):
        acknowledge(people, handle, group)
    who = people("ana")
    commands.unacknowledge_group(group.pk, actor=who.actor, at=who.at)
    settle()
    assert paged() == ["ana", "ben"] * 2
    assert acknowledge(people, "ana", group).state == "triggered"


def test_resolving_needs_nobody_else(people: Cast, key: str) -> None:
    policy(step("0s", "person:ana", "person:ben", all_must_acknowledge=True))
    group = fire(key)
    who = people("ana")
    assert commands.resolve_group(group.pk, actor=who.actor, at=who.at).state == "resolved"
    assert Escalation.objects.get().state == "stopped"


# Held until somebody is on call


@pytest.fixture
def by_day(people: Cast, clock: Clock) -> None:
    """Ana is on call from 09:00 to 17:00 in Madrid; it is 22:00 there."""
    clock.set(NIGHT)
    hours = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}
    layer = {"every": "1 week", "start": "2020-01-06T09:00", "people": [people.id("ana")], "only": [hours]}
    add_schedule(
        actor=TESTS,
        at=queries.now(),
        handle="day",
        name="Day",
        spec={"timezone": "Europe/Madrid", "layers": [layer]},
    )


def test_what_can_wait_is_held_until_somebody_is_on_call(
    by_day: None, people: Cast, key: str, clock: Clock
) -> None:
    """Peers 5b: no page at night, one at 09:00, and the plan at 22:00 says so."""
    policy(step("0s", "schedule:day", until_covered=True), step("15m", "person:ben"))
    fire(key, severity=SignalSeverity.WARNING)
    escalation = Escalation.objects.get()
    assert (paged(), escalation.state, escalation.due_at) == ([], "running", OPENS)
    assert [(one.people, one.due_at) for one in plan_of(escalation, queries.now())][:1] == [
        ((people.id("ana"),), OPENS)
    ]
    clock.set(OPENS - timedelta(seconds=2))
    assert climb_due_escalations() == 0
    clock.set(OPENS + timedelta(seconds=1))
    assert climb_due_escalations() == 1
    assert paged() == ["ana"]


def test_what_is_urgent_goes_on_at_once(by_day: None, people: Cast, key: str, clock: Clock) -> None:
    policy(step("0s", "schedule:day", until_covered=True), step("15m", "person:ben"))
    group = fire(key, severity=SignalSeverity.CRITICAL)
    assert paged(group) == ["ben"]


def test_what_gets_worse_while_it_is_held_is_thought_about_anew(
    by_day: None, people: Cast, key: str, clock: Clock
) -> None:
    policy(step("0s", "schedule:day", until_covered=True), step("15m", "person:ben"))
    group = fire(key, severity=SignalSeverity.WARNING)
    assert paged() == []
    fire(key, severity=SignalSeverity.CRITICAL)
    assert paged(group) == ["ben"]
    assert Escalation.objects.get(about=group.subject).urgency == "high"


def test_what_gets_worse_pages_again_although_somebody_had_it(people: Cast, key: str) -> None:
    policy(step("0s", "person:ana"))
    group = fire(key, severity=SignalSeverity.WARNING)
    assert acknowledge(people, "ana", group).state == "acknowledged"
    settle()
    fire(key, severity=SignalSeverity.CRITICAL)
    group.refresh_from_db()
    assert (group.state, group.urgency, group.epoch, group.acknowledged_by) == ("triggered", "high", 2, None)
    assert Alert.objects.get().state == "triggered"
    assert paged(group) == ["ana", "ana"]
    fire(key, severity=SignalSeverity.CRITICAL)
    assert paged(group) == ["ana", "ana"]
