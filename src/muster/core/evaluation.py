"""An alert becomes a decision: page, or hold back, and why, step by step (design section 6). Pure.

Every step always answers, also after one has held the alert back, so that a person can read the whole story
of "why did this page me?" and "why did it not?", and so that a dry run is the same function.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from muster.core.matchers import AlertView, Matcher, all_match
from muster.core.routing import Route, Routed, ServiceFacts, route
from muster.core.signals import bounded_key
from muster.core.silence import Silence, silence_over
from muster.core.urgency import Urgency


class Step(StrEnum):
    """The steps of the pipeline, in order."""

    MAINTENANCE = "maintenance"
    SILENCE = "silence"
    INHIBIT = "inhibit"
    DEPENDENCY = "dependency"
    GROUP = "group"
    ROUTE = "route"
    URGENCY = "urgency"


class Outcome(StrEnum):
    """What follows: people are paged, or the alert is held back."""

    PAGE = "page"
    HOLD = "hold"


class StepReason(StrEnum):
    """Why a step said what it said; the steps route and urgency bring reasons of their own."""

    NO_MAINTENANCE = "no_maintenance"
    IN_MAINTENANCE = "in_maintenance"
    NOT_SILENCED = "not_silenced"
    SILENCED = "silenced"
    NOT_INHIBITED = "not_inhibited"
    INHIBITED = "inhibited"
    DEPENDENCIES_UP = "dependencies_up"
    DEPENDENCY_DOWN_HELD = "dependency_down_held"
    DEPENDENCY_DOWN_NOTED = "dependency_down_noted"
    GROUPED_BY_SENDER = "grouped_by_sender"
    GROUPED_BY_RULE = "grouped_by_rule"
    GROUP_OF_ONE = "group_of_one"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work on services, half-open from `starts_at` to `ends_at`."""

    name: str
    services: frozenset[str]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert that `source` matches is open, those that `target` matches are held back.

    Both must have the same text in every field of `equal`. An alert never inhibits itself.
    """

    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Alerts that match and have the same texts in the fields `by` become one page."""

    name: str
    matchers: tuple[Matcher, ...]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything evaluation looks at, read by the caller in one transaction.

    `services` holds every service that is not retired. `open_alerts` need to hold only what `inhibitions`
    look for. `down` names the services that are known to be down, and by what (`INC-7`, `ALR-3`).
    """

    services: Mapping[str, ServiceFacts]
    routes: Sequence[Route] = ()
    silences: Sequence[Silence] = ()
    maintenances: Sequence[Maintenance] = ()
    inhibitions: Sequence[Inhibition] = ()
    open_alerts: Sequence[AlertView] = ()
    down: Mapping[str, str] = field(default_factory=dict)
    groups: Sequence[GroupRule] = ()


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """What one step said. `by` names the rule (`silence:4`); `until` is when it stops holding, if a clock
    says."""

    step: Step
    reason: StrEnum
    holds: bool = False
    by: str = ""
    until: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The verdict as it is stored and explained; times in RFC 3339."""
        return {
            "step": self.step.value,
            "reason": self.reason.value,
            "holds": self.holds,
            "by": self.by,
            "until": self.until.isoformat() if self.until else None,
            "detail": dict(self.detail),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an alert, with every step's reason.

    `held_by` names the first rule that holds it, empty when it pages. `again_at` is when to evaluate it anew,
    because a rule that holds it ends then. `declare` is a severity to declare an incident with by rule; a
    held alert declares nothing. `group_key` is the same for all alerts that belong into one group. What pages
    may still wait until hours open: `paged_from`.
    """

    steps: tuple[StepVerdict, ...]
    outcome: Outcome
    service: str
    policy: str
    urgency: Urgency
    group_key: str
    declare: str = ""
    held_by: str = ""
    again_at: datetime | None = None
    paged_from: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The decision as it is stored and explained."""
        return {
            "outcome": self.outcome.value,
            "service": self.service,
            "policy": self.policy,
            "urgency": self.urgency.value,
            "group_key": self.group_key,
            "declare": self.declare,
            "held_by": self.held_by,
            "again_at": self.again_at.isoformat() if self.again_at else None,
            "paged_from": self.paged_from.isoformat() if self.paged_from else None,
            "steps": [verdict.as_json() for verdict in self.steps],
        }


@dataclass(frozen=True, slots=True)
class _Case:
    """One alert under judgement. `alert` carries the home service, `shown` the service it is routed to."""

    alert: AlertView
    shown: AlertView
    rules: Rules
    routed: Routed
    at: datetime

    @property
    def touched(self) -> frozenset[str]:
        return frozenset({self.alert.service, self.routed.service})


def evaluate(alert: AlertView, rules: Rules, *, at: datetime) -> Decision:
    """Decide about one open alert; `alert.service` is the home service of its integration.

    Silences and inhibitions see the service that the alert is routed to, because that is the one people see;
    maintenance holds for either. Never raises on any alert that `AlertView` can hold.
    """
    routed = route(alert, rules.routes, rules.services, at)
    case = _Case(alert, replace(alert, service=routed.service), rules, routed, at)
    steps = tuple(step(case) for step in PIPELINE)
    holding = [verdict for verdict in steps if verdict.holds]
    ends = [verdict.until for verdict in holding if verdict.until is not None]
    return Decision(
        steps=steps,
        outcome=Outcome.HOLD if holding else Outcome.PAGE,
        service=routed.service,
        policy=routed.policy,
        urgency=routed.urgency,
        group_key=next(str(v.detail["group_key"]) for v in steps if v.step is Step.GROUP),
        declare="" if holding else routed.declare,
        held_by=holding[0].by if holding else "",
        again_at=min(ends, default=None),
        paged_from=routed.held_until,
    )


def maintenance(case: _Case) -> StepVerdict:
    """Held while planned work on its service goes on."""
    windows = [
        window
        for window in case.rules.maintenances
        if window.starts_at <= case.at < window.ends_at and window.services & case.touched
    ]
    if not windows:
        return StepVerdict(Step.MAINTENANCE, StepReason.NO_MAINTENANCE)
    longest = max(windows, key=lambda window: window.ends_at)
    return StepVerdict(
        Step.MAINTENANCE,
        StepReason.IN_MAINTENANCE,
        holds=True,
        by=f"maintenance:{longest.name}",
        until=longest.ends_at,
        detail={"services": sorted(longest.services & case.touched)},
    )


def silence(case: _Case) -> StepVerdict:
    """Held while somebody silenced it. Who and why stand in the silence itself, which people can look up."""
    found = silence_over(case.shown, case.rules.silences, case.at)
    if found is None:
        return StepVerdict(Step.SILENCE, StepReason.NOT_SILENCED)
    return StepVerdict(
        Step.SILENCE,
        StepReason.SILENCED,
        holds=True,
        by=f"silence:{found.id}",
        until=found.over_at,
        detail={"silence": found.id, "matchers": [str(one) for one in found.matchers]},
    )


def inhibit(case: _Case) -> StepVerdict:
    """Held while a worse alert that explains it is open."""
    for rule in case.rules.inhibitions:
        if not all_match(rule.target, case.shown):
            continue
        cause = _cause(rule, case)
        if cause is not None:
            detail = {"alert": cause.id, "equal": list(rule.equal)}
            by = f"inhibition:{rule.name}"
            return StepVerdict(Step.INHIBIT, StepReason.INHIBITED, holds=True, by=by, detail=detail)
    return StepVerdict(Step.INHIBIT, StepReason.NOT_INHIBITED)


def _cause(rule: Inhibition, case: _Case) -> AlertView | None:
    for other in case.rules.open_alerts:
        same = other.id is not None and other.id == case.alert.id
        if same or not all_match(rule.source, other):
            continue
        if all(other.text(name) == case.shown.text(name) for name in rule.equal):
            return other
    return None


def dependency(case: _Case) -> StepVerdict:
    """Noted when something its service stands on is down; held only where the service says so."""
    path = _path_to_down(case.routed.service, case.rules)
    if path is None:
        return StepVerdict(Step.DEPENDENCY, StepReason.DEPENDENCIES_UP)
    detail = {"path": path, "because": case.rules.down[path[-1]]}
    service = case.rules.services[case.routed.service]
    if not service.hold_when_dependency_down:
        return StepVerdict(Step.DEPENDENCY, StepReason.DEPENDENCY_DOWN_NOTED, detail=detail)
    by = f"dependency:{path[-1]}"
    return StepVerdict(Step.DEPENDENCY, StepReason.DEPENDENCY_DOWN_HELD, holds=True, by=by, detail=detail)


def _path_to_down(start: str, rules: Rules) -> list[str] | None:
    """The shortest way from a service to one that is down, both included; circles are walked once."""
    paths = [[start]]
    seen = {start}
    for path in paths:
        facts = rules.services.get(path[-1])
        for below in facts.depends_on if facts else ():
            if below in seen:
                continue
            if below in rules.down:
                return [*path, below]
            seen.add(below)
            paths.append([*path, below])
    return None


def group(case: _Case) -> StepVerdict:
    """Gathered with its like: by a rule of ours, else as its sender groups, else alone.

    Alerts that are routed apart are never gathered: each group goes up one policy of one service.
    """
    where = f"{case.routed.service}/{case.routed.policy}"
    for rule in case.rules.groups:
        if all_match(rule.matchers, case.shown):
            values = [case.shown.text(name) for name in rule.by]
            key = bounded_key(f"rule:{rule.name}:{where}:{_joined(values)}")
            detail = {"group_key": key, "by": list(rule.by), "values": values}
            return StepVerdict(Step.GROUP, StepReason.GROUPED_BY_RULE, by=f"group:{rule.name}", detail=detail)
    if case.alert.group_key:
        key = bounded_key(f"sender:{case.alert.integration}:{where}:{case.alert.group_key}")
        return StepVerdict(Step.GROUP, StepReason.GROUPED_BY_SENDER, detail={"group_key": key})
    return StepVerdict(Step.GROUP, StepReason.GROUP_OF_ONE, detail={"group_key": f"alert:{case.alert.id}"})


def _joined(values: Iterable[str]) -> str:
    return ",".join(value.replace("\\", "\\\\").replace(",", "\\,") for value in values)


def send_to(case: _Case) -> StepVerdict:
    """Which service and policy it goes to, and by which route."""
    routed = case.routed
    by = f"route:{routed.route}" if routed.route else ""
    detail = {"service": routed.service, "policy": routed.policy, "declare": routed.declare}
    return StepVerdict(Step.ROUTE, routed.reason, by=by, detail=detail)


def urgency(case: _Case) -> StepVerdict:
    """How urgently people are told."""
    detail = {"urgency": case.routed.urgency.value, "severity": case.alert.severity}
    until = case.routed.held_until
    return StepVerdict(Step.URGENCY, case.routed.urgency_reason, until=until, detail=detail)


PIPELINE: tuple[Callable[[_Case], StepVerdict], ...] = (
    (maintenance, silence, inhibit, dependency, group, send_to, urgency)
)  # fmt: skip
