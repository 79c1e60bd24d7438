"""What is weak in an escalation policy, seen when it is made and not at 3 a.m. (B9, R39 to R41). Pure.

Nothing here refuses a policy: each finding says where the ladder would let somebody down, so that a person
can decide. What cannot work at all (a circle, a ladder too long) is refused when it is saved.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from muster.core.escalation import AT_THE_END, FELL_THROUGH, PlannedStep, StepReason
from muster.core.policy import Policy, TargetKind


class Weakness(StrEnum):
    """One kind of finding."""

    NO_STEPS = "no_steps"
    NOBODY = "nobody"
    UNREACHABLE = "unreachable"
    GAP = "gap"
    ONE_PERSON = "one_person"
    SECOND_TOO_LATE = "second_too_late"
    MANAGER_TOO_LATE = "manager_too_late"
    GOES_NOWHERE = "goes_nowhere"
    ONLY_WEBHOOKS = "only_webhooks"
    TURNS_OF_ONE = "turns_of_one"
    HOLDS_NOTHING = "holds_nothing"
    ALL_OF_ONE = "all_of_one"
    FALLBACK_EMPTY = "fallback_empty"


@dataclass(frozen=True, slots=True)
class Finding:
    """A weakness, and the step it is in (None: the policy's own). `detail` holds ids, times and durations."""

    weakness: Weakness
    step: int | None = None
    detail: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What the Standard wants of a ladder, counted from its first page (R40)."""

    second_within: timedelta
    manager_within: timedelta


Gap = tuple[str, datetime]
"""A schedule (its target as text) in which nobody is on call, and from when."""


def lint(
    policy: Policy, plan: Sequence[PlannedStep], gaps: Iterable[Gap], expected: Expected
) -> tuple[Finding, ...]:
    """Everything weak in a policy, given its plan as it would run now and the gaps ahead of its schedules."""
    if not policy.steps:
        return (Finding(Weakness.NO_STEPS),)
    first = [step for step in plan if step.round == 1 and step.reason not in AT_THE_END]
    found = [
        *_steps(first),
        *(() if policy.takes_turns else _people(first)),
        *_asked_for(policy),
        *_in_time(policy, expected),
        *(Finding(Weakness.GAP, None, (("schedule", name), ("at", at))) for name, at in gaps),
        *_end(plan),
    ]
    return tuple(found)


def _steps(first: Sequence[PlannedStep]) -> Iterator[Finding]:
    for step in first:
        if any(target.kind is TargetKind.POLICY for target in step.targets):
            yield Finding(Weakness.GOES_NOWHERE, step.step)
        elif step.reason is StepReason.NOBODY_ON_CALL:
            yield Finding(Weakness.NOBODY, step.step)
        if step.unreachable:
            yield Finding(Weakness.UNREACHABLE, step.step, (("people", step.unreachable),))


def _people(first: Sequence[PlannedStep]) -> Iterator[Finding]:
    """A second step that pages the same one person again is no second person."""
    paging = [step for step in first if step.reason not in FELL_THROUGH]
    everybody = {person for step in paging for person in step.people}
    if len(everybody) == 1:
        yield Finding(Weakness.ONE_PERSON, None, (("people", tuple(everybody)),))


def _asked_for(policy: Policy) -> Iterator[Finding]:
    """What a step asks for and cannot have by whom it names."""
    if all(step.only_webhooks for step in policy.steps):
        yield Finding(Weakness.ONLY_WEBHOOKS)
    for number, step in enumerate(policy.steps, 1):
        kinds = {target.kind for target in step.notify}
        is_one = len(step.notify) == 1 and kinds == {TargetKind.PERSON}
        if step.in_turn and is_one:
            yield Finding(Weakness.TURNS_OF_ONE, number)
        if step.all_must_acknowledge and is_one:
            yield Finding(Weakness.ALL_OF_ONE, number)
        if step.until_covered and not kinds & _ON_CALL:
            yield Finding(Weakness.HOLDS_NOTHING, number)


_ON_CALL = frozenset({TargetKind.SCHEDULE, TargetKind.ON_CALL_MANAGER, TargetKind.POLICY})


def _in_time(policy: Policy, expected: Expected) -> Iterator[Finding]:
    """When the ladder reaches a second step, and a manager, after its first page; webhooks are no page."""
    since = timedelta(0)
    second: timedelta | None = None
    manager: timedelta | None = None
    paging = 0
    for step in policy.steps:
        since += step.after if paging else timedelta(0)
        paging += 0 if step.only_webhooks else 1
        second = since if paging == 2 and second is None else second
        manages = any(target.kind in _MANAGERS for target in step.notify)
        manager = since if manages and manager is None else manager
    if second is None or second > expected.second_within:
        yield _late(Weakness.SECOND_TOO_LATE, second, expected.second_within)
    if manager is None or manager > expected.manager_within:
        yield _late(Weakness.MANAGER_TOO_LATE, manager, expected.manager_within)


_MANAGERS = frozenset({TargetKind.MANAGER, TargetKind.ON_CALL_MANAGER, TargetKind.POSITION})


def _late(weakness: Weakness, reached: timedelta | None, wanted: timedelta) -> Finding:
    return Finding(weakness, None, (("reached", reached), ("wanted", wanted)))


def _end(plan: Sequence[PlannedStep]) -> Iterator[Finding]:
    if any(step.reason is StepReason.FALLBACK_EMPTY for step in plan):
        yield Finding(Weakness.FALLBACK_EMPTY)
