"""Rows of rules as evaluation reads them: matchers compiled once, recurring times spelled out."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from muster.core.evaluation import GroupRule, Inhibition, Maintenance
from muster.core.event_rules import EventRule
from muster.core.matchers import BadMatcher, matchers_from_json
from muster.core.recurrence import Span, occurrences, with_ends
from muster.core.rule_form import RuleKind
from muster.core.urgency import Urgency
from muster.core.waiting import Count, Flapping, Wait, WaitRule
from muster.core.wallclock import parse_duration, parse_moment, zone
from muster.evaluate.models import Rule
from muster.foundation.catalog.models import Service

log = logging.getLogger(__name__)

HORIZON = timedelta(hours=36)
"""How far ahead recurring times are spelled out; a rulebook is read again before they are used up."""
LONGEST_OVERTIME = timedelta(days=7)
"""So long after its planned end work may go on; who needs more plans it anew."""


@dataclass(slots=True)
class Ruled:
    """What rows of rules say, by kind and in their order."""

    events: list[EventRule] = field(default_factory=list)
    maintenances: list[Maintenance] = field(default_factory=list)
    inhibitions: list[Inhibition] = field(default_factory=list)
    waits: list[WaitRule] = field(default_factory=list)
    groups: list[GroupRule] = field(default_factory=list)


def read_rules(rows: Iterable[Rule], services: Mapping[int, Service], a: datetime, b: datetime) -> Ruled:
    """What these rows say from `a` to `b`. One that cannot be read is told to the log; the others stand."""
    ruled = Ruled()
    for row in rows:
        try:
            _read(row, services, a, b, ruled)
        except (BadMatcher, KeyError, ValueError, TypeError):
            log.exception("rule %s cannot be read and says nothing", row.handle)
    return ruled


def _read(row: Rule, services: Mapping[int, Service], a: datetime, b: datetime, ruled: Ruled) -> None:
    matchers, spec = matchers_from_json(row.matchers), row.spec
    if row.kind == RuleKind.MAINTENANCE:
        ruled.maintenances += _maintenances(row, services, a, b)
    elif row.kind == RuleKind.INHIBITION:
        source, equal = matchers_from_json(spec["source"]), tuple(spec.get("equal", ()))
        ruled.inhibitions.append(Inhibition(row.handle, source, matchers, equal, row.ends_at))
    elif row.kind == RuleKind.EVENT:
        ruled.events.append(_event_rule(row, services))
    elif row.kind == RuleKind.WAIT:
        ruled.waits.append(Wait(row.handle, matchers, parse_duration(spec["lasts"])))
    elif row.kind == RuleKind.COUNT:
        within = parse_duration(spec["within"])
        ruled.waits.append(Count(row.handle, matchers, int(spec["times"]), within))
    elif row.kind == RuleKind.FLAPPING:
        within = parse_duration(spec["within"])
        ruled.waits.append(Flapping(row.handle, matchers, int(spec["changes"]), within))
    elif row.kind == RuleKind.GROUPING:
        stretch = parse_duration(spec["within"]) if "within" in spec else None
        by, alike = tuple(spec.get("by", ())), bool(spec.get("alike"))
        ruled.groups.append(GroupRule(row.handle, matchers, by, alike, stretch))


def _event_rule(row: Rule, services: Mapping[int, Service]) -> EventRule:
    spec = row.spec
    service = services.get(spec.get("service", 0))
    gone = "service" in spec and service is None
    return EventRule(
        name=row.handle,
        matchers=matchers_from_json(row.matchers),
        severity=spec.get("severity", ""),
        summary=spec.get("summary", ""),
        labels=spec.get("labels", {}),
        service=_GONE if gone else service.handle if service is not None else "",
        urgency=Urgency(spec["urgency"]) if "urgency" in spec else None,
        declare=spec.get("declare", ""),
        drop=bool(spec.get("drop")),
        last=bool(spec.get("last")),
    )


_GONE = "?"
"""No handle reads so: a service that is out of use, of which the route says that it is gone."""


def spans_of(spec: Mapping[str, Any], a: datetime, b: datetime) -> list[Span]:
    """When the work that a maintenance's fields speak of goes on, between two instants."""
    first, lasts = parse_moment(spec["starts"]), parse_duration(spec["lasts"])
    return occurrences(first, lasts, zone(spec["timezone"]), spec.get("repeat", ""), a, b)


def ends_of(row: Rule) -> dict[datetime, datetime]:
    """The ends of planned work that people moved, by its start."""
    read = datetime.fromisoformat
    return {read(start): read(end) for start, end in (row.ends or {}).items()}


def times_of(row: Rule, a: datetime, b: datetime) -> list[Span]:
    """When the work of a rule goes on between two instants, with the ends that people moved, until the rule
    ends."""
    ends, over = ends_of(row), row.ends_at
    planned = spans_of(row.spec, a - LONGEST_OVERTIME if ends else a, b)
    found = with_ends(planned, ends)
    if over is not None:
        found = [Span(one.start, min(one.end, over)) for one in found if one.start < over]
    return [one for one in found if one.end > a]


def services_of(spec: Mapping[str, Any], services: Iterable[Service]) -> frozenset[str]:
    """The handles of the services that a maintenance names, by themselves or by their team."""
    own, teams = set(spec.get("services", ())), set(spec.get("teams", ()))
    return frozenset(row.handle for row in services if row.pk in own or row.team_id in teams)


def _maintenances(row: Rule, services: Mapping[int, Service], a: datetime, b: datetime) -> list[Maintenance]:
    """Its occurrences in this stretch; none where all of its services are out of use."""
    named = services_of(row.spec, services.values())
    if not named and (row.spec.get("services") or row.spec.get("teams")):
        return []
    matchers = matchers_from_json(row.matchers)
    return [Maintenance(row.handle, named, span.start, span.end, matchers) for span in times_of(row, a, b)]
