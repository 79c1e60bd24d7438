"""The life of an escalation's row: started, started again in a new epoch, hastened, stopped (design 7)."""

from datetime import datetime, timedelta
from enum import StrEnum

from muster.core.change import Change
from muster.core.circumstances import Opening, always_open
from muster.core.escalation import Cursor, EscalationState, begin
from muster.core.policy import Policy


class StopReason(StrEnum):
    """Why nobody further is paged."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    SUPPRESSED = "suppressed"
    REASSIGNED = "reassigned"
    DECLARED = "declared"
    MERGED = "merged"
    DISMISSED = "dismissed"


def start(
    policy: Policy,
    *,
    at: datetime,
    epoch: int = 1,
    opening: Opening = always_open,
    held_until: datetime | None = None,
) -> Change:
    """A new escalation's columns; its first step is due `after` now, or after what it is held for."""
    return _from_the_start("escalation.started", policy, at, epoch, opening, held_until)


def restart(
    policy: Policy,
    *,
    at: datetime,
    epoch: int,
    opening: Opening = always_open,
    held_until: datetime | None = None,
) -> Change:
    """The same escalation, in whatever state, climbs again from its first step in a new epoch."""
    return _from_the_start("escalation.restarted", policy, at, epoch, opening, held_until)


def _from_the_start(
    kind: str, policy: Policy, at: datetime, epoch: int, opening: Opening, held_until: datetime | None
) -> Change:
    held = held_until if held_until is not None and held_until > at else None
    first = begin(policy, held or at, opening)
    columns = {"round": first.round, "step": first.step, "due_at": first.due_at, "epoch": epoch}
    facts = {"epoch": epoch, "due_at": first.due_at, "steps": len(policy.steps), "repeat": policy.repeat}
    facts |= {"held_until": held} if held is not None else {}
    return Change(kind, {"state": EscalationState.RUNNING, "held_until": held} | columns, facts)


def is_held(state: str, due_at: datetime | None, held_until: datetime | None, at: datetime) -> bool:
    """Whether a ladder waits for hours to open: it has not begun, and nobody has asked for its next step."""
    waits = held_until is not None and due_at is not None and at < held_until <= due_at
    return state == EscalationState.RUNNING and waits


def stop(state: str, reason: StopReason) -> Change | None:
    """Page nobody further. None when it does not run: there is nothing to stop and nothing to tell."""
    if state != EscalationState.RUNNING:
        return None
    return Change("escalation.stopped", {"state": EscalationState.STOPPED, "due_at": None}, reason=reason)


def hasten(state: str, cursor: Cursor, *, at: datetime) -> Change | None:
    """All pages of the last step failed: the next one is due now. None when it is, or when nothing runs."""
    if state != EscalationState.RUNNING or cursor.due_at <= at:
        return None
    facts = {"round": cursor.round, "step": cursor.step, "was_due_at": cursor.due_at}
    return Change("escalation.hastened", {"due_at": at}, facts, reason=HastenReason.PAGES_FAILED)


def become_sev1(state: str, cursor: Cursor, ladder: Policy, *, at: datetime) -> Change | None:
    """A ladder is a SEV1's from now on: a step that waits for hours waits its own time only. None when it
    does not run."""
    if state != EscalationState.RUNNING:
        return None
    waiting = ladder.steps[cursor.step - 1 : cursor.step]
    due_at = min([cursor.due_at, *(at + step.after for step in waiting if step.in_hours)])
    facts = {"round": cursor.round, "step": cursor.step, "was_due_at": cursor.due_at, "due_at": due_at}
    columns = {"sev1": True, "due_at": due_at}
    return Change("escalation.hastened", columns, facts, reason=HastenReason.SEV1)


def resume(state: str, round_: int, step: int, due_at: datetime | None, *, at: datetime) -> Change | None:
    """A ladder that stands although somebody is to be paged: its next step is due now, in the same epoch.

    None when it climbs, or has reached its end.
    """
    if state == EscalationState.EXHAUSTED or (state == EscalationState.RUNNING and due_at is not None):
        return None
    facts = {"round": round_, "step": step, "before": state}
    return Change("escalation.resumed", {"state": EscalationState.RUNNING, "due_at": at}, facts)


def shift(cursor: Cursor, ladder: Policy, by: timedelta, held_until: datetime | None = None) -> Change | None:
    """The clock was set by this much: the next step is due after the same wait as before.

    None for one that waits for working hours, or until somebody is on call: those are the clock's own.
    """
    if held_until is not None and held_until <= cursor.due_at and (cursor.round, cursor.step) == (1, 1):
        return None
    waiting = ladder.steps[cursor.step - 1 : cursor.step]
    if any(step.in_hours or step.until_covered for step in waiting):
        return None
    facts = {"due_at": cursor.due_at + by, "was_due_at": cursor.due_at}
    return Change("escalation.shifted", {"due_at": cursor.due_at + by}, facts)


class RestartReason(StrEnum):
    """Why a ladder is climbed from its first step again, where its subject does not say it."""

    WORSE = "worse"


class HastenReason(StrEnum):
    """Why a step is due earlier than planned."""

    PAGES_FAILED = "pages_failed"
    SEV1 = "sev1"
