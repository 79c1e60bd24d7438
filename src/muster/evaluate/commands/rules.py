"""Rules of evaluation are made, changed, taken out of use and brought back (design section 6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from muster.core.change import Change
from muster.core.matchers import BadMatcher
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.recurrence import first_occurrence
from muster.core.refusal import Refused
from muster.core.rule_form import RuleKind, RuleRefusal, RuleSaid, read_rule
from muster.core.text import clean_text
from muster.core.wallclock import parse_duration, parse_moment, zone
from muster.evaluate.models import Rule
from muster.evaluate.reasons import Evaluate
from muster.evaluate.rule_fields import with_ids
from muster.evaluate.words import FIELD_PROBLEMS, MATCHER_PROBLEMS
from muster.foundation.catalog.commands import rows
from muster.foundation.catalog.reasons import Taken
from muster.foundation.standard import queries as standards
from muster.foundation.timeline.pen import command, lock, record

_WHY_CHARS = 1000
_WAYS = frozenset({"new", "try"})
"""What stands in addresses where a handle could."""
_COLUMNS = frozenset({"name", "matchers", "fields", "why", "ends_at", "position", "made_by"})


@command
def add_rule(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    kind: str,
    name: str = "",
    matchers: Sequence[Any] = (),
    fields: Mapping[str, Any] | None = None,
    why: str = "",
    ends_at: datetime | None = None,
    position: int = 100,
    made_by: str = "hand",
) -> Rule:
    """Make a rule; `fields` are those of its kind (`core.rule_form`), services and teams by their handles.

    Raises:
        Refused: neither an admin, nor for maintenance a responder; the handle is taken; a field, a matcher or
            a time is wrong; it does nothing, or would hold back everything; no reason.
    """
    require_may(actor, kind)
    if handle in _WAYS:
        raise Refused(Taken.HANDLE, {"handle": handle})
    said = checked(kind, matchers, fields or {})
    columns = {
        "handle": handle,
        "name": name or handle,
        "kind": kind,
        "position": position,
        "matchers": [one.as_json() for one in said.matchers],
        "spec": dict(said.spec),
        "why": _reason(why),
        "author_id": actor.id if actor.kind is ActorKind.PERSON else None,
        "ends_at": ending(kind, said, ends_at, at),
        "made_by": made_by,
    }
    return rows.add(Rule(), columns, actor=actor, at=at)


@command
def change_rule(rule_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime) -> Rule:
    """Change name, matchers, fields (all of them), why, ends_at or position; its kind never changes.

    Raises:
        Refused: as for `add_rule`.
    """
    row = lock(Rule, rule_id)
    require_may(actor, row.kind)
    rows.only(changes, _COLUMNS)
    columns = {key: changes[key] for key in ("name", "position", "made_by") if key in changes}
    if "why" in changes:
        columns["why"] = _reason(changes["why"])
    if changes.keys() & {"matchers", "fields", "ends_at"}:
        fields = changes.get("fields", row.spec)
        said = checked(
            row.kind, changes.get("matchers", row.matchers), fields, as_ids="fields" not in changes
        )
        columns["matchers"] = [one.as_json() for one in said.matchers]
        columns["spec"] = dict(said.spec)
        columns["ends_at"] = ending(row.kind, said, changes.get("ends_at", _own_end(row, changes)), at)
    if "fields" in changes and dict(columns["spec"]) != row.spec:
        columns["ends"] = None  # those that people moved were of other times
    return rows.change(row, columns, actor=actor, at=at)


def _own_end(row: Rule, changes: Mapping[str, Any]) -> datetime | None:
    """The end that stands, but not where it followed from times that are changed now."""
    follows = row.kind == RuleKind.MAINTENANCE and "repeat" not in row.spec and "fields" in changes
    return None if follows else row.ends_at


@command
def retire_rule(rule_id: int, *, actor: Actor, at: datetime, why: str = "") -> Rule:
    """Take a rule out of use; what it holds back is decided anew. Nothing happens when that was done before.

    Raises:
        Refused: neither an admin, nor for maintenance a responder.
    """
    row = lock(Rule, rule_id)
    require_may(actor, row.kind)
    if row.retired_at is not None:
        return row
    text = {"why": _reason(why)} if why.strip() else {}
    change = Change("rule.retired", {"retired_at": at}, {"handle": row.handle}, text)
    return record(row, change, actor=actor, at=at)


@command
def restore_rule(rule_id: int, *, actor: Actor, at: datetime) -> Rule:
    """Put a rule back in use.

    Raises:
        Refused: neither an admin, nor for maintenance a responder; it is over.
    """
    row = lock(Rule, rule_id)
    require_may(actor, row.kind)
    if row.retired_at is None:
        return row
    if row.ends_at is not None and row.ends_at <= at:
        raise Refused(RuleRefusal.ENDS_IN_THE_PAST)
    change = Change("rule.restored", {"retired_at": None}, {"handle": row.handle})
    return record(row, change, actor=actor, at=at)


def require_may(actor: Actor, kind: str) -> None:
    """Planned work is every responder's to announce; the other rules are an admin's.

    Raises:
        Refused: this actor may not.
    """
    require(actor, Right.RESPOND if kind == RuleKind.MAINTENANCE else Right.CONFIGURE)


def checked(
    kind: str, matchers: Sequence[Any], fields: Mapping[str, Any], *, as_ids: bool = False
) -> RuleSaid:
    """A rule as it would be stored; `as_ids`: services and teams are ids already.

    Raises:
        Refused: with what is wrong, in words where it is about a field or a matcher.
    """
    try:
        said = read_rule(kind, matchers, fields if as_ids else with_ids(fields))
    except BadMatcher as bad:
        facts = {"written": bad.written, "problem": MATCHER_PROBLEMS[bad.problem]}
        raise Refused(Evaluate.BAD_MATCHER, facts) from None
    except Refused as refused:
        if refused.reason is RuleRefusal.FIELD_WRONG:
            facts = refused.detail | {"problem": str(FIELD_PROBLEMS[refused.detail["problem"]])}
            raise Refused(refused.reason, facts) from None
        raise
    severity = said.spec.get("declare")
    if severity:
        known = standards.current().standard.severities
        if severity not in known:
            raise Refused(Evaluate.SEVERITY_UNKNOWN, {"severity": severity, "known": ", ".join(known)})
    return said


def ending(kind: str, said: RuleSaid, ends_at: datetime | None, at: datetime) -> datetime | None:
    """When a rule ends: as somebody said, and planned work that does not recur when it is over.

    Raises:
        Refused: that is in the past, or the work never happens.
    """
    if ends_at is not None and ends_at <= at:
        raise Refused(RuleRefusal.ENDS_IN_THE_PAST)
    if kind != RuleKind.MAINTENANCE:
        return ends_at
    spec = said.spec
    lasts, repeat = parse_duration(spec["lasts"]), spec.get("repeat", "")
    span = first_occurrence(parse_moment(spec["starts"]), lasts, zone(spec["timezone"]), repeat, at)
    if span is None or (ends_at is not None and span.start >= ends_at):
        raise Refused(RuleRefusal.NEVER_HAPPENS)
    if repeat:
        return ends_at
    return min(span.end, ends_at or span.end)


def _reason(why: str) -> str:
    if not why.strip():
        raise Refused(RuleRefusal.NO_REASON)
    return clean_text(why.strip()[:_WHY_CHARS])
