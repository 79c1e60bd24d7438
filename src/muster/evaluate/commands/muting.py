"""What is muted ends sooner or later than was said: silences, and one occurrence of planned work."""

from datetime import datetime, timedelta

from muster.core.change import Change
from muster.core.matchers import matchers_from_json
from muster.core.muted_times import sensible
from muster.core.permissions import Actor, Right, require
from muster.core.recurrence import Span, occurrences
from muster.core.refusal import Refused
from muster.core.rule_form import RuleKind, RuleRefusal
from muster.core.silence import SilenceRefusal, check_silence
from muster.core.wallclock import parse_duration, parse_moment, zone
from muster.evaluate.commands.rules import require_may
from muster.evaluate.models import Rule, Silence
from muster.evaluate.reasons import Evaluate
from muster.evaluate.rule_rows import LONGEST_OVERTIME, ends_of
from muster.foundation.timeline.pen import command, lock, record

_KEPT = timedelta(days=40)
"""For so long it is remembered that an occurrence ended at another time than planned."""


@command
def move_silence_end(silence_id: int, ends_at: datetime, *, actor: Actor, at: datetime) -> Silence:
    """Let a silence end at another time, later or earlier.

    Raises:
        Refused: not a responder; it is over; that time is past, or too far away.
    """
    require(actor, Right.RESPOND)
    row = lock(Silence, silence_id)
    if row.ended_at is not None or row.ends_at <= at:
        raise Refused(Evaluate.MUTING_OVER)
    matchers = matchers_from_json(row.matchers)
    check_silence(matchers, starts_at=row.starts_at, ends_at=ends_at, why=row.why, at=at)
    if ends_at == row.ends_at:
        return row
    facts = {"before": row.ends_at, "after": ends_at}
    return record(row, Change("silence.end_moved", {"ends_at": ends_at}, facts), actor=actor, at=at)


@command
def restore_silence(silence_id: int, *, actor: Actor, at: datetime) -> Silence:
    """Let a silence that somebody ended go on until the end that it had.

    Raises:
        Refused: not a responder; that end is past.
    """
    require(actor, Right.RESPOND)
    row = lock(Silence, silence_id)
    if row.ends_at <= at:
        raise Refused(Evaluate.MUTING_OVER)
    if row.ended_at is None:
        return row
    return record(row, Change("silence.restored", {"ended_at": None}), actor=actor, at=at)


@command
def move_work_end(
    rule_id: int, starts_at: datetime, ends_at: datetime, *, actor: Actor, at: datetime
) -> Rule:
    """Let the planned work that begins at `starts_at` end at another time; at its own start: it is left out.

    The other occurrences stay as they are. Work that does not recur ends its rule with it.

    Raises:
        Refused: not a responder; nothing begins then; it is over; that time is past, or too late.
    """
    row = lock(Rule, rule_id)
    require_may(actor, row.kind)
    planned = _planned(row, starts_at)
    ends = ends_of(row)
    before = ends.get(planned.start, planned.end)
    if max(planned.end, before) <= at:
        raise Refused(Evaluate.MUTING_OVER)
    if ends_at < planned.start:
        raise Refused(SilenceRefusal.ENDS_BEFORE_IT_STARTS)
    if ends_at < at:
        raise Refused(RuleRefusal.ENDS_IN_THE_PAST)
    recurs = "repeat" in row.spec
    last = row.ends_at if recurs else None
    if ends_at > planned.end + LONGEST_OVERTIME or (last is not None and ends_at > last):
        raise Refused(Evaluate.WORK_TOO_LONG, {"latest": last or planned.end + LONGEST_OVERTIME})
    if ends_at == before:
        return row
    kept = {start: end for start, end in ends.items() if start > at - _KEPT} | {planned.start: ends_at}
    columns = {"ends": {start.isoformat(): end.isoformat() for start, end in sorted(kept.items())}}
    facts = {"handle": row.handle, "start": planned.start, "before": before, "after": ends_at}
    moved = columns if recurs else columns | {"ends_at": ends_at}
    return record(row, Change("rule.end_moved", moved, facts), actor=actor, at=at)


def _is_sensible(moment: datetime) -> bool:
    """Work that begins in the year 9999 is nobody's, and cannot be counted with."""
    try:
        sensible(moment)
    except ValueError:
        return False
    return True


def _planned(row: Rule, starts_at: datetime) -> Span:
    """The occurrence that begins then, as it was planned."""
    found: list[Span] = []
    if row.kind == RuleKind.MAINTENANCE and row.retired_at is None and _is_sensible(starts_at):
        first, lasts = parse_moment(row.spec["starts"]), parse_duration(row.spec["lasts"])
        after = starts_at + timedelta(seconds=1)
        found = occurrences(
            first, lasts, zone(row.spec["timezone"]), row.spec.get("repeat", ""), starts_at, after
        )
    planned = next((one for one in found if one.start == starts_at), None)
    if planned is None:
        raise Refused(Evaluate.NO_WORK_THEN, {"handle": row.handle, "start": starts_at})
    return planned
