"""The ladder an escalation climbs: who is told next, and the plan shown is the plan run. R40"""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muster.core.escalation import (
    AT_THE_END,
    FELL_THROUGH,
    Climb,
    Cursor,
    EscalationState,
    StepReason,
    begin,
    climb,
    plan,
    upcoming,
)
from muster.core.escalation_life import StopReason, become_sev1, hasten, is_held, restart, start, stop
from muster.core.oncall import ScheduleSpec, on_call_at
from muster.core.policy import Policy, Step, Target, TargetKind, parse_target
from muster.core.rotation import Layer
from muster.core.wallclock import parse_duration, parse_every

T0 = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def policy(*steps: tuple[str, str], repeat: int = 0, then_after: str = "15m") -> Policy:
    """`("15m", "person:ben person:cleo")` is a step."""
    built = tuple(
        Step(parse_duration(after), tuple(parse_target(text) for text in targets.split()))
        for after, targets in steps
    )
    return Policy(built, repeat, parse_duration(then_after))


def named(target: Target, at: datetime) -> tuple[str, ...]:
    """Every target is the person of that name, but a schedule is empty."""
    return () if target.kind is TargetKind.SCHEDULE else (str(target.key),)


def shape(steps) -> list[tuple[int, int, int, tuple[str, ...], str]]:
    return [(s.round, s.step, round((s.due_at - T0) / MINUTE), s.people, s.reason.value) for s in steps]


def shown(ladder: Policy, resolve=named, fallback=("admin",), **more):
    return shape(plan(ladder, T0, resolve, fallback, **more))


def test_after_fifteen_minutes_the_second_and_after_thirty_the_manager():  # R40
    ladder = policy(("0s", "person:ana"), ("15m", "person:ben"), ("15m", "manager:payments"))
    assert shown(ladder) == [
        (1, 1, 0, ("ana",), "on_call"),
        (1, 2, 15, ("ben",), "on_call"),
        (1, 3, 30, ("payments",), "on_call"),
        (1, 4, 45, ("admin",), "fallback"),
    ]


def test_the_first_step_waits_its_own_time_after_the_start():
    assert shown(policy(("5m", "person:ana")))[0] == (1, 1, 5, ("ana",), "on_call")


def test_a_round_waits_then_after_and_repeats_with_its_own_waits():
    ladder = policy(("5m", "person:ana"), ("10m", "person:ben"), repeat=1, then_after="20m")
    assert shown(ladder) == [
        (1, 1, 5, ("ana",), "on_call"),
        (1, 2, 15, ("ben",), "on_call"),
        (2, 1, 40, ("ana",), "on_call"),
        (2, 2, 50, ("ben",), "on_call"),
        (2, 3, 70, ("admin",), "fallback"),
    ]


def test_a_step_that_finds_nobody_takes_no_time():  # I9, mutant M09, peers 5a
    ladder = policy(("0s", "schedule:gap"), ("15m", "person:ben"))
    assert shown(ladder) == [
        (1, 1, 0, (), "nobody_on_call"),
        (1, 2, 0, ("ben",), "on_call"),
        (1, 3, 15, ("admin",), "fallback"),
    ]


def test_the_person_before_an_empty_step_keeps_the_whole_wait():
    ladder = policy(("0s", "person:ana"), ("15m", "schedule:gap"), ("15m", "person:ben"))
    assert shown(ladder) == [
        (1, 1, 0, ("ana",), "on_call"),
        (1, 2, 15, (), "nobody_on_call"),
        (1, 3, 15, ("ben",), "on_call"),
        (1, 4, 30, ("admin",), "fallback"),
    ]


def test_an_empty_last_step_goes_on_to_the_next_round_at_once():
    ladder = policy(("0s", "person:ana"), ("15m", "schedule:gap"), repeat=1)
    assert [step[:3] for step in shown(ladder)] == [(1, 1, 0), (1, 2, 15), (2, 1, 15), (2, 2, 30), (2, 3, 30)]


def test_a_ladder_of_empty_steps_reaches_the_fallback_at_once_and_once():
    ladder = policy(("5m", "schedule:a"), ("15m", "schedule:b"), repeat=9)
    assert shown(ladder) == [
        (1, 1, 5, (), "nobody_on_call"),
        (1, 2, 5, (), "nobody_on_call"),
        (1, 3, 5, ("admin",), "fallback"),
    ]


def test_a_policy_without_steps_reaches_the_fallback_at_once():
    assert shown(policy()) == [(1, 1, 0, ("admin",), "fallback")]


def test_an_empty_fallback_is_said_and_not_hidden():
    assert shown(policy(("0s", "schedule:gap")), fallback=())[-1] == (1, 2, 0, (), "fallback_empty")


def test_people_without_a_contact_method_are_named_and_passed_over():  # I9
    ladder = policy(("0s", "person:ana"), ("15m", "person:ben person:ana"))
    found = plan(ladder, T0, named, ("admin",), reachable=lambda person: person != "ana")
    assert (found[0].people, found[0].unreachable, found[0].reason) == (
        (),
        ("ana",),
        StepReason.NO_CONTACT_METHOD,
    )
    assert (found[1].people, found[1].unreachable, found[1].due_at) == (("ben",), ("ana",), T0)


def test_a_person_meant_by_two_targets_is_paged_once_in_the_order_of_the_targets():
    ladder = policy(("0s", "person:ben team:ana person:ana"))
    assert shown(ladder)[0][3] == ("ben", "ana")


def test_a_step_asks_who_is_on_call_when_it_starts():
    handoff = T0 + timedelta(minutes=10)
    rota = ScheduleSpec("UTC", (Layer(parse_every("1 day"), handoff - timedelta(days=1), ("ana", "ben")),))
    ladder = policy(("0s", "schedule:primary"), ("15m", "schedule:primary"))
    found = plan(ladder, T0, lambda target, at: on_call_at(rota, at), ("admin",))
    assert [step.people for step in found] == [("ana",), ("ben",), ("admin",)]


def run(ladder: Policy, resolve, fallback, ticks) -> list[Climb]:
    """What the engine does: look at each tick, start at most one step that is due."""
    cursor: Cursor | None = begin(ladder, T0)
    done = []
    for at in ticks:
        if cursor is None:
            break
        if cursor.due_at <= at:
            done.append(climb(ladder, cursor, resolve, fallback, at=at))
            cursor = done[-1].next
    return done


ladderS = st.builds(
    Policy,
    st.lists(
        st.builds(
            Step,
            st.integers(0, 4).map(lambda n: n * MINUTE),
            st.lists(
                st.builds(Target, st.sampled_from(list(TargetKind)), st.sampled_from("abc")), max_size=2
            ).map(tuple),
        ),
        max_size=4,
    ).map(tuple),
    st.integers(0, 3),
    st.integers(0, 4).map(lambda n: n * MINUTE),
)


def resolve_by(pattern: int, target: Target, at: datetime) -> tuple[str, ...]:
    """Some targets are empty at some minutes, always in the same way."""
    minute = round((at - T0) / MINUTE)
    return (f"{target}",) if (pattern >> ((minute + ord(str(target.key))) % 7)) & 1 else ()


@settings(max_examples=200, deadline=None)
@given(ladderS, st.integers(0, 127))
def test_the_plan_shown_is_the_plan_that_runs(ladder: Policy, pattern: int):
    resolve = partial(resolve_by, pattern)
    ran = run(ladder, resolve, ("admin",), (T0 + n * MINUTE for n in range(150) for _ in range(20)))
    assert ran[-1].next is None
    assert [step for done in ran for step in (*done.skipped, done.started)] == list(
        plan(ladder, T0, resolve, ("admin",))
    )


@settings(max_examples=200, deadline=None)
@given(ladderS, st.integers(0, 127))
def test_every_ladder_ends_at_the_fallback_and_no_step_runs_twice(ladder: Policy, pattern: int):  # I7, I9
    found = plan(ladder, T0, partial(resolve_by, pattern), ("admin",))
    assert [step.reason in AT_THE_END for step in found] == [False] * (len(found) - 1) + [True]
    places = [(step.round, step.step) for step in found]
    assert places == sorted(set(places))
    for step, following in pairwise(found):
        assert following.due_at >= step.due_at
        if step.reason in FELL_THROUGH:
            assert following.due_at == step.due_at


def test_overdue_steps_start_one_at_a_time_each_with_its_whole_wait():  # I11, reserve R5
    ladder = policy(("0s", "person:ana"), ("15m", "person:ben"), ("15m", "person:cleo"))
    jump = T0 + timedelta(hours=5)
    first = climb(ladder, begin(ladder, T0), named, (), at=jump)
    assert first.started.people == ("ana",)
    assert first.next == Cursor(1, 2, jump + 15 * MINUTE)
    with pytest.raises(ValueError, match="not due"):
        climb(ladder, first.next, named, (), at=jump)


def test_no_step_ever_starts_early():  # I7
    ladder = policy(("1m", "person:ana"))
    with pytest.raises(ValueError, match="not due"):
        climb(ladder, begin(ladder, T0), named, (), at=T0 + MINUTE - timedelta(microseconds=1))
    assert climb(ladder, begin(ladder, T0), named, (), at=T0 + MINUTE).started.people == ("ana",)


def test_one_climb_is_one_change_that_moves_the_row_and_tells_what_was_skipped():
    ladder = policy(("0s", "schedule:gap"), ("15m", "person:ben"), ("5m", "person:cleo"))
    done = climb(ladder, begin(ladder, T0), named, (), at=T0)
    assert done.change.kind == "escalation.step_started"
    assert done.change.set == {"round": 1, "step": 3, "due_at": T0 + 5 * MINUTE}
    assert done.change.payload["people"] == ["ben"]
    assert [(each["step"], each["reason"]) for each in done.change.payload["skipped"]] == [
        (1, "nobody_on_call")
    ]
    assert not done.exhausted


def test_the_end_of_the_ladder_is_an_event_of_its_own():
    ladder = policy(("0s", "person:ana"))
    last = run(ladder, named, ("admin", "admin"), [T0, T0 + 15 * MINUTE])[-1]
    assert last.exhausted
    assert last.change.kind == "escalation.exhausted"
    assert last.change.set == {"state": EscalationState.EXHAUSTED, "round": 1, "step": 2, "due_at": None}
    assert last.change.payload["people"] == ["admin"]
    assert last.change.reason is StepReason.FALLBACK


def test_the_rest_of_an_overdue_ladder_is_shown_from_now_on():
    ladder = policy(("0s", "person:ana"), ("15m", "person:ben"))
    rest = upcoming(ladder, Cursor(1, 2, T0), named, ("admin",), not_before=T0 + 3 * MINUTE)
    assert shape(rest) == [(1, 2, 3, ("ben",), "on_call"), (1, 3, 18, ("admin",), "fallback")]


def test_starting_sets_the_first_due_time_and_a_new_epoch_begins_again():
    ladder = policy(("5m", "person:ana"))
    begun = start(ladder, at=T0)
    assert begun.kind == "escalation.started"
    assert begun.set == {
        "state": EscalationState.RUNNING,
        "round": 1,
        "step": 1,
        "due_at": T0 + 5 * MINUTE,
        "epoch": 1,
        "held_until": None,
    }
    again = restart(ladder, at=T0 + MINUTE, epoch=2)
    assert again.kind == "escalation.restarted"
    assert (again.set["epoch"], again.set["due_at"]) == (2, T0 + 6 * MINUTE)


def test_what_runs_is_stopped_with_the_reason_and_what_does_not_is_left_alone():
    stopped = stop(EscalationState.RUNNING, StopReason.ACKNOWLEDGED)
    assert stopped is not None
    assert stopped.set == {"state": EscalationState.STOPPED, "due_at": None}
    assert stopped.reason is StopReason.ACKNOWLEDGED
    assert stop(EscalationState.STOPPED, StopReason.RESOLVED) is None
    assert stop(EscalationState.EXHAUSTED, StopReason.RESOLVED) is None


def test_when_all_pages_of_a_step_failed_the_next_one_is_due_at_once():  # I9, mutant M09's third variant
    cursor = Cursor(1, 2, T0 + 15 * MINUTE)
    hastened = hasten(EscalationState.RUNNING, cursor, at=T0 + MINUTE)
    assert hastened is not None
    assert hastened.set == {"due_at": T0 + MINUTE}
    assert hasten(EscalationState.RUNNING, cursor, at=T0 + 15 * MINUTE) is None
    assert hasten(EscalationState.STOPPED, cursor, at=T0) is None


def test_a_ladder_that_becomes_a_sev1s_waits_its_own_time_and_for_no_hours():
    ben = (parse_target("person:ben"),)
    ladder = Policy((Step(MINUTE, ben), Step(5 * MINUTE, ben, in_hours=True), Step(MINUTE, ben)))
    waits = Cursor(1, 2, T0 + 600 * MINUTE)
    soon, third = Cursor(1, 2, T0 + MINUTE), Cursor(1, 3, T0 + 9 * MINUTE)
    for cursor, due_at in ((waits, T0 + 5 * MINUTE), (soon, soon.due_at), (third, third.due_at)):
        change = become_sev1(EscalationState.RUNNING, cursor, ladder, at=T0)
        assert change is not None
        assert change.set == {"sev1": True, "due_at": due_at}
    assert become_sev1(EscalationState.STOPPED, waits, ladder, at=T0) is None


@pytest.mark.parametrize("text", ["", "person", "person:", "policies:self", "chat:#general"])
def test_what_is_not_a_target_is_refused(text):
    with pytest.raises(ValueError):
        parse_target(text)


def test_a_target_is_spelled_as_in_configuration():
    assert str(parse_target("schedule:payments-primary")) == "schedule:payments-primary"


@pytest.mark.parametrize("bad", [{"repeat": -1}, {"repeat": 21}, {"then_after": -MINUTE}])
def test_a_ladder_without_end_or_with_negative_waits_is_refused(bad):
    with pytest.raises(ValueError):
        Policy((), **bad)


def test_what_is_held_begins_when_its_hours_open_and_is_no_longer_held_once_it_is_let_go():
    ladder = policy(("5m", "person:ana"))
    opens = T0 + timedelta(hours=11)
    held = start(ladder, at=T0, held_until=opens).set
    assert (held["held_until"], held["due_at"]) == (opens, opens + 5 * MINUTE)
    assert is_held(held["state"], held["due_at"], opens, T0)
    assert not is_held(held["state"], T0, opens, T0)
    assert not is_held(held["state"], held["due_at"], opens, opens)
    assert restart(ladder, at=T0, epoch=2, held_until=T0).set["held_until"] is None
