"""Decisions become people: paged step by step until somebody answers, and nobody after that."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import QuerySet

from database import Clock, Database
from engine import settle
from muster.core.delivery import Accepted
from muster.core.lifecycle import Refusal
from muster.core.permissions import Denied, system
from muster.core.ports.contact import FailureReason
from muster.core.refusal import Refused
from muster.core.retry import AttemptFailed
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.commands import Declaration, declare_incident
from muster.evaluate.models import AlertGroup
from muster.foundation.access import queries
from muster.foundation.access.commands import retire_contact
from muster.foundation.access.models import Contact
from muster.foundation.catalog.models import Service
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation import commands
from muster.mobilize.escalation import due as escalation_due
from muster.mobilize.escalation.due import Climber, climb_due_escalations
from muster.mobilize.escalation.models import Escalation, Policy, Responder
from muster.mobilize.escalation.plans import plan_of
from muster.mobilize.oncall.commands import add_schedule
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from muster.mobilize.paging.models import Call, Delivery, Page
from people import Cast
from senders import resolve, set_policy, trigger

TESTS = system("tests")


@pytest.fixture
def policy(key: str, cast: Cast, reach: Callable[[str], None], database: Database) -> Policy:
    """Ana is on call; after 15 minutes Ben; both reachable by e-mail; the service's policy."""
    prepare()
    for handle in ("ana", "ben", "admin"):
        reach(handle)
    now = queries.now()
    add_schedule(
        actor=TESTS,
        at=now,
        handle="primary",
        name="Primary",
        spec={
            "timezone": "Europe/Madrid",
            "layers": [{"every": "1 week", "start": "2020-01-06T09:00", "people": [cast.id("ana")]}],
        },
    )
    made = commands.add_policy(
        actor=TESTS,
        at=now,
        handle="payments",
        name="Payments",
        spec={
            "steps": [
                {"after": "0s", "notify": ["schedule:primary"]},
                {"after": "15m", "notify": ["person:ben"]},
            ]
        },
    )
    set_policy("checkout", "payments")
    return made


def paged() -> list[str]:
    """Who was paged, in order."""
    return list(Page.objects.order_by("id").values_list("person__handle", flat=True))


def claim() -> list:
    """Claim every due e-mail."""
    return claim_deliveries("email", 50, True, actor=TESTS, at=queries.now())


def test_the_person_on_call_is_paged_and_then_the_next(policy: Policy, key: str, clock: Clock) -> None:
    """The second step starts at its time, not before."""
    receive_signals([trigger(key)])
    settle()
    assert paged() == ["ana"]
    assert [one.delivery.kind for one in claim()] == ["email"]
    clock.advance(timedelta(minutes=14, seconds=50))
    assert climb_due_escalations() == 0
    clock.advance(timedelta(seconds=11))
    assert climb_due_escalations() == 1
    assert paged() == ["ana", "ben"]


def test_the_plan_that_is_shown_is_the_plan_that_runs(policy: Policy, key: str, clock: Clock) -> None:
    """Ben in 15 minutes, then the fallback."""
    receive_signals([trigger(key)])
    settle()
    escalation = Escalation.objects.get()
    shown = [(step.people, step.reason.value) for step in plan_of(escalation, queries.now())]
    assert [reason for _, reason in shown] == ["on_call", "fallback"]
    for _ in range(2):
        clock.advance(timedelta(minutes=15, seconds=1))
        climb_due_escalations()
    pages = list(Page.objects.order_by("id").values_list("person_id", flat=True))[1:3]
    assert pages == [shown[0][0][0], shown[1][0][0]]


def test_a_storm_is_paged_together_and_each_effect_names_its_own_cause(
    policy: Policy, key: str, cast: Cast
) -> None:
    """Five alerts are one batch of every step; whose page came of which alert is known all the same."""
    receive_signals([trigger(key, f"k{n}") for n in range(5)])
    settle()
    assert Page.objects.filter(person_id=cast.id("ana")).count() == 5
    events = {row.pk: row for row in Event.objects.all()}
    for group in AlertGroup.objects.all():
        opened = next(e for e in events.values() if (e.kind, e.subject) == ("group.opened", group.subject))
        member = group.members.get().alert
        assert opened.cause is not None
        assert events[opened.cause].subject == member.subject
        escalation = Escalation.objects.get(about=group.subject)
        page = Page.objects.get(escalation=escalation.pk)
        for subject in (escalation.subject, page.subject, page.deliveries.get().subject):
            causes = {e.cause for e in events.values() if e.subject == subject}
            assert causes == {opened.pk}, subject


def test_batches_grow_while_more_is_due(
    policy: Policy, key: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first are started soon, thousands cheaply; when nothing is left it begins small again."""
    monkeypatch.setattr(escalation_due, "FIRST_CLIMBED", 1)
    monkeypatch.setattr(escalation_due, "MOST_CLIMBED", 4)
    receive_signals([trigger(key, f"k{n}") for n in range(13)])
    settle()
    clock.advance(timedelta(minutes=15, seconds=1))
    climber = Climber()
    assert [climber.run() for _ in range(6)] == [1, 2, 4, 4, 2, 0]
    assert paged().count("ben") == 13


def test_one_broken_policy_does_not_hold_up_its_neighbours(
    policy: Policy, key: str, clock: Clock, database: Database
) -> None:
    """Its step is put off and somebody is told; the others of the batch climb in the same look."""
    receive_signals([trigger(key, f"k{n}") for n in range(3)])
    settle()
    broken = Escalation.objects.order_by("id")[1]
    database.as_owner("ALTER TABLE escalation_escalation DISABLE TRIGGER ALL")
    database.as_owner("UPDATE escalation_escalation SET snapshot = '{\"steps\": 7}' WHERE id = %s", broken.pk)
    database.as_owner("ALTER TABLE escalation_escalation ENABLE TRIGGER ALL")
    clock.advance(timedelta(minutes=15, seconds=1))
    assert climb_due_escalations() == 3
    assert paged().count("ben") == 2
    assert Event.objects.filter(kind="escalation.postponed", subject=broken.subject).count() == 1
    assert Alert.objects.filter(dedup_key=f"escalation_failed:{broken.about}").exists()


def test_a_contact_that_cannot_be_opened_holds_up_no_neighbour(
    policy: Policy, key: str, cast: Cast, database: Database, clock: Clock
) -> None:
    """Sealed by another secret: its own page fails, so that the next step is due; Ben's goes out (I14)."""
    receive_signals([trigger(key)])
    settle()
    clock.advance(timedelta(minutes=15, seconds=1))
    climb_due_escalations()
    ana = Contact.objects.filter(person_id=cast.id("ana")).values_list("id", flat=True).get()
    database.as_owner("ALTER TABLE access_contact DISABLE TRIGGER ALL")
    database.as_owner("UPDATE access_contact SET target = 'gAAAAA-not-ours' WHERE id = %s", ana)
    database.as_owner("ALTER TABLE access_contact ENABLE TRIGGER ALL")
    assert [one.delivery.page.person.handle for one in claim()] == ["ben"]
    assert Delivery.objects.get(contact_id=ana).state == "failed"


def test_nothing_starts_after_an_acknowledgement(policy: Policy, key: str, cast: Cast, clock: Clock) -> None:
    """What was queued is cancelled at the claim, and the ladder stands still."""
    receive_signals([trigger(key)])
    settle()
    ana = cast("ana")
    commands.acknowledge_alert(Alert.objects.get().pk, actor=ana.actor, at=ana.at)
    assert claim() == []
    assert Delivery.objects.get().state == "cancelled"
    settle()
    clock.advance(timedelta(hours=2))
    climb_due_escalations()
    assert paged() == ["ana"]
    group = AlertGroup.objects.get()
    assert (group.state, group.acknowledged_by_id) == ("acknowledged", ana.actor.id)
    assert Alert.objects.get().state == "acknowledged"


def test_the_first_answer_wins_and_the_second_learns_who_has_it(policy: Policy, key: str, cast: Cast) -> None:
    """Not an error page, but a name."""
    receive_signals([trigger(key)])
    settle()
    alert = Alert.objects.get().pk
    ana, ben = cast("ana"), cast("ben")
    commands.acknowledge_alert(alert, actor=ana.actor, at=ana.at)
    commands.acknowledge_alert(alert, actor=ana.actor, at=ana.at)
    with pytest.raises(Refused) as refused:
        commands.acknowledge_alert(alert, actor=ben.actor, at=ben.at)
    assert (refused.value.reason, refused.value.detail["by"]) == (Refusal.ALREADY_ACKNOWLEDGED, "Ana")


def test_a_stakeholder_may_not_acknowledge(policy: Policy, key: str, cast: Cast) -> None:
    """Deny by default."""
    receive_signals([trigger(key)])
    settle()
    sam = cast("sam")
    with pytest.raises(Refused) as refused:
        commands.acknowledge_alert(Alert.objects.get().pk, actor=sam.actor, at=sam.at)
    assert refused.value.reason is Denied.ROLE


def test_a_resolve_by_the_sender_stops_the_ladder(policy: Policy, key: str, clock: Clock) -> None:
    """OneUptime#1690: no page for what is resolved."""
    receive_signals([trigger(key)])
    settle()
    receive_signals([resolve(key)])
    settle()
    clock.advance(timedelta(hours=1))
    assert climb_due_escalations() == 0
    assert Escalation.objects.get().state == "stopped"
    assert claim() == []


def test_a_step_with_nobody_takes_no_time_and_is_told(policy: Policy, key: str, cast: Cast) -> None:
    """goalert#4548: nobody reachable in step one, so Ben at once, and a meta-alert (I9)."""
    contacts = Contact.objects.filter(person__handle="ana")
    retire_all(contacts)
    receive_signals([trigger(key)])
    settle()
    assert paged()[0] == "ben"
    meta = Alert.objects.get(dedup_scope="meta")
    assert meta.labels["kind"] == "no_contact_method"


def retire_all(contacts: QuerySet) -> None:
    """Take every contact method away."""
    for contact in contacts:
        retire_contact(contact.pk, actor=TESTS, at=queries.now())


def test_a_send_that_fails_for_good_hastens_the_next_step(policy: Policy, key: str) -> None:
    """I5: a terminal failure triggers the next contact or step at once."""
    receive_signals([trigger(key)])
    settle()
    [claimed] = claim()
    failed = AttemptFailed(True, FailureReason.RECIPIENT_REFUSED)
    record_deliveries([SendResult(claimed.delivery.pk, claimed.fence, failed)], actor=TESTS, at=queries.now())
    settle()
    assert paged() == ["ana", "ben"]


def test_a_zombie_changes_nothing(policy: Policy, key: str, clock: Clock) -> None:
    """I15: the lease ran out, another worker took it; the old result is evidence only."""
    receive_signals([trigger(key)])
    settle()
    [first] = claim()
    clock.advance(timedelta(seconds=31))
    [second] = claim()
    assert second.fence == first.fence + 1
    record_deliveries([SendResult(first.delivery.pk, first.fence, Accepted())], actor=TESTS, at=queries.now())
    assert Delivery.objects.get().state == "sending"
    record_deliveries(
        [SendResult(second.delivery.pk, second.fence, Accepted())], actor=TESTS, at=queries.now()
    )
    assert Delivery.objects.get().state == "accepted"


def test_declaring_calls_the_people_of_the_standard(policy: Policy, key: str, cast: Cast) -> None:
    """Ben declares from the alert: he has it, Ana is called for the incident, and acknowledges."""
    publish_standard(preset_text(DEFAULT), actor=TESTS, at=queries.now(), preset=DEFAULT)
    receive_signals([trigger(key)])
    settle()
    ben = cast("ben")
    incident = declare_incident(
        Declaration("Checkout fails", severity="SEV2", alert=Alert.objects.get().pk),
        actor=ben.actor,
        at=ben.at,
    )
    settle()
    assert AlertGroup.objects.get().acknowledged_by_id == ben.actor.id
    call = Call.objects.get(incident=incident, target="policy:payments")
    page = Page.objects.get(about=f"call:{call.pk}")
    assert page.person.handle == "ana"
    ana = cast("ana")
    commands.acknowledge_page(page.pk, actor=ana.actor, at=ana.at)
    states = dict(Responder.objects.values_list("person__handle", "state"))
    assert states == {"ben": "joined", "ana": "acknowledged"}
    settle()
    assert not Escalation.objects.filter(about=f"call:{call.pk}", state="running").exists()


def test_a_service_without_policy_reaches_the_fallback(
    key: str, cast: Cast, reach: Callable[[str], None]
) -> None:
    """Never silently nobody."""
    prepare()
    reach("admin")
    assert Service.objects.get(handle="checkout").policy == ""
    receive_signals([trigger(key)])
    settle()
    assert paged()[0] == "admin"
