"""Escalation policies and contact rules as plain data and back, in the form of design section 13.

    {steps: [{after: 0s, notify: [schedule:payments-primary]}, {after: 15m, notify: [person:ben]}],
     repeat: 1, then_after: 15m, acknowledged_for: 1h}
    {high: [{after: 0s, use: webhook}, {after: 5m, use: email}], low: [{after: 0s, use: email}]}

A running escalation keeps such data as the snapshot of its policy, with the targets' keys translated to row
ids.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from muster.core.paging import ContactRule
from muster.core.plain_form import Form, FormFault, FormReason, whole
from muster.core.policy import SHORTEST_ACKNOWLEDGED, THEN_AFTER, Policy, Step, Target, parse_target
from muster.core.urgency import Urgency
from muster.core.wallclock import format_duration, parse_duration

_NEVER: Final = timedelta(0)
_ALL: Final = "all_must_acknowledge"
STEP_FLAGS: Final = ("in_hours", "until_covered", "in_turn", _ALL)
"""What a step may say with true or false; left out where it is false."""

Translate = Callable[[Target], Target]
"""Makes a target of the data one of the rules (handle to id); raises LookupError when there is none such."""


def by_id(target: Target) -> Target:
    """Read a snapshot of ours: its keys are row ids, spelled as text."""
    return Target(target.kind, int(target.key))


def read_policy(data: object, *, target: Translate = lambda named: named) -> Policy:
    """The policy that the data says. Raises FormFault at the first place that cannot hold."""
    form = Form(data, "", frozenset({"steps", "repeat", "then_after", "acknowledged_for", _ALL}))
    steps = tuple(_step(path, value, target) for path, value in form.items("steps"))
    repeat = form.read("repeat", whole, 0)
    then_after = form.read("then_after", _duration, THEN_AFTER)
    held = form.read("acknowledged_for", _duration, _NEVER)
    if held is not _NEVER and held < SHORTEST_ACKNOWLEDGED:
        raise FormFault("acknowledged_for", FormReason.OUT_OF_RANGE, held)
    try:
        return Policy(
            steps, repeat, then_after, None if held is _NEVER else held, form.read(_ALL, _truth, False)
        )
    except ValueError as error:
        raise FormFault("repeat" if repeat else "steps", FormReason.OUT_OF_RANGE, repeat) from error


def write_policy(policy: Policy) -> dict[str, Any]:
    """The data that `read_policy` reads back; keys that are row ids need `target=by_id`."""
    held = policy.acknowledged_for
    return {
        "steps": [_written(step) for step in policy.steps],
        "repeat": policy.repeat,
        "then_after": format_duration(policy.then_after),
    } | (
        ({} if held is None else {"acknowledged_for": format_duration(held)})
        | ({_ALL: True} if policy.all_must_acknowledge else {})
    )


def _written(step: Step) -> dict[str, Any]:
    """What is not said stays unsaid: a policy of an older version reads the same."""
    said = {"after": format_duration(step.after), "notify": [str(target) for target in step.notify]}
    return said | {flag: True for flag in STEP_FLAGS if getattr(step, flag)}


Lookup = Callable[[Target], Policy | None]
"""The policy that `policy:P` names now; None when there is none."""


def expanded(policy: Policy, lookup: Lookup) -> Policy:
    """The policy with the steps of other policies in the place of the steps that name them.

    The other policy's own repeats do not count. One that is met again on its own way, or is gone, finds
    nobody: the ladder falls through it. Raises ValueError when more steps come of it than a ladder may have.
    """
    return replace(policy, steps=tuple(_steps(policy, lookup, frozenset())))


def _steps(policy: Policy, lookup: Lookup, above: frozenset[Target]) -> Iterator[Step]:
    for step in policy.steps:
        named = step.continues
        other = lookup(named) if named is not None and named not in above else None
        if named is None or other is None or not other.steps:
            yield step
            continue
        inner = [_within(step, one, other) for one in _steps(other, lookup, above | {named})]
        yield replace(
            inner[0], after=step.after + inner[0].after, in_hours=step.in_hours or inner[0].in_hours
        )
        yield from inner[1:]


def _within(step: Step, inner: Step, other: Policy) -> Step:
    """A step of another policy in the place of the step that names it: what either of them asks for holds."""
    return replace(
        inner,
        until_covered=step.until_covered or inner.until_covered,
        in_turn=step.in_turn or inner.in_turn,
        all_must_acknowledge=(
            step.all_must_acknowledge or inner.all_must_acknowledge or other.all_must_acknowledge
        ),
    )


def goes_in_circles(policy: Policy, itself: Target, lookup: Lookup) -> bool:
    """Whether a policy that is to be kept as `itself` would lead back to itself."""
    seen: set[Target] = set()
    waiting = [policy]
    while waiting:
        for step in waiting.pop().steps:
            named = step.continues
            if named == itself:
                return True
            if named is not None and named not in seen:
                seen.add(named)
                other = lookup(named)
                waiting += [other] if other is not None else []
    return False


def read_contact_rules(data: object) -> dict[Urgency, tuple[ContactRule, ...]]:
    """A person's rules by urgency; an urgency without rules is absent. Raises FormFault."""
    form = Form(data, "", frozenset(Urgency))
    rules = {urgency: tuple(_rule(*item) for item in form.items(urgency.value)) for urgency in Urgency}
    return {urgency: found for urgency, found in rules.items() if found}


def write_contact_rules(rules: Mapping[Urgency, Sequence[ContactRule]]) -> dict[str, Any]:
    """The data that `read_contact_rules` reads back."""
    return {
        urgency.value: [{"after": format_duration(rule.after), "use": rule.use} for rule in rules[urgency]]
        for urgency in Urgency
        if rules.get(urgency)
    }


def _step(path: str, data: object, target: Translate) -> Step:
    form = Form(data, path, frozenset({"after", "notify", *STEP_FLAGS}))
    notify = tuple(_target(where, value, target) for where, value in form.items("notify"))
    if not notify:
        raise FormFault(form.at("notify"), FormReason.EMPTY)
    flags = {flag: form.read(flag, _truth, False) for flag in STEP_FLAGS}
    step = Step(form.read("after", _duration, timedelta(0)), notify, **flags)
    if step.continues is not None and len(notify) > 1:
        raise FormFault(form.at("notify"), FormReason.STANDS_ALONE, step.continues)
    return step


def _target(path: str, value: object, target: Translate) -> Target:
    try:
        return target(parse_target(str(value)))
    except (ValueError, LookupError) as error:
        raise FormFault(path, FormReason.UNKNOWN_TARGET, value) from error


def _rule(path: str, data: object) -> ContactRule:
    form = Form(data, path, frozenset({"after", "use"}))
    return ContactRule(form.read("after", _duration, timedelta(0)), form.read("use", _name))


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("not a name")
    return value


def _duration(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else parse_duration(str(value))
