"""Rules that wait before people are paged: for a time, for repeats, or until a thing stops flapping. Pure.

- `Wait`: an alert that is over within this time pages nobody.
- `Count`: an alert pages only once its sender has sent it so many times within so long.
- `Flapping`: one that came and went so many times within so long is held until it has been still for as long.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from muster.core.decision import Step, StepReason, StepVerdict
from muster.core.matchers import AlertView, Matcher, all_match
from muster.core.wallclock import format_duration

MOST_TIMES = 50
"""Of identical repeats, so many at least are kept in any minute: a higher number could not be counted."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What it matches is paged only when it is still there after `lasts`."""

    name: str
    matchers: tuple[Matcher, ...]
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Count:
    """What it matches is paged only once it was sent `times` times within `within`."""

    name: str
    matchers: tuple[Matcher, ...]
    times: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Flapping:
    """What it matches, and has come or gone `changes` times within `within`, this time included, is held."""

    name: str
    matchers: tuple[Matcher, ...]
    changes: int
    within: timedelta


WaitRule = Wait | Count | Flapping


def needs_history(rules: Iterable[WaitRule], kind: type[Count] | type[Flapping]) -> timedelta:
    """How far back the rules of this kind look; zero where there is none."""
    found = (rule.within for rule in rules if isinstance(rule, Count | Flapping) and isinstance(rule, kind))
    return max(found, default=timedelta(0))


def wait_for(alert: AlertView, rules: Sequence[WaitRule], at: datetime) -> StepVerdict:
    """The first rule that holds the alert; else the last that says why it no longer does.

    Where people have been paged already, nothing waits.
    """
    said = StepVerdict(Step.WAIT, StepReason.NOTHING_TO_WAIT_FOR)
    if rules and alert.paged:
        return StepVerdict(Step.WAIT, StepReason.PAGED_ALREADY)
    for rule in rules:
        if not all_match(rule.matchers, alert):
            continue
        verdict = _asked(rule, alert, at)
        if verdict is not None:
            said = verdict
        if said.holds:
            break
    return said


def _asked(rule: WaitRule, alert: AlertView, at: datetime) -> StepVerdict | None:
    if isinstance(rule, Wait):
        return _waits(rule, alert, at)
    return _counts(rule, alert, at) if isinstance(rule, Count) else _flaps(rule, alert, at)


def _waits(rule: Wait, alert: AlertView, at: datetime) -> StepVerdict:
    until = (alert.opened_at or at) + rule.lasts
    by, detail = f"wait:{rule.name}", {"lasts": format_duration(rule.lasts)}
    if at >= until:
        return StepVerdict(Step.WAIT, StepReason.WAITED, by=by, detail=detail)
    return StepVerdict(Step.WAIT, StepReason.WAITING, holds=True, by=by, until=until, detail=detail)


def _counts(rule: Count, alert: AlertView, at: datetime) -> StepVerdict:
    """Whether any stretch of the known times is short enough; evaluation may come a little after the last."""
    times = sorted(alert.seen)
    needed = rule.times - 1
    enough = any(times[index] - times[index - needed] < rule.within for index in range(needed, len(times)))
    lately = sum(1 for one in times if one > at - rule.within)
    detail = {"times": rule.times, "within": format_duration(rule.within)}
    by = f"count:{rule.name}"
    if enough:
        return StepVerdict(Step.WAIT, StepReason.SEEN_OFTEN_ENOUGH, by=by, detail=detail)
    detail["seen"] = lately
    return StepVerdict(Step.WAIT, StepReason.SEEN_TOO_RARELY, holds=True, by=by, detail=detail)


def _flaps(rule: Flapping, alert: AlertView, at: datetime) -> StepVerdict | None:
    changes = sorted(one for one in alert.changes if one <= at)
    lately = [one for one in changes if one > at - rule.within]
    if len(lately) < rule.changes:
        return None
    still = lately[-1] + rule.within
    detail = {"changes": len(lately), "within": format_duration(rule.within)}
    by = f"flapping:{rule.name}"
    return StepVerdict(Step.WAIT, StepReason.FLAPPING, holds=True, by=by, until=still, detail=detail)
