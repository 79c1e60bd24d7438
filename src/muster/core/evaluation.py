"""An alert becomes a decision: page, or hold back, and why, step by step (design section 6). Pure.

Every step always answers, also after one has held the alert back, so that a person can read the whole story
of "why did this page me?" and "why did it not?", and so that a dry run is the same function.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from muster.core.decision import Decision, Outcome, Step, StepReason, StepVerdict
from muster.core.event_rules import EventRule, Said, apply_event_rules
from muster.core.likeness import shape
from muster.core.matchers import AlertView, Matcher, all_match
from muster.core.routing import Route, Routed, ServiceFacts, route
from muster.core.signals import bounded_key
from muster.core.silence import Silence, silence_over
from muster.core.waiting import WaitRule, wait_for
from muster.core.wallclock import format_duration, parse_duration


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work, half-open from `starts_at` to `ends_at`: on these services, and on what matches.

    Without services it is on all that every matcher matches.
    """

    name: str
    services: frozenset[str]
    starts_at: datetime
    ends_at: datetime
    matchers: tuple[Matcher, ...] = ()


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert that `source` matches is open, those that `target` matches are held back.

    Both must have the same text in every field of `equal`; one that is missing counts as empty. An alert that
    both sides match is never held because of another such, itself included: else two would hold each other.
    `until` is when the rule ends, if it does.
    """

    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupRule:
    """Alerts that match and have the same texts in the fields `by` become one page.

    `alike`: whose summaries read alike, too, but for numbers and names of machines. `within`: only those that
    come so long after the first of the group.
    """

    name: str
    matchers: tuple[Matcher, ...]
    by: tuple[str, ...]
    alike: bool = False
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything evaluation looks at, read by the caller in one transaction.

    `services` holds every service that is not retired. `open_alerts` need to hold only what `inhibitions`
    look for. `down` names the services that are known to be down, and by what (`INC-7`, `ALR-3`). The rules
    of each kind stand in their order.
    """

    services: Mapping[str, ServiceFacts]
    events: Sequence[EventRule] = ()
    routes: Sequence[Route] = ()
    silences: Sequence[Silence] = ()
    maintenances: Sequence[Maintenance] = ()
    inhibitions: Sequence[Inhibition] = ()
    open_alerts: Sequence[AlertView] = ()
    down: Mapping[str, str] = field(default_factory=dict)
    waits: Sequence[WaitRule] = ()
    groups: Sequence[GroupRule] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """One alert under judgement. `alert` carries the home service, `shown` the service it is routed to, both
    with what event rules set."""

    alert: AlertView
    shown: AlertView
    said: Said
    rules: Rules
    routed: Routed
    at: datetime

    @property
    def touched(self) -> frozenset[str]:
        return frozenset({self.alert.service, self.routed.service})


def evaluate(alert: AlertView, rules: Rules, *, at: datetime) -> Decision:
    """Decide about one open alert; `alert.service` is the home service of its integration.

    Event rules come first, and everything after sees what they made of it. Silences and inhibitions see the
    service that the alert is routed to, because that is the one people see; maintenance holds for either.
    Never raises on any alert that `AlertView` can hold.
    """
    case = _case(alert, rules, at)
    return _decided(case, tuple(step(case) for step in PIPELINE))


def as_shown(alert: AlertView, rules: Rules, *, at: datetime) -> AlertView:
    """The alert as silences see it: with what event rules set, at the service that it is routed to."""
    if not rules.events and not rules.routes:
        return alert
    return _case(alert, rules, at).shown


def _case(alert: AlertView, rules: Rules, at: datetime) -> _Case:
    said = apply_event_rules(alert, rules.events)
    routes = [said.route] if said.route is not None else rules.routes
    routed = route(said.alert, routes, rules.services, at)
    shown = said.alert
    if routed.service != shown.service:
        shown = replace(shown, service=routed.service)
    return _Case(said.alert, shown, said, rules, routed, at)


def _decided(case: _Case, steps: tuple[StepVerdict, ...]) -> Decision:
    holding = [verdict for verdict in steps if verdict.holds]
    ends = [verdict.until for verdict in holding if verdict.until is not None]
    rarely = any(verdict.reason is StepReason.SEEN_TOO_RARELY for verdict in holding)
    routed = case.routed
    grouped = next(verdict.detail for verdict in steps if verdict.step is Step.GROUP)
    outcome = Outcome.PAGE if not holding else Outcome.DROP if case.said.dropped_by else Outcome.HOLD
    return Decision(
        steps=steps,
        outcome=outcome,
        service=routed.service,
        policy=routed.policy,
        urgency=routed.urgency,
        group_key=str(grouped["group_key"]),
        group_within=parse_duration(grouped["within"]) if "within" in grouped else None,
        declare="" if holding else routed.declare,
        held_by=holding[0].by if holding else "",
        again_at=min(ends, default=None),
        again_count=case.alert.count + 1 if rarely else None,
        because=next((cause for verdict in holding if (cause := _other(verdict)) is not None), None),
        changed=case.said.changed,
        paged_from=routed.held_until,
    )


def _other(verdict: StepVerdict) -> int | None:
    """The alert because of which a step holds, if it is one."""
    if verdict.step is Step.INHIBIT:
        return int(verdict.detail["alert"])
    cause = str(verdict.detail.get("because", ""))
    return int(cause[len(_ALERT) :]) if cause.startswith(_ALERT) else None


_ALERT = "ALR-"


def event(case: _Case) -> StepVerdict:
    """Changed, sent elsewhere or dropped by rules about what senders send."""
    said = case.said
    if not said.rules:
        return StepVerdict(Step.EVENT, StepReason.NO_EVENT_RULE)
    detail = {"rules": list(said.rules), "changed": dict(said.changed)}
    if said.dropped_by:
        by = f"event:{said.dropped_by}"
        return StepVerdict(Step.EVENT, StepReason.DROPPED, holds=True, by=by, detail=detail)
    return StepVerdict(
        Step.EVENT, StepReason.EVENT_RULES_APPLIED, by=f"event:{said.rules[-1]}", detail=detail
    )


def maintenance(case: _Case) -> StepVerdict:
    """Held while planned work on its service goes on."""
    windows = [window for window in case.rules.maintenances if _is_worked_on(window, case)]
    if not windows:
        return StepVerdict(Step.MAINTENANCE, StepReason.NO_MAINTENANCE)
    longest = max(windows, key=lambda window: window.ends_at)
    return StepVerdict(
        Step.MAINTENANCE,
        StepReason.IN_MAINTENANCE,
        holds=True,
        by=f"maintenance:{longest.name}",
        until=longest.ends_at,
        detail={"services": sorted(longest.services & case.touched) or [case.routed.service]},
    )


def _is_worked_on(window: Maintenance, case: _Case) -> bool:
    if not window.starts_at <= case.at < window.ends_at:
        return False
    if window.services and not window.services & case.touched:
        return False
    return all_match(window.matchers, case.shown)


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
            return StepVerdict(
                Step.INHIBIT,
                StepReason.INHIBITED,
                holds=True,
                by=f"inhibition:{rule.name}",
                until=rule.until,
                detail={"alert": cause.id, "equal": list(rule.equal)},
            )
    return StepVerdict(Step.INHIBIT, StepReason.NOT_INHIBITED)


def _cause(rule: Inhibition, case: _Case) -> AlertView | None:
    is_two_sided = all_match(rule.source, case.shown)
    for other in case.rules.open_alerts:
        same = other.id is None or other.id == case.alert.id
        if same or not all_match(rule.source, other):
            continue
        if is_two_sided and all_match(rule.target, other):
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
    """The shortest way from a service to one that is down, both included; circles are walked once.

    Of two services that stand on each other, the alerts of neither hold those of the other: else both could
    be held, and nobody would be paged. An incident has people of its own.
    """
    if not rules.down:
        return None
    for path in _ways_down(start, rules):
        cause = rules.down.get(path[-1])
        if cause is None or path[-1] == start:
            continue
        if cause.startswith(_ALERT) and any(way[-1] == start for way in _ways_down(path[-1], rules)):
            continue
        return path
    return None


def _ways_down(start: str, rules: Rules) -> list[list[str]]:
    """The shortest way to everything that a service stands on; nearest first."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        facts = rules.services.get(way[-1])
        for below in facts.depends_on if facts else ():
            if below not in seen:
                seen.add(below)
                ways.append([*way, below])
    return ways[1:]


def wait(case: _Case) -> StepVerdict:
    """Held while it may pass by itself, has come too rarely, or flaps."""
    return wait_for(case.shown, case.rules.waits, case.at)


def group(case: _Case) -> StepVerdict:
    """Gathered with its like: by a rule of ours, else as its sender groups, else alone.

    Alerts that are routed apart are never gathered: each group goes up one policy of one service.
    """
    where = f"{case.routed.service}/{case.routed.policy}"
    for rule in case.rules.groups:
        if all_match(rule.matchers, case.shown):
            values = [case.shown.text(name) for name in rule.by]
            parts = [*values, shape(case.shown.summary)] if rule.alike else values
            key = bounded_key(f"rule:{rule.name}:{where}:{_joined(parts)}")
            detail: dict[str, Any] = {"group_key": key, "by": list(rule.by), "values": values}
            detail |= {"alike": True} if rule.alike else {}
            detail |= {"within": format_duration(rule.within)} if rule.within else {}
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
    (event, maintenance, silence, inhibit, dependency, wait, group, send_to, urgency)
)  # fmt: skip
