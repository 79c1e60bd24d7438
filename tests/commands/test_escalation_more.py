"""What a ladder can do besides: ask again or somebody else, go on with another policy, wait for hours."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from database import Clock
from engine import settle
from muster.core.permissions import system
from muster.core.refusal import Refused
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.access.commands import give_grant
from muster.foundation.catalog.commands import add_team, change_team, retire
from muster.foundation.catalog.models import Team
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.due import ask_again, climb_due_escalations
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.escalation.plans import plan_of, weaknesses
from muster.mobilize.oncall.commands import add_schedule
from muster.mobilize.paging.commands import claim_deliveries
from muster.mobilize.paging.models import Delivery, Page
from people import Cast
from senders import set_policy, trigger

TESTS = system("tests")
MONDAY_NIGHT = datetime(2026, 3, 2, 22, tzinfo=UTC)


@pytest.fixture
def people(key: str, cast: Cast, reach: Callable[[str], None]) -> Cast:
    """Ana, Ben, Cleo and the admin can be reached."""
    prepare()
    for handle in ("ana", "ben", "cleo", "admin"):
        reach(handle)
    return cast


def policy(handle: str, *steps: dict[str, Any], team: int | None = None, **more: Any) -> Policy:
    """A policy with these steps."""
    spec = {"steps": list(steps)} | more
    return commands.add_policy(
        actor=TESTS, at=queries.now(), handle=handle, name=handle.title(), spec=spec, team_id=team
    )


def step(after: str, target: str, **more: Any) -> dict[str, Any]:
    """One step with one target."""
    return {"after": after, "notify": [target]} | more


def paged() -> list[str]:
    """Who was paged, in order."""
    return list(Page.objects.order_by("id").values_list("person__handle", flat=True))


def fire(key: str, dedup: str = "k1") -> AlertGroup:
    """An alert that pages; returns its group."""
    receive_signals([trigger(key, dedup)])
    settle()
    return AlertGroup.objects.latest("id")


# Asked again


def test_who_acknowledges_and_forgets_is_asked_again(people: Cast, key: str, clock: Clock) -> None:
    """Acknowledged, nothing done: after the policy's time it pages from the first step, in a new epoch."""
    policy("payments", step("0s", "person:ana"), acknowledged_for="30m")
    set_policy("checkout", "payments")
    group = fire(key)
    ana = people("ana")
    commands.acknowledge_group(group.pk, actor=ana.actor, at=ana.at)
    clock.advance(timedelta(minutes=29))
    assert ask_again() == 0
    clock.advance(timedelta(minutes=1, seconds=1))
    assert ask_again() == 1
    settle()
    assert paged() == ["ana", "ana"]
    group.refresh_from_db()
    assert (group.state, group.epoch, group.acknowledged_by_id) == ("triggered", 2, None)
    assert Alert.objects.get(decision__group=group).state == "triggered"
    assert Event.objects.filter(kind="group.acknowledgement_timed_out").count() == 1
    assert ask_again() == 0


def test_a_snooze_holds_off_being_asked_again_and_a_policy_that_does_not_ask_never_does(
    people: Cast, key: str, clock: Clock
) -> None:
    policy("payments", step("0s", "person:ana"), acknowledged_for="30m")
    policy("other", step("0s", "person:ana"))
    set_policy("checkout", "payments")
    ana = people("ana")
    snoozed = fire(key, "a")
    commands.snooze_group(snoozed.pk, ana.at + timedelta(hours=8), actor=ana.actor, at=ana.at)
    set_policy("checkout", "other")
    kept = fire(key, "b")
    commands.acknowledge_group(kept.pk, actor=ana.actor, at=queries.now())
    clock.advance(timedelta(hours=4))
    assert ask_again() == 0


# Asked instead


def test_somebody_else_is_asked_and_what_waited_for_the_first_is_void(
    people: Cast, key: str, clock: Clock
) -> None:
    policy("payments", step("0s", "person:ana"))
    set_policy("checkout", "payments")
    group = fire(key)
    ana = people("ana")
    commands.acknowledge_group(group.pk, actor=ana.actor, at=ana.at)
    group = commands.reassign_group(
        group.pk, "person:ben", actor=ana.actor, at=queries.now(), why="Ben knows it"
    )
    settle()
    assert paged() == ["ana", "ben"]
    assert (group.state, group.epoch) == ("triggered", 2)
    claimed = claim_deliveries("email", 50, True, actor=TESTS, at=queries.now())
    assert [one.delivery.page.person.handle for one in claimed] == ["ben"]
    assert Delivery.objects.get(page__person__handle="ana").state == "cancelled"
    assert Escalation.objects.get(about=group.subject).why == ""
    told = Event.objects.get(kind="group.reassigned")
    assert told.payload["to"] == "person:ben"
    assert "why" in told.payload
    assert "Ben knows it" not in str(told.payload)


def test_asking_somebody_else_is_refused_to_those_who_do_not_respond_and_for_nobody(
    people: Cast, key: str
) -> None:
    policy("payments", step("0s", "person:ana"))
    set_policy("checkout", "payments")
    group = fire(key)
    sam = people("sam")
    with pytest.raises(Refused):
        commands.reassign_group(group.pk, "person:ben", actor=sam.actor, at=sam.at)
    for target in ("person:nobody", "ben", "policy:gone"):
        with pytest.raises(Refused):
            commands.reassign_group(group.pk, target, actor=people("ana").actor, at=queries.now())


# Another policy


def test_a_step_goes_on_with_another_policy(people: Cast, key: str, clock: Clock) -> None:
    """The steps of the other stand in its place; the plan that is shown is the one that runs."""
    policy("second", step("5m", "person:ben"), step("10m", "person:cleo"))
    policy("payments", step("0s", "person:ana"), step("10m", "policy:second"))
    set_policy("checkout", "payments")
    fire(key)
    shown = [(one.people, one.due_at) for one in plan_of(Escalation.objects.get(), queries.now())]
    began = Escalation.objects.get().started_at
    waits = [at - began for _, at in shown[:2]]
    assert waits == [timedelta(minutes=15), timedelta(minutes=25)]
    clock.advance(timedelta(minutes=15, seconds=1))
    climb_due_escalations()
    clock.advance(timedelta(minutes=10, seconds=1))
    climb_due_escalations()
    assert paged() == ["ana", "ben", "cleo"]


def test_policies_that_lead_in_a_circle_are_refused(people: Cast) -> None:
    first = policy("first", step("0s", "person:ana"))
    policy("second", step("0s", "policy:first"))
    policy("third", step("0s", "policy:second"))
    changed = {"spec": {"steps": [step("0s", "person:ana"), step("5m", "policy:third")]}}
    with pytest.raises(Refused) as refused:
        commands.change_policy(first.pk, changed, actor=TESTS, at=queries.now())
    assert refused.value.reason == "policy_goes_in_circles"


def test_a_policy_stands_alone_in_its_step(people: Cast) -> None:
    policy("first", step("0s", "person:ana"))
    with pytest.raises(Refused):
        policy("second", {"after": "0s", "notify": ["policy:first", "person:ben"]})


def test_a_policy_that_another_goes_on_with_is_not_retired(people: Cast) -> None:
    first = policy("first", step("0s", "person:ana"))
    policy("second", step("0s", "policy:first"))
    with pytest.raises(Refused) as refused:
        retire(Policy, first.pk, actor=TESTS, at=queries.now())
    assert refused.value.detail["by"] == "policy:second"


# Managers and hours


@pytest.fixture
def team(people: Cast) -> Team:
    """Ana is a member, Cleo the manager; works in Madrid from nine to five."""
    made = add_team(actor=TESTS, at=queries.now(), handle="payments", name="Payments")
    change_team(made.pk, {"timezone": "Europe/Madrid"}, actor=TESTS, at=queries.now())
    for handle, role in (("ana", "member"), ("cleo", "manager")):
        give_grant(people.id(handle), role, f"team:{made.pk}", actor=TESTS, at=queries.now())
    add_schedule(
        actor=TESTS,
        at=queries.now(),
        handle="primary",
        name="Primary",
        spec={
            "timezone": "Europe/Madrid",
            "layers": [{"every": "1 week", "start": "2020-01-06T09:00", "people": [people.id("ana")]}],
        },
    )
    return made


def test_the_manager_of_whoever_is_on_call_is_paged(team: Team, people: Cast, key: str, clock: Clock) -> None:
    policy("payments", step("0s", "schedule:primary"), step("10m", "on-call-manager:primary"))
    set_policy("checkout", "payments")
    fire(key)
    clock.advance(timedelta(minutes=10, seconds=1))
    climb_due_escalations()
    assert paged() == ["ana", "cleo"]


def test_a_step_waits_for_the_team_s_working_hours(team: Team, people: Cast, key: str, clock: Clock) -> None:
    """At 22:00 UTC on Monday it waits until Tuesday 09:00 in Madrid, which is 08:00 UTC."""
    clock.set(MONDAY_NIGHT)
    policy("payments", step("0s", "person:ana"), step("10m", "person:ben", in_hours=True), team=team.pk)
    set_policy("checkout", "payments")
    fire(key)
    opens = datetime(2026, 3, 3, 8, tzinfo=UTC)
    escalation = Escalation.objects.get()
    assert escalation.due_at == opens
    assert plan_of(escalation, queries.now())[0].due_at == opens
    clock.set(opens - timedelta(seconds=2))
    assert climb_due_escalations() == 0
    clock.set(opens + timedelta(seconds=1))
    assert climb_due_escalations() == 1
    assert paged() == ["ana", "ben"]


def test_working_hours_do_not_open_on_a_public_holiday(
    team: Team, people: Cast, key: str, clock: Clock
) -> None:
    """Maundy Thursday's night: Good Friday is off in Spain, so it waits until Monday."""
    change_team(team.pk, {"holidays": "ES"}, actor=TESTS, at=queries.now())
    clock.set(datetime(2026, 4, 2, 21, tzinfo=UTC))
    policy("payments", step("0s", "person:ana"), step("10m", "person:ben", in_hours=True), team=team.pk)
    set_policy("checkout", "payments")
    fire(key)
    assert Escalation.objects.get().due_at == datetime(2026, 4, 6, 7, tzinfo=UTC)


def test_the_weak_places_of_a_policy_are_told_with_its_schedules_gaps(
    team: Team, people: Cast, clock: Clock
) -> None:
    publish_standard(preset_text(DEFAULT), actor=TESTS, at=queries.now())
    made = policy("payments", step("0s", "schedule:primary"))
    found = [one.weakness.value for one in weaknesses(made, queries.now())]
    assert found == ["one_person", "second_too_late", "manager_too_late"]
