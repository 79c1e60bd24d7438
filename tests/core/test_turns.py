"""The pure ladder: each alert to the next in turn, held until somebody is on call, all must acknowledge."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from muster.core.circumstances import Circumstances
from muster.core.escalation import StepReason, begin, climb, plan
from muster.core.policy import Policy, Step, Target, TargetKind
from muster.core.policy_form import expanded, read_policy, write_policy
from muster.core.turns import Turns, next_in_turn

T0 = datetime(2026, 1, 5, 22, tzinfo=UTC)
MORNING = T0 + timedelta(hours=11)
TEAM = ("ana", "ben", "cleo")


def person(name: str) -> Target:
    return Target(TargetKind.PERSON, name)


def named(target: Target, at: datetime) -> tuple[str, ...]:
    """A person is themselves; on call is Ana, from the morning on."""
    if target.kind is TargetKind.SCHEDULE:
        return ("ana",) if at >= MORNING else ()
    return (str(target.key),)


def in_turn(*people: str, **more: bool) -> Step:
    return Step(timedelta(0), tuple(person(one) for one in people), in_turn=True, **more)


def fire(ladder: Policy, turns: Turns, **more) -> tuple[tuple, Turns]:
    done = climb(
        ladder, begin(ladder, T0), named, ("admin",), at=T0, given=Circumstances(turns=turns, **more)
    )
    return done.started.people, done.turns


# In turn


def test_each_alert_goes_to_the_next_person():
    ladder, turns, paged = Policy((in_turn(*TEAM),)), Turns(), []
    for _ in range(7):
        people, turns = fire(ladder, turns)
        paged += people
    assert paged == ["ana", "ben", "cleo", "ana", "ben", "cleo", "ana"]


def test_a_second_step_over_the_same_people_goes_on_with_the_next():
    ladder = Policy((in_turn(*TEAM), in_turn(*TEAM)), repeat=1)
    assert [step.people for step in plan(ladder, T0, named, ("admin",))] == [
        ("ana",), ("ben",), ("cleo",), ("ana",), ("admin",),
    ]  # fmt: skip


def test_who_is_away_or_cannot_be_reached_is_passed_over_with_the_reason_and_is_next_when_back():
    turn = next_in_turn(TEAM, Turns(), reachable=lambda who: who != "ben", away=lambda who: who == "ana")
    assert (turn.person, turn.away, turn.unreachable) == ("cleo", ("ana",), ("ben",))
    after = Turns().pass_to("cleo")
    assert next_in_turn(TEAM, after, reachable=lambda who: True, away=lambda who: False).person == "ana"


def test_when_all_are_on_leave_what_follows_starts_at_once():
    ladder = Policy((in_turn("ana", "ben"), Step(timedelta(minutes=15), (person("cleo"),))))
    steps = plan(ladder, T0, named, ("admin",), given=Circumstances(away=lambda who, at: who != "cleo"))
    assert [(one.people, one.reason, one.due_at) for one in steps[:2]] == [
        ((), StepReason.EVERYBODY_AWAY, T0),
        (("cleo",), StepReason.ON_CALL, T0),
    ]


@given(st.lists(st.sets(st.sampled_from(TEAM), max_size=2), max_size=60))
def test_nobody_who_is_there_has_two_turns_more_than_another(absences):
    """Over any absences: among those always present the counts differ by at most one."""
    turns, counts = Turns(), Counter()
    always = set(TEAM) - set().union(*absences)
    for absent in absences:
        turn = next_in_turn(TEAM, turns, reachable=lambda who: True, away=absent.__contains__)
        assert turn.person not in absent
        counts[turn.person] += 1
        turns = turns.pass_to(turn.person)
    present = [counts[one] for one in always]
    assert not present or max(present) - min(present) <= 1


# Held until somebody is on call

COVERED = Step(timedelta(0), (Target(TargetKind.SCHEDULE, "day"),), until_covered=True)


def covered(targets, at):
    return MORNING


def test_a_step_is_held_until_somebody_is_on_call_and_the_plan_says_so():
    ladder = Policy((COVERED, Step(timedelta(minutes=15), (person("cleo"),))))
    steps = plan(ladder, T0, named, ("admin",), given=Circumstances(covered=covered))
    assert [(one.people, one.reason, one.due_at) for one in steps] == [
        ((), StepReason.UNTIL_COVERED, T0),
        (("ana",), StepReason.ON_CALL, MORNING),
        (("cleo",), StepReason.ON_CALL, MORNING + timedelta(minutes=15)),
        (("admin",), StepReason.FALLBACK, MORNING + timedelta(minutes=30)),
    ]


def test_what_is_urgent_is_not_held():
    ladder = Policy((COVERED, Step(timedelta(minutes=15), (person("cleo"),))))
    steps = plan(ladder, T0, named, ("admin",))
    assert [(one.people, one.due_at) for one in steps[:2]] == [((), T0), (("cleo",), T0)]


def test_a_step_that_is_reached_because_another_found_nobody_is_held_too():
    empty = Step(timedelta(0), (Target(TargetKind.SCHEDULE, "day"),))
    done = climb(
        Policy((empty, COVERED)), begin(Policy((empty, COVERED)), T0), named, ("admin",), at=T0,
        given=Circumstances(covered=covered),
    )  # fmt: skip
    assert done.change.kind == "escalation.held"
    assert [one.step for one in done.skipped] == [1]
    assert (done.next.step, done.next.due_at) == (2, MORNING)


def test_a_schedule_that_is_never_covered_holds_nothing():
    steps = plan(Policy((COVERED,)), T0, named, ("admin",), given=Circumstances(covered=lambda _, at: None))
    assert [one.people for one in steps] == [(), ("admin",)]


# All must acknowledge


def test_who_has_acknowledged_is_not_paged_again_and_the_waits_stay():
    both = Step(timedelta(0), (person("ana"), person("ben")), all_must_acknowledge=True)
    ladder = Policy((both, Step(timedelta(minutes=15), (person("ana"),))), repeat=1)
    steps = plan(ladder, T0, named, ("admin",), given=Circumstances(answered=frozenset({"ana"})))
    shown = [(one.people, one.reason, one.due_at) for one in steps]
    quarter = timedelta(minutes=15)
    assert shown == [
        (("ben",), StepReason.ON_CALL, T0),
        ((), StepReason.ALL_ANSWERED, T0 + quarter),
        (("ben",), StepReason.ON_CALL, T0 + 2 * quarter),
        ((), StepReason.ALL_ANSWERED, T0 + 3 * quarter),
        (("admin",), StepReason.FALLBACK, T0 + 4 * quarter),
    ]


def test_a_policy_can_say_it_of_every_step():
    one, other = Step(timedelta(0), (person("ana"),)), Step(timedelta(0), (person("ben"),))
    ladder = Policy((one, other), all_must_acknowledge=True)
    assert [ladder.asks_all(step) for step in (0, 1, 2, 3)] == [False, True, True, False]
    assert not Policy((one, other)).asks_anybody_all


# As data


def test_what_a_policy_says_is_read_back_and_what_it_does_not_say_stays_unsaid():
    said = {
        "steps": [{"after": "0s", "notify": ["person:ana"], "until_covered": True, "in_turn": True}],
        "repeat": 0,
        "then_after": "15m",
        "all_must_acknowledge": True,
    }
    assert write_policy(read_policy(said)) == said
    assert set(write_policy(Policy((in_turn("ana"),)))["steps"][0]) == {"after", "notify", "in_turn"}


def test_a_policy_in_the_place_of_a_step_keeps_what_either_asks_for():
    inner = Policy((in_turn("ben"), Step(timedelta(0), (person("cleo"),))), all_must_acknowledge=True)
    outer = Policy((Step(timedelta(0), (Target(TargetKind.POLICY, "inner"),), until_covered=True),))
    first, second = expanded(outer, lambda target: inner).steps
    assert (first.in_turn, first.all_must_acknowledge, first.until_covered) == (True, True, True)
    assert (second.in_turn, second.all_must_acknowledge, second.until_covered) == (False, True, True)
