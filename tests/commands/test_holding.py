"""What can wait is held until hours open, and let go at once when it gets worse (R10, R44)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from database import Clock
from engine import settle
from muster.core.permissions import system
from muster.core.signals import SignalSeverity
from muster.detect.commands import META_SERVICE, receive_signals
from muster.detect.models import Alert
from muster.evaluate.commands import Declaration, change_severity, declare_incident
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.access import queries
from muster.foundation.access.commands import change_organisation
from muster.foundation.catalog.commands import change_service
from muster.foundation.catalog.models import Service
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.standard.queries import current
from muster.foundation.timeline.kinds import known
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.commands.mending import shift_escalations
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.escalation.models import Escalation, Policy
from muster.mobilize.escalation.plans import plan_of
from muster.mobilize.escalation.showing import explained
from muster.mobilize.paging.models import Call, Delivery, Page
from muster.respond.warroom.preview import foresee
from people import Cast
from senders import set_policy, trigger

TESTS = system("tests")
NIGHT = datetime(2026, 3, 2, 21, tzinfo=UTC)  # a Monday, 22:00 in Madrid
OPENS = datetime(2026, 3, 3, 8, tzinfo=UTC)


@pytest.fixture
def people(key: str, cast: Cast, reach: Callable[[str], None], clock: Clock) -> Cast:
    """It is 22:00 in Madrid; Ana answers for checkout, whose urgency goes by hours, and Ben after her."""
    clock.set(NIGHT)
    prepare()
    for handle in ("ana", "ben", "admin"):
        reach(handle)
    change_organisation({"timezone": "Europe/Madrid"}, actor=TESTS, at=queries.now())
    steps = [{"after": "0s", "notify": ["person:ana"]}, {"after": "15m", "notify": ["person:ben"]}]
    commands.add_policy(
        actor=TESTS, at=queries.now(), handle="payments", name="Payments", spec={"steps": steps}
    )
    set_policy("checkout", "payments")
    row = Service.objects.get(handle="checkout")
    change_service(row.pk, {"urgency": "by_hours"}, actor=TESTS, at=queries.now())
    return cast


def fire(key: str, severity: SignalSeverity = SignalSeverity.WARNING) -> AlertGroup:
    """An alert of checkout; returns its group."""
    receive_signals([trigger(key, severity=severity)])
    settle()
    return AlertGroup.objects.exclude(service__handle=META_SERVICE).latest("id")


def paged(about: str) -> list[tuple[str, str]]:
    """Who was paged about it, and how urgently."""
    pages = Page.objects.filter(about=about).order_by("id")
    return list(pages.values_list("person__handle", "urgency"))


def ladder(about: str) -> Escalation:
    """The ladder about it."""
    return Escalation.objects.get(about=about)


# Alerts of a service whose urgency goes by hours


def test_what_can_wait_pages_nobody_before_hours_open_and_is_urgent_then(
    people: Cast, key: str, clock: Clock
) -> None:
    group = fire(key)
    held = ladder(group.subject)
    assert (paged(group.subject), held.state, held.held_until) == ([], "running", OPENS)
    assert Delivery.objects.count() == 0
    clock.set(OPENS - timedelta(seconds=2))
    assert climb_due_escalations() == 0
    clock.set(OPENS + timedelta(seconds=1))
    assert climb_due_escalations() == 1
    assert paged(group.subject) == [("ana", "high")]


def test_the_alert_and_its_plan_say_until_when(people: Cast, key: str) -> None:
    group = fire(key)
    at = queries.now()
    told = explained(Alert.objects.get(), people("ana").actor, at)
    assert (told["escalation"]["held_until"], told["escalation"]["sentence"]) == (
        OPENS,
        "held until working hours open",
    )
    assert [(step["people"], step["at"]) for step in told["plan"]][:2] == [
        (["ana"], OPENS),
        (["ben"], OPENS + timedelta(minutes=15)),
    ]
    urgency = next(step for step in told["steps"] if step["step"] == "urgency")
    assert (urgency["reason"], urgency["until"]) == ("held_until_hours_open", OPENS.isoformat())
    assert plan_of(ladder(group.subject), at)[0].due_at == OPENS


def test_what_gets_worse_is_let_go_at_once(people: Cast, key: str, clock: Clock) -> None:
    group = fire(key)
    clock.advance(timedelta(hours=2))
    fire(key, SignalSeverity.CRITICAL)
    assert paged(group.subject) == [("ana", "high")]
    group.refresh_from_db()
    assert (group.urgency, group.held_until, group.epoch) == ("high", None, 2)
    assert ladder(group.subject).held_until is None


def test_what_is_severe_is_never_held(people: Cast, key: str) -> None:
    assert paged(fire(key, SignalSeverity.CRITICAL).subject) == [("ana", "high")]


def test_in_working_hours_everything_is_urgent(people: Cast, key: str, clock: Clock) -> None:
    clock.set(OPENS + timedelta(hours=1))
    assert paged(fire(key).subject) == [("ana", "high")]


def test_whoever_asks_for_the_next_step_gets_it_now(people: Cast, key: str) -> None:
    group = fire(key)
    who = people("ben")
    commands.escalate_now(group.subject, actor=who.actor, at=who.at)
    assert paged(group.subject) == [("ana", "high")]
    told = explained(Alert.objects.get(), who.actor, queries.now())
    assert told["escalation"]["held_until"] is None


def test_what_is_given_back_the_next_night_is_held_until_the_next_morning(
    people: Cast, key: str, clock: Clock
) -> None:
    group = fire(key)
    clock.set(OPENS + timedelta(seconds=1))
    climb_due_escalations()
    who = people("ana")
    commands.acknowledge_group(group.pk, actor=who.actor, at=who.at)
    settle()
    clock.set(NIGHT + timedelta(days=1))
    who = people("ana")
    commands.unacknowledge_group(group.pk, actor=who.actor, at=who.at)
    settle()
    assert paged(group.subject) == [("ana", "high")]
    assert ladder(group.subject).held_until == OPENS + timedelta(days=1)


def test_what_is_resolved_while_it_is_held_pages_nobody(people: Cast, key: str, clock: Clock) -> None:
    group = fire(key)
    who = people("ana")
    commands.resolve_group(group.pk, actor=who.actor, at=who.at)
    settle()
    clock.set(OPENS + timedelta(minutes=1))
    assert (climb_due_escalations(), paged(group.subject)) == (0, [])


def test_a_clock_that_is_set_moves_no_opening(people: Cast, key: str) -> None:
    group = fire(key)
    newest = Event.objects.latest("id").pk
    shift_escalations(timedelta(hours=1), newest, actor=TESTS, at=queries.now())
    assert ladder(group.subject).due_at == OPENS


# An incident whose severity pages in business hours only


def declare(cast: Cast, severity: str) -> Incident:
    """Cleo, whom no policy of these pages, declares it."""
    publish_standard(preset_text(DEFAULT), actor=TESTS, at=queries.now())
    service = Service.objects.get(handle="checkout")
    said = Declaration("Checkout is slow", services=(service.pk,), severity=severity)
    arrival = cast("cleo")
    incident = declare_incident(said, actor=arrival.actor, at=arrival.at)
    settle()
    return incident


def test_a_severity_that_waits_for_business_hours_pages_nobody_before(people: Cast, clock: Clock) -> None:
    incident = declare(people, "SEV3")
    call = Call.objects.get(incident=incident, target="policy:payments")
    assert (paged(call.subject), ladder(call.subject).held_until) == ([], OPENS)
    clock.set(OPENS + timedelta(seconds=1))
    climb_due_escalations()
    assert paged(call.subject) == [("ana", "low")]


def test_a_higher_severity_lets_it_go_at_once(people: Cast, clock: Clock) -> None:
    incident = declare(people, "SEV3")
    call = Call.objects.get(incident=incident, target="policy:payments")
    clock.advance(timedelta(minutes=10))
    cleo = people("cleo")
    change_severity(incident.pk, "SEV2", actor=cleo.actor, at=cleo.at, why="it spreads")
    settle()
    assert paged(call.subject) == [("ana", "high")]
    call.refresh_from_db()
    assert (call.epoch, call.urgency, ladder(call.subject).held_until) == (2, "high", None)


def test_who_was_asked_with_low_urgency_is_asked_afresh_with_high(people: Cast, clock: Clock) -> None:
    clock.set(OPENS + timedelta(hours=1))
    incident = declare(people, "SEV3")
    call = Call.objects.get(incident=incident, target="policy:payments")
    cleo = people("cleo")
    for severity in ("SEV2", "SEV1"):
        change_severity(incident.pk, severity, actor=cleo.actor, at=cleo.at, why="it spreads")
        settle()
    assert paged(call.subject) == [("ana", "low"), ("ana", "high")]


def test_a_call_that_becomes_a_sev1s_waits_for_no_hours_any_more(people: Cast, clock: Clock) -> None:
    steps = [
        {"after": "0s", "notify": ["person:ana"]},
        {"after": "5m", "in_hours": True, "notify": ["person:ben"]},
    ]
    row = Policy.objects.get(handle="payments")
    commands.change_policy(row.pk, {"spec": {"steps": steps}}, actor=TESTS, at=queries.now())
    incident = declare(people, "SEV2")
    call = Call.objects.get(incident=incident, target="policy:payments")
    assert ladder(call.subject).due_at == OPENS
    clock.advance(timedelta(minutes=20))
    cleo = people("cleo")
    change_severity(incident.pk, "SEV1", actor=cleo.actor, at=cleo.at, why="it spreads")
    settle()
    event = Event.objects.get(kind="escalation.hastened")
    assert known(event.kind).sentence(event.payload).startswith("waits for no hours any more")
    due_at, wanted = ladder(call.subject).due_at, cleo.at + timedelta(minutes=5)
    assert ladder(call.subject).sev1
    assert due_at is not None
    assert wanted <= due_at < wanted + timedelta(minutes=1)
    clock.advance(timedelta(minutes=6))
    climb_due_escalations()
    assert paged(call.subject) == [("ana", "high"), ("ben", "high")]


def test_who_has_answered_is_not_asked_again(people: Cast, clock: Clock) -> None:
    clock.set(OPENS + timedelta(hours=1))
    incident = declare(people, "SEV3")
    call = Call.objects.get(incident=incident, target="policy:payments")
    ana, cleo = people("ana"), people("cleo")
    commands.acknowledge_call(call.pk, actor=ana.actor, at=ana.at)
    change_severity(incident.pk, "SEV1", actor=cleo.actor, at=cleo.at, why="it spreads")
    settle()
    assert paged(call.subject) == [("ana", "low")]


def test_whoever_declares_reads_that_it_is_held(people: Cast) -> None:
    publish_standard(preset_text(DEFAULT), actor=TESTS, at=queries.now())
    standard = current().standard
    services = [Service.objects.get(handle="checkout")]
    for severity, held in (("SEV3", OPENS), ("SEV1", None)):
        seen = foresee(standard, severity, services, (), declarer=None, at=queries.now())
        assert seen.held_until == held
