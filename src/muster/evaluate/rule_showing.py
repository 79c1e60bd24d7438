"""Rules as doors show them: handles, matchers as people write them, and where each stands."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from muster.core.matchers import from_json
from muster.core.recurrence import Span, first_occurrence
from muster.core.rule_form import RuleKind
from muster.core.wallclock import parse_duration, parse_moment, zone
from muster.evaluate.models import Rule
from muster.evaluate.rule_fields import with_handles
from muster.evaluate.rule_rows import ends_of, times_of


def shown_rule(row: Rule, at: datetime) -> dict[str, Any]:
    """A rule as the API shows it; `state` is active, over or retired, `next` when planned work goes on."""
    span = next_span(row, at)
    return {
        "handle": row.handle,
        "name": row.name,
        "kind": row.kind,
        "position": row.position,
        "matchers": shown_matchers(row.matchers),
        "fields": shown_fields(row.spec),
        "why": row.why,
        "author": row.author.handle if row.author else None,
        "ends_at": row.ends_at,
        "state": state_of_rule(row, at),
        "next_from": span.start if span is not None else None,
        "next_until": span.end if span is not None else None,
        "retired_at": row.retired_at,
    }


def state_of_rule(row: Rule, at: datetime) -> str:
    """Where a rule stands: `active`, `over` or `retired`."""
    if row.retired_at is not None:
        return "retired"
    return "over" if row.ends_at is not None and row.ends_at <= at else "active"


def next_span(row: Rule, at: datetime) -> Span | None:
    """When planned work goes on, now or next; None for other rules and where it is over."""
    if row.kind != RuleKind.MAINTENANCE or state_of_rule(row, at) != "active":
        return None
    spec, ends = row.spec, ends_of(row)
    going = [one for one in times_of(row, at, at + _A_MOMENT) if one.start <= at]
    if going:
        return max(going, key=lambda one: one.end)
    first, lasts, where = parse_moment(spec["starts"]), parse_duration(spec["lasts"]), zone(spec["timezone"])
    after = at
    for _try in range(len(ends) + 1):
        span = first_occurrence(first, lasts, where, spec.get("repeat", ""), after)
        if span is None or (row.ends_at is not None and span.start >= row.ends_at):
            return None
        if ends.get(span.start, span.end) > max(at, span.start):
            return Span(span.start, ends.get(span.start, span.end))
        after = span.end
    return None


_A_MOMENT = timedelta(microseconds=1)


def shown_matchers(stored: list[Any]) -> list[str]:
    """Matchers as people write them."""
    return [str(from_json(one)) for one in stored]


def shown_fields(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule with handles, and its source's matchers as people write them."""
    found = with_handles(spec)
    if "source" in found:
        found["source"] = shown_matchers(found["source"])
    return found
