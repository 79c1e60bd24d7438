"""A weak ladder is named before somebody climbs it (B9, R39 to R41)."""

from datetime import UTC, datetime, timedelta

import pytest

from muster.core.escalation import plan
from muster.core.policy import Policy, Step, parse_target
from muster.core.policy_lint import Expected, Finding, Weakness, lint

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
EXPECTED = Expected(second_within=timedelta(minutes=15), manager_within=timedelta(minutes=30))
PEOPLE = {
    "schedule:primary": ["ana"],
    "schedule:empty": [],
    "person:ana": ["ana"],
    "person:ben": ["ben"],
    "manager:payments": ["cleo"],
}


def ladder(*steps: tuple[int, str]) -> Policy:
    """Steps as (minutes after the one before, target)."""
    return Policy(tuple(Step(timedelta(minutes=after), (parse_target(name),)) for after, name in steps))


def found(policy: Policy, gaps=(), unreachable=(), fallback=("admin",)) -> list[Weakness]:
    """What is weak in it now."""
    planned = plan(
        policy,
        T0,
        lambda target, at: PEOPLE.get(str(target), []),
        fallback,
        reachable=lambda person: person not in unreachable,
    )
    return [one.weakness for one in lint(policy, planned, gaps, EXPECTED)]


GOOD = ladder((0, "schedule:primary"), (15, "person:ben"), (15, "manager:payments"))


def test_a_ladder_as_the_standard_wants_it_has_no_finding():
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("policy", "weakness"),
    [
        (ladder(), Weakness.NO_STEPS),
        (ladder((0, "schedule:empty"), (15, "person:ben"), (15, "manager:payments")), Weakness.NOBODY),
        (ladder((0, "person:ana"), (15, "person:ana")), Weakness.ONE_PERSON),
        (ladder((0, "person:ana"), (16, "person:ben"), (14, "manager:payments")), Weakness.SECOND_TOO_LATE),
        (ladder((0, "person:ana")), Weakness.SECOND_TOO_LATE),
        (ladder((0, "person:ana"), (15, "person:ben"), (16, "manager:payments")), Weakness.MANAGER_TOO_LATE),
        (ladder((0, "person:ana"), (15, "person:ben")), Weakness.MANAGER_TOO_LATE),
        (ladder((0, "policy:gone"), (5, "person:ana"), (5, "manager:payments")), Weakness.GOES_NOWHERE),
    ],
)
def test_each_weakness_is_named(policy: Policy, weakness: Weakness):
    assert weakness in found(policy)


def test_the_wait_before_the_first_page_does_not_count_against_the_second_step():
    assert found(ladder((10, "person:ana"), (15, "person:ben"), (15, "manager:payments"))) == []


def test_whoever_cannot_be_reached_is_named_with_the_step():
    policy = GOOD
    planned = plan(
        policy, T0, lambda target, at: PEOPLE[str(target)], ("admin",), reachable=lambda who: who != "ben"
    )
    assert lint(policy, planned, (), EXPECTED) == (Finding(Weakness.UNREACHABLE, 2, (("people", ("ben",)),)),)


def test_gaps_ahead_and_an_empty_fallback_are_named():
    assert found(GOOD, gaps=[("schedule:primary", T0)]) == [Weakness.GAP]
    assert found(GOOD, fallback=()) == [Weakness.FALLBACK_EMPTY]


def asking(*targets: str, **more: bool) -> Policy:
    """A good ladder whose first step asks for something of these."""
    first = Step(timedelta(0), tuple(parse_target(one) for one in targets), **more)
    return Policy((first, *GOOD.steps[1:]))


@pytest.mark.parametrize(
    ("targets", "more", "weakness"),
    [
        (["person:ana"], {"in_turn": True}, Weakness.TURNS_OF_ONE),
        (["person:ana"], {"all_must_acknowledge": True}, Weakness.ALL_OF_ONE),
        (["person:ana", "person:ben"], {"until_covered": True}, Weakness.HOLDS_NOTHING),
    ],
)
def test_what_a_step_asks_for_and_cannot_have_is_named(targets, more, weakness):
    assert found(asking(*targets, **more)) == [weakness]


def test_what_a_step_asks_for_and_can_have_is_no_weakness():
    assert found(asking("person:ana", "person:ben", in_turn=True, all_must_acknowledge=True)) == []
    assert found(asking("schedule:primary", until_covered=True)) == []


def test_webhooks_alone_reach_nobody():
    assert Weakness.ONLY_WEBHOOKS in found(ladder((0, "webhook:runbook"), (5, "webhook:other")))
    assert Weakness.ONLY_WEBHOOKS not in found(ladder((0, "webhook:runbook"), (5, "person:ana")))


def test_a_webhook_is_neither_the_first_page_nor_the_second():
    found_in = found(
        ladder((0, "webhook:runbook"), (5, "person:ana"), (15, "person:ben"), (15, "manager:payments"))
    )
    assert found_in == []
    assert Weakness.SECOND_TOO_LATE in found(
        ladder((0, "person:ana"), (5, "webhook:runbook"), (15, "person:ben"), (0, "manager:payments"))
    )


def test_who_takes_turns_is_not_alone():
    turns = asking("person:ana", "person:ben", in_turn=True)
    assert Weakness.ONE_PERSON not in found(Policy(turns.steps[:1]))
