"""Contact rules become deliveries, and deliveries to one contact are gathered. R39, R44"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.bundle import BundleReason, Sent, Waiting, bundle, is_bundled, may_join
from muster.core.paging import (
    ContactMethod,
    ContactRule,
    PlanReason,
    SkipReason,
    plan_deliveries,
    sent_at_once,
    start_page,
)
from muster.core.urgency import Urgency, UrgencyReason, UrgencySetting, higher, urgency_of
from muster.core.wallclock import parse_duration

T0 = datetime(2026, 1, 5, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EMAIL = ContactMethod(1, "email", "email")
WEBHOOK = ContactMethod(2, "webhook", "webhook")
PHONE = ContactMethod(3, "voice", "phone", usable=False)


def rules(*pairs: tuple[str, str]) -> tuple[ContactRule, ...]:
    return tuple(ContactRule(parse_duration(after), use) for after, use in pairs)


def planned(given_rules, contacts=(EMAIL, WEBHOOK, PHONE), urgency=Urgency.HIGH):
    found = plan_deliveries(given_rules, contacts, urgency, T0)
    return [
        (each.contact.name, (each.due_at - T0).total_seconds()) for each in found.deliveries
    ], found.reason


def test_rules_count_from_the_beginning_of_the_page():
    assert planned({Urgency.HIGH: rules(("0s", "webhook"), ("5m", "email"))}) == (
        [("webhook", 0), ("email", 300)],
        PlanReason.CONTACT_RULES,
    )


def test_rules_are_taken_in_the_order_of_their_times_and_a_contact_may_come_again():
    assert planned({Urgency.HIGH: rules(("5m", "email"), ("0s", "email"))})[0] == [
        ("email", 0),
        ("email", 300),
    ]


def test_each_urgency_has_its_own_rules():
    both = {Urgency.HIGH: rules(("0s", "webhook")), Urgency.LOW: rules(("10m", "email"))}
    assert planned(both, urgency=Urgency.LOW)[0] == [("email", 600)]


def test_without_rules_every_usable_contact_is_used_at_once():
    assert planned({}) == ([("email", 0), ("webhook", 0)], PlanReason.NO_RULES)


def test_when_no_rule_can_be_used_every_usable_contact_is_used_at_once():
    assert planned({Urgency.HIGH: rules(("5m", "phone"), ("9m", "pager"))}) == (
        [("email", 0), ("webhook", 0)],
        PlanReason.NO_USABLE_RULE,
    )


def test_a_rule_that_cannot_be_used_gives_its_time_to_the_next_one():
    found = plan_deliveries(
        {Urgency.HIGH: rules(("0s", "phone"), ("1m", "pager"), ("5m", "email"), ("10m", "webhook"))},
        (EMAIL, WEBHOOK, PHONE),
        Urgency.HIGH,
        T0,
    )
    assert [(d.place, d.contact.name, d.due_at) for d in found.deliveries] == [
        (1, "email", T0),
        (2, "webhook", T0 + timedelta(minutes=10)),
    ]
    assert [(s.rule.use, s.reason) for s in found.skipped] == [
        ("phone", SkipReason.CONTACT_NOT_USABLE),
        ("pager", SkipReason.NO_SUCH_CONTACT),
    ]


@pytest.mark.parametrize("contacts", [(), (PHONE,)])
def test_who_has_nothing_to_be_reached_by_is_said_to_have_no_contact_method(contacts):  # I9, peers 3a
    assert planned({Urgency.HIGH: rules(("0s", "phone"))}, contacts) == ([], PlanReason.NO_CONTACT_METHOD)
    unreachable = start_page(plan_deliveries({}, contacts, Urgency.HIGH, T0), Urgency.HIGH)
    assert unreachable.kind == "page.unreachable"
    assert unreachable.reason is PlanReason.NO_CONTACT_METHOD


def test_the_event_of_a_page_names_contacts_by_id_only():
    change = start_page(plan_deliveries({}, (EMAIL,), Urgency.LOW, T0), Urgency.LOW)
    assert change.kind == "page.started"
    assert change.payload["deliveries"] == [{"place": 1, "contact": 1, "kind": "email", "due_at": T0}]


# Bundling


def waiting(number: int, sev1: bool = False, urgency: Urgency = Urgency.HIGH) -> Waiting:
    return Waiting(number, T0 + number * SECOND, urgency, sev1)


def bundled(*deliveries, sent=None, sev1_sent=None, at=T0, gathers=True):
    lately = Sent((sent,) if sent else (), sev1_sent)
    found = bundle(deliveries, bundled=gathers, sent=lately, at=at)
    carried = [] if found.held else [d.id for d in found.folded]
    return [d.id for d in found.send], carried, found.reason


def test_the_first_page_goes_at_once():
    assert bundled(waiting(1)) == ([1], [], BundleReason.FIRST)


def test_many_at_once_are_one_message_carried_by_the_newest():  # I12
    assert bundled(waiting(1), waiting(3), waiting(2)) == ([3], [2, 1], BundleReason.DIGEST)


def test_the_most_urgent_carries_the_others():
    assert bundled(waiting(1), waiting(2, urgency=Urgency.LOW))[0] == [1]
    assert bundled(waiting(1, sev1=True, urgency=Urgency.LOW), waiting(2))[0] == [1]


def test_within_a_minute_of_the_last_message_pages_wait():
    just_before = T0 + 60 * SECOND - timedelta(microseconds=1)
    found = bundle([waiting(1), waiting(2)], bundled=True, sent=Sent((T0,)), at=just_before)
    assert (found.send, found.reason, found.not_before) == ((), BundleReason.WAITS, T0 + 60 * SECOND)
    assert found.held == waiting(2)
    assert found.folded == (waiting(1),)


def test_after_a_minute_what_has_gathered_is_one_digest():
    assert bundled(waiting(1), waiting(2), sent=T0, at=T0 + 60 * SECOND) == ([2], [1], BundleReason.DIGEST)


def test_a_first_sev1_page_jumps_the_minute_alone():
    assert bundled(waiting(1), waiting(2, sev1=True), sent=T0, at=T0 + SECOND) == (
        [2],
        [],
        BundleReason.SEV1_JUMPS,
    )


def test_a_second_sev1_page_within_the_minute_waits_for_the_digest():
    again = bundled(waiting(2, sev1=True), sent=T0 + SECOND, sev1_sent=T0 + SECOND, at=T0 + 2 * SECOND)
    assert again == ([], [], BundleReason.WAITS)


def test_a_machine_gets_every_page_by_itself_unless_its_contact_asks():
    assert bundled(waiting(1), waiting(2), sent=T0, at=T0, gathers=False) == (
        [2, 1],
        [],
        BundleReason.NOT_BUNDLED,
    )
    assert not is_bundled(read_by_person=False, asked_for=False)
    assert is_bundled(read_by_person=False, asked_for=True)
    assert is_bundled(read_by_person=True, asked_for=False)


def test_nothing_urgent_gathers_behind_what_can_wait():
    low, high = waiting(1, urgency=Urgency.LOW), waiting(2)
    assert may_join(low, high)
    assert may_join(low, low)
    assert may_join(high, high)
    assert not may_join(high, low)


def test_what_can_wait_is_throttled_by_the_hour_and_what_is_urgent_takes_it_along():
    lately = Sent(tuple(T0 - n * 5 * 60 * SECOND for n in range(1, 7)))
    low = waiting(1, urgency=Urgency.LOW)
    found = bundle([low], bundled=True, sent=lately, at=T0)
    assert (found.reason, found.held, found.not_before) == (
        BundleReason.THROTTLED,
        low,
        T0 + 30 * 60 * SECOND,
    )
    found = bundle([low, waiting(2)], bundled=True, sent=lately, at=T0)
    assert (found.reason, found.send, found.folded) == (BundleReason.DIGEST, (waiting(2),), (low,))
    assert bundle([low], bundled=True, sent=Sent(lately.at[1:]), at=T0).send == (low,)


@given(st.lists(st.tuples(st.integers(0, 600), st.booleans()), min_size=1, max_size=40))
def test_a_storm_sends_a_person_at_most_one_digest_and_one_sev1_a_minute_and_loses_nothing(arrivals):
    queue: list[Waiting] = []
    sent: list[tuple[datetime, BundleReason]] = []
    carried: set[int] = set()
    last_sent = last_sev1 = None
    pending = sorted(arrivals)
    for second in range(800):
        at = T0 + second * SECOND
        while pending and pending[0][0] <= second:
            queue.append(Waiting(len(carried) + len(queue) + 1, at, Urgency.HIGH, pending.pop(0)[1]))
        if not queue:
            continue
        lately = Sent((last_sent,) if last_sent else (), last_sev1)
        found = bundle(queue, bundled=True, sent=lately, at=at)
        gone = {d.id for d in (*found.send, *(() if found.held else found.folded))}
        if gone:
            sent.append((at, found.reason))
            last_sent = at
            last_sev1 = at if any(d.sev1 for d in queue if d.id in gone) else last_sev1
        carried |= gone
        queue = [d for d in queue if d.id not in gone]
    assert carried == set(range(1, len(arrivals) + 1))
    regular = [at for at, reason in sent if reason is not BundleReason.SEV1_JUMPS]
    assert all(b - a >= 60 * SECOND for a, b in pairwise(regular))
    jumps = [at for at, reason in sent if reason is BundleReason.SEV1_JUMPS]
    assert all(b - a >= 60 * SECOND for a, b in pairwise(jumps))


# Urgency


@pytest.mark.parametrize(
    ("setting", "severity", "urgency", "reason"),
    [
        (UrgencySetting.BY_SEVERITY, "critical", Urgency.HIGH, UrgencyReason.SEVERITY_HIGH),
        (UrgencySetting.BY_SEVERITY, "error", Urgency.HIGH, UrgencyReason.SEVERITY_HIGH),
        (UrgencySetting.BY_SEVERITY, "warning", Urgency.LOW, UrgencyReason.SEVERITY_LOW),
        (UrgencySetting.BY_SEVERITY, "info", Urgency.LOW, UrgencyReason.SEVERITY_LOW),
        (UrgencySetting.BY_SEVERITY, None, Urgency.HIGH, UrgencyReason.SEVERITY_UNKNOWN),
        (UrgencySetting.BY_SEVERITY, "page", Urgency.HIGH, UrgencyReason.SEVERITY_UNKNOWN),
        (UrgencySetting.HIGH, "info", Urgency.HIGH, UrgencyReason.SERVICE_ALWAYS_HIGH),
        (UrgencySetting.LOW, "critical", Urgency.LOW, UrgencyReason.SERVICE_ALWAYS_LOW),
    ],
)
def test_critical_and_error_are_high_and_what_is_not_known_is_high_too(setting, severity, urgency, reason):
    decided = urgency_of(setting, severity)
    assert (decided.urgency, decided.reason) == (urgency, reason)


def test_of_two_urgencies_the_higher_wins():
    assert higher(Urgency.LOW, Urgency.HIGH) is Urgency.HIGH
    assert higher(Urgency.LOW, Urgency.LOW) is Urgency.LOW


def test_a_worker_that_has_just_started_sends_little_at_once_and_soon_all():
    seconds = (0, 0.24, 0.25, 0.5, 0.75, 1.0, 1.24, 1.25, 3600, float("inf"))
    assert [sent_at_once(one, 24) for one in seconds] == [1, 1, 2, 4, 8, 16, 16, 24, 24, 24]
    assert sent_at_once(0, 1) == sent_at_once(9, 1) == 1
