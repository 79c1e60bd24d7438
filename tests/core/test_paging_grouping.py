"""A group of alerts follows its members and its people, and pages afresh only when it must."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.grouping import (
    Group,
    JoinReason,
    Member,
    SettleReason,
    WakeReason,
    act,
    group_urgency,
    is_held,
    is_wanted,
    join,
    open_group,
    reassign,
    settle,
    state_of,
    turn,
    wake,
    wake_at,
    worsen,
)
from muster.core.lifecycle import AlertState, Verb
from muster.core.refusal import Refused
from muster.core.urgency import Urgency

T0 = datetime(2026, 1, 5, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRIGGERED, ACKNOWLEDGED, RESOLVED = AlertState.TRIGGERED, AlertState.ACKNOWLEDGED, AlertState.RESOLVED
PAGING = Group(TRIGGERED, Urgency.LOW)
HELD = Group(ACKNOWLEDGED, Urgency.LOW, epoch=3, acknowledged_at=T0)


def members(*states: AlertState) -> list[Member]:
    return [Member(state) for state in states]


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ([], RESOLVED),
        ([RESOLVED, RESOLVED], RESOLVED),
        ([RESOLVED, ACKNOWLEDGED], ACKNOWLEDGED),
        ([ACKNOWLEDGED, ACKNOWLEDGED], ACKNOWLEDGED),
        ([ACKNOWLEDGED, TRIGGERED], TRIGGERED),
        ([RESOLVED, TRIGGERED], TRIGGERED),
    ],
)
def test_a_group_is_acknowledged_when_every_open_member_is_and_resolved_when_none_is_open(states, state):
    assert state_of(members(*states)) is state


def test_somebody_is_wanted_while_a_member_is_triggered_and_not_suppressed():
    assert is_wanted([Member(ACKNOWLEDGED), Member(TRIGGERED)])
    assert not is_wanted([Member(ACKNOWLEDGED), Member(TRIGGERED, suppressed=True)])
    assert not is_wanted([])


def test_the_first_alert_opens_a_group_and_pages():
    opened = open_group(Urgency.HIGH)
    assert (opened.reason, opened.pages, opened.member_state) == (JoinReason.OPENED, True, TRIGGERED)
    assert opened.change.set == {
        "state": TRIGGERED,
        "urgency": Urgency.HIGH,
        "epoch": 1,
        "held_until": None,
    }


def test_a_member_joining_an_acknowledged_group_pages_nobody_and_is_acknowledged_with_it():
    joined = join(HELD, Urgency.LOW)
    assert (joined.reason, joined.pages) == (JoinReason.HELD_BY_ACKNOWLEDGEMENT, False)
    assert joined.member_state is ACKNOWLEDGED
    assert joined.change.set == {}
    assert joined.change.kind == "group.member_joined"


def test_a_member_of_higher_urgency_pages_afresh_whatever_was_acknowledged_or_snoozed():
    snoozed = Group(ACKNOWLEDGED, Urgency.LOW, epoch=3, acknowledged_at=T0, snoozed_until=T0 + HOUR)
    for group in (HELD, snoozed):
        joined = join(group, Urgency.HIGH)
        assert (joined.reason, joined.pages, joined.member_state) == (
            JoinReason.HIGHER_URGENCY,
            True,
            TRIGGERED,
        )
        assert joined.change.set == {
            "state": TRIGGERED,
            "urgency": Urgency.HIGH,
            "epoch": 4,
            "acknowledged_at": None,
            "snoozed_until": None,
            "held_until": None,
            "held_back": False,
        }


def test_a_member_that_becomes_more_urgent_pages_afresh_whatever_was_acknowledged():
    worse = worsen(HELD, Urgency.HIGH)
    assert (worse.kind, worse.reason) == ("group.worsened", JoinReason.HIGHER_URGENCY)
    assert worse.set == join(HELD, Urgency.HIGH).change.set
    assert worsen(HELD, Urgency.LOW) is None
    assert worsen(Group(AlertState.RESOLVED, Urgency.LOW, epoch=1), Urgency.HIGH) is None


def test_a_member_joining_a_triggered_group_pages_nobody_more_unless_it_is_more_urgent():
    assert join(PAGING, Urgency.LOW).reason is JoinReason.ALREADY_PAGING
    assert not join(PAGING, Urgency.LOW).pages
    assert join(PAGING, Urgency.HIGH).change.set["epoch"] == 2


def test_nothing_joins_a_resolved_group():
    refused = join(Group(RESOLVED, Urgency.LOW), Urgency.HIGH)
    assert (refused.reason, refused.change, refused.pages) == (JoinReason.GROUP_RESOLVED, None, False)


@pytest.mark.parametrize(
    ("group", "states", "kind", "reason", "epoch"),
    [
        (PAGING, [RESOLVED], "group.resolved", SettleReason.ALL_MEMBERS_RESOLVED, None),
        (PAGING, [ACKNOWLEDGED, RESOLVED], "group.acknowledged", SettleReason.ALL_MEMBERS_ACKNOWLEDGED, None),
        (HELD, [RESOLVED], "group.resolved", SettleReason.ALL_MEMBERS_RESOLVED, None),
        (HELD, [TRIGGERED], "group.retriggered", SettleReason.MEMBER_TRIGGERED_AGAIN, 4),
    ],
)
def test_a_group_follows_what_senders_do_to_its_members(group, states, kind, reason, epoch):
    change = settle(group, members(*states), at=T0)
    assert (change.kind, change.reason, change.set.get("epoch")) == (kind, reason, epoch)
    assert change.set["state"] == state_of(members(*states))


def test_a_group_that_agrees_with_its_members_or_is_resolved_stays_as_it_is():
    assert settle(PAGING, members(TRIGGERED, ACKNOWLEDGED), at=T0) is None
    assert settle(Group(RESOLVED, Urgency.LOW), members(TRIGGERED), at=T0) is None


@given(st.sampled_from([TRIGGERED, ACKNOWLEDGED]), st.lists(st.sampled_from(list(AlertState)), max_size=6))
def test_settling_once_is_enough(state: AlertState, states: list[AlertState]):
    change = settle(Group(state, Urgency.LOW), members(*states), at=T0)
    after = AlertState(change.set["state"]) if change else state
    assert after is state_of(members(*states))
    assert settle(Group(after, Urgency.LOW), members(*states), at=T0) is None


@pytest.mark.parametrize("verb", [Verb.UNACKNOWLEDGE, Verb.TIME_OUT, Verb.RETRIGGER])
def test_what_pages_afresh_raises_the_epoch(verb):  # reserve R2
    change = act(HELD, verb, at=T0)
    assert (change.set["epoch"], change.payload["epoch"], change.set["state"]) == (4, 4, TRIGGERED)


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.RESOLVE])
def test_what_stops_paging_leaves_the_epoch_alone(verb):
    assert "epoch" not in act(PAGING, verb, at=T0).set


def test_a_snooze_is_an_acknowledgement_with_an_end():
    change = act(PAGING, Verb.SNOOZE, at=T0, until=T0 + HOUR)
    assert (change.set["state"], change.set["snoozed_until"]) == (ACKNOWLEDGED, T0 + HOUR)
    assert "epoch" not in change.set


def test_reassigning_asks_other_people_in_a_new_epoch():
    change = reassign(HELD, why="Ben knows this one")
    assert change.kind == "group.reassigned"
    assert (change.set["state"], change.set["epoch"], change.set["acknowledged_at"]) == (TRIGGERED, 4, None)
    assert change.text == {"why": "Ben knows this one"}
    with pytest.raises(Refused):
        reassign(Group(RESOLVED, Urgency.LOW))


def test_the_end_of_a_snooze_pages_again_at_its_instant():
    snoozed = Group(ACKNOWLEDGED, Urgency.LOW, acknowledged_at=T0 - HOUR, snoozed_until=T0)
    assert wake_at(snoozed, HOUR / 2) == (T0, WakeReason.SNOOZE_ENDED)
    assert wake(snoozed, HOUR / 2, at=T0 - timedelta(microseconds=1)) is None
    woken = wake(snoozed, HOUR / 2, at=T0)
    assert (woken.kind, woken.set["epoch"], woken.reason) == ("group.woken", 2, WakeReason.SNOOZE_ENDED)


def test_an_acknowledgement_that_nobody_follows_up_times_out():  # peers 6a
    assert wake_at(HELD, HOUR) == (T0 + HOUR, WakeReason.ACKNOWLEDGE_TIME_OUT)
    woken = wake(HELD, HOUR, at=T0 + HOUR)
    assert (woken.kind, woken.set["epoch"]) == ("group.acknowledgement_timed_out", 4)
    assert wake(HELD, None, at=T0 + 1000 * HOUR) is None
    assert wake_at(PAGING, HOUR) is None


def test_the_urgency_of_a_group_is_the_highest_of_its_alerts():
    assert group_urgency([Urgency.LOW, Urgency.HIGH]) is Urgency.HIGH
    assert group_urgency([]) is Urgency.LOW


def test_a_group_of_which_all_is_held_back_rests_and_pages_afresh_when_it_is_released() -> None:
    one, held = Member(TRIGGERED), Member(TRIGGERED, suppressed=True)
    running = Group(TRIGGERED, Urgency.HIGH, epoch=2)
    assert turn(running, [one, held]) is None
    rests = turn(running, [held, held, Member(RESOLVED)])
    assert rests is not None
    assert (rests.kind, rests.set) == ("group.held", {"held_back": True})
    resting = replace(running, held_back=True)
    assert turn(resting, [held]) is None
    again = turn(resting, [held, one])
    assert again is not None
    assert (again.kind, again.set) == ("group.released", {"held_back": False, "epoch": 3})


def test_what_somebody_has_is_released_without_paging_afresh() -> None:
    had = Group(ACKNOWLEDGED, Urgency.HIGH, epoch=2, held_back=True)
    again = turn(had, [Member(ACKNOWLEDGED)])
    assert again is not None
    assert again.set == {"held_back": False, "epoch": 2}


def test_a_group_without_anything_open_is_not_held() -> None:
    assert turn(Group(TRIGGERED, Urgency.HIGH), [Member(RESOLVED, suppressed=True)]) is None
    assert turn(Group(RESOLVED, Urgency.HIGH), [Member(TRIGGERED, suppressed=True)]) is None


def test_whoever_joins_a_group_of_which_all_is_held_back_is_paged_for() -> None:
    joined = join(Group(TRIGGERED, Urgency.HIGH, epoch=2, held_back=True), Urgency.LOW)
    assert (joined.reason, joined.pages) == (JoinReason.OTHERS_HELD_BACK, True)
    assert joined.member_state is TRIGGERED
    assert joined.change is not None
    assert (joined.change.set["held_back"], joined.change.set["epoch"]) == (False, 3)


@pytest.mark.parametrize(
    ("group", "held"),
    [
        ([], False),
        ([Member(TRIGGERED)], False),
        ([Member(TRIGGERED, suppressed=True)], True),
        ([Member(TRIGGERED, suppressed=True), Member(TRIGGERED)], False),
        ([Member(TRIGGERED, suppressed=True), Member(ACKNOWLEDGED)], True),
        ([Member(TRIGGERED), Member(ACKNOWLEDGED, suppressed=True)], False),
        ([Member(ACKNOWLEDGED, suppressed=True), Member(ACKNOWLEDGED)], False),
        ([Member(ACKNOWLEDGED, suppressed=True), Member(RESOLVED)], True),
    ],
)
def test_a_group_is_held_when_all_that_people_would_be_paged_for_is(group: list[Member], held: bool) -> None:
    """What somebody has acknowledged asks nobody: it does not free what is silenced beside it."""
    assert is_held(group) is held
