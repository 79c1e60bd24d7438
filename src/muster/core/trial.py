"""A rule tried on what was: what it would have made of each alert (design section 6). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from muster.core.decision import Decision, Step, StepReason, StepVerdict


class Tried(StrEnum):
    """What a rule would have made of an alert."""

    SAME = "same"
    HELD = "held"
    DELAYED = "delayed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Life:
    """How long an alert was open; `ended_at` is None while it is."""

    opened_at: datetime
    ended_at: datetime | None = None


def judge(
    decision: Decision, kind: str, name: str, life: Life, lives: Mapping[int, Life], at: datetime
) -> Tried:
    """What the rule of this kind and name made of an alert that lived so, by this decision at its opening.

    It is held when it was over before the rule would have let it go, and delayed when it was not. `lives` are
    those of the alerts that may hold others.
    """
    by = f"{kind}:{name}"
    holding = next((step for step in decision.steps if step.holds and step.by == by), None)
    if holding is not None:
        until = _until(holding, lives)
        over = life.ended_at
        if until is None or (over is not None and over <= until) or (over is None and at < until):
            return Tried.HELD
        return Tried.DELAYED
    applied = next((step.detail for step in decision.steps if step.step is Step.EVENT), {})
    return Tried.CHANGED if kind == "event" and name in applied.get("rules", ()) else Tried.SAME


def _until(holding: StepVerdict, lives: Mapping[int, Life]) -> datetime | None:
    """When the rule would have let it go; None for never."""
    if holding.reason is StepReason.INHIBITED:
        other = lives.get(int(holding.detail["alert"]))
        return other.ended_at if other is not None else holding.until
    return holding.until


@dataclass(slots=True)
class _Page:
    opened_at: datetime
    ended_at: datetime | None


def count_pages(keyed: Sequence[tuple[Decision, Life]]) -> int:
    """How many pages these alerts would have been, gathered by their group keys; oldest first."""
    pages: dict[str, _Page] = {}
    count = 0
    for decision, life in keyed:
        page = pages.get(decision.group_key)
        within = decision.group_within
        joins = (
            page is not None
            and (page.ended_at is None or life.opened_at < page.ended_at)
            and (within is None or life.opened_at < page.opened_at + within)
        )
        if page is None or not joins:
            pages[decision.group_key] = _Page(life.opened_at, life.ended_at)
            count += 1
        elif page.ended_at is not None:
            page.ended_at = None if life.ended_at is None else max(page.ended_at, life.ended_at)
    return count
