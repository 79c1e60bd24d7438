"""Escalation policies and contact rules as plain data and back, in the form of design section 13.

    {steps: [{after: 0s, notify: [schedule:payments-primary]}, {after: 15m, notify: [person:ben]}],
     repeat: 1, then_after: 15m}
    {high: [{after: 0s, use: webhook}, {after: 5m, use: email}], low: [{after: 0s, use: email}]}

A running escalation keeps such data as the snapshot of its policy, with the targets' keys translated to row
ids.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from muster.core.escalation import THEN_AFTER, Policy, Step, Target, parse_target
from muster.core.paging import ContactRule
from muster.core.plain_form import Form, FormFault, FormReason, whole
from muster.core.urgency import Urgency
from muster.core.wallclock import format_duration, parse_duration

Translate = Callable[[Target], Target]
"""Makes a target of the data one of the rules (handle to id); raises LookupError when there is none such."""


def by_id(target: Target) -> Target:
    """Read a snapshot of ours: its keys are row ids, spelled as text."""
    return Target(target.kind, int(target.key))


def read_policy(data: object, *, target: Translate = lambda named: named) -> Policy:
    """The policy that the data says. Raises FormFault at the first place that cannot hold."""
    form = Form(data, "", frozenset({"steps", "repeat", "then_after"}))
    steps = tuple(_step(path, value, target) for path, value in form.items("steps"))
    repeat = form.read("repeat", whole, 0)
    then_after = form.read("then_after", _duration, THEN_AFTER)
    try:
        return Policy(steps, repeat, then_after)
    except ValueError as error:
        raise FormFault("repeat" if repeat else "steps", FormReason.OUT_OF_RANGE, repeat) from error


def write_policy(policy: Policy) -> dict[str, Any]:
    """The data that `read_policy` reads back; keys that are row ids need `target=by_id`."""
    return {
        "steps": [
            {"after": format_duration(step.after), "notify": [str(target) for target in step.notify]}
            for step in policy.steps
        ],
        "repeat": policy.repeat,
        "then_after": format_duration(policy.then_after),
    }


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
    form = Form(data, path, frozenset({"after", "notify"}))
    notify = tuple(_target(where, value, target) for where, value in form.items("notify"))
    if not notify:
        raise FormFault(form.at("notify"), FormReason.EMPTY)
    return Step(form.read("after", _duration, timedelta(0)), notify)


def _target(path: str, value: object, target: Translate) -> Target:
    try:
        return target(parse_target(str(value)))
    except (ValueError, LookupError) as error:
        raise FormFault(path, FormReason.UNKNOWN_TARGET, value) from error


def _rule(path: str, data: object) -> ContactRule:
    form = Form(data, path, frozenset({"after", "use"}))
    return ContactRule(form.read("after", _duration, timedelta(0)), form.read("use", _name))


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("not a name")
    return value


def _duration(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else parse_duration(str(value))
