"""Event rules: what is changed about an alert before anything else is decided (design section 6). Pure.

They stand in order. Each that matches applies, and sees what those before it made of the alert, until one
says that it is the last. What the sender sent stays as it is; what the rules say is kept beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from muster.core.matchers import AlertView, Matcher, all_match
from muster.core.routing import Route
from muster.core.urgency import Urgency


@dataclass(frozen=True, slots=True)
class EventRule:
    """One rule. What it leaves empty stays as it was.

    `drop`: nobody is paged for it, ever. `declare`: a severity of the Standard, to declare an incident with.
    """

    name: str
    matchers: tuple[Matcher, ...] = ()
    severity: str = ""
    summary: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    service: str = ""
    urgency: Urgency | None = None
    declare: str = ""
    drop: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What the rules made of an alert. `dropped_by` names the rule that dropped it, `rules` all that applied.

    `changed` holds the fields that differ from what the sender sent. `route` is where they send it, if any
    does.
    """

    alert: AlertView
    rules: tuple[str, ...] = ()
    dropped_by: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    route: Route | None = None


def apply_event_rules(alert: AlertView, rules: Iterable[EventRule]) -> Said:
    """Apply the rules in order. Without any, the alert comes back as it is."""
    seen, names, dropped = alert, [], ""
    route: Route | None = None
    for rule in rules:
        if not all_match(rule.matchers, seen):
            continue
        names.append(rule.name)
        seen = _changed(seen, rule)
        route = _routed(route, rule)
        if rule.drop:
            dropped = rule.name
        if rule.drop or rule.last:
            break
    if not names:
        return Said(alert)
    return Said(seen, tuple(names), dropped, _differing(alert, seen), route)


def _changed(alert: AlertView, rule: EventRule) -> AlertView:
    if not (rule.severity or rule.summary or rule.labels):
        return alert
    return replace(
        alert,
        severity=rule.severity or alert.severity,
        summary=rule.summary or alert.summary,
        labels={**alert.labels, **rule.labels} if rule.labels else alert.labels,
    )


def _routed(before: Route | None, rule: EventRule) -> Route | None:
    if not (rule.service or rule.urgency or rule.declare):
        return before
    earlier = before or Route(rule.name)
    return Route(
        rule.name,
        service=rule.service or earlier.service,
        urgency=rule.urgency or earlier.urgency,
        declare=rule.declare or earlier.declare,
    )


def _differing(alert: AlertView, seen: AlertView) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: getattr(seen, name)
        for name in ("severity", "summary")
        if getattr(seen, name) != getattr(alert, name)
    }
    labels = {name: text for name, text in seen.labels.items() if alert.labels.get(name) != text}
    return found | ({"labels": labels} if labels else {})
