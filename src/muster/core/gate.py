"""The gate before `resolved`, and what must be done before `closed` (R7, R37, R53).

Which checks stand in the gate is data (`resolve.gate` of the Standard); what each one means is code and
stands here. A check that holds says why, one that does not says what is missing; nothing is a bare bool.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class GateCheck(StrEnum):
    """One question of the gate before `resolved`."""

    SYSTEM_STABLE = "system_stable"
    IMPACT_CEASED = "impact_ceased"
    ALERTS_CLEARED = "alerts_cleared"
    METRICS_CONFIRM = "metrics_confirm"
    CUSTOMERS_TOLD = "customers_told"
    TIMELINE_DOCUMENTED = "timeline_documented"
    POSTMORTEM_SCHEDULED = "postmortem_scheduled"


class CloseCheck(StrEnum):
    """One thing that must be done before an incident is closed."""

    POSTMORTEM_DRAFT = "postmortem_draft"
    POSTMORTEM_DONE = "postmortem_done"
    REVIEW_MEETING = "review_meeting"
    ACTION_ITEMS_CREATED = "action_items_created"
    ACTION_ITEMS_COMPLETED = "action_items_completed"


class GateWhy(StrEnum):
    """Why a check holds, or what is missing."""

    SAID_SO = "said_so"
    NO_ALERTS = "no_alerts"
    ALL_RESOLVED = "all_resolved"
    REASON_GIVEN = "reason_given"
    TOLD = "told"
    NOT_PUBLIC = "not_public"
    DOCUMENTED = "documented"
    SCHEDULED = "scheduled"
    NOT_REQUIRED = "not_required"
    DONE = "done"
    WAIVED = "waived"
    NOT_SAID = "not_said"
    ALERTS_OPEN = "alerts_open"
    NOT_TOLD = "not_told"
    NOT_DOCUMENTED = "not_documented"
    NOT_SCHEDULED = "not_scheduled"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class GateItem:
    """The answer to one check."""

    name: GateCheck | CloseCheck
    met: bool
    why: GateWhy


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What is known when somebody wants to resolve.

    The first three are statements of the person at the gate; the others are read from the rows.
    `open_alerts_reason` is the commander's reason to resolve although linked alerts are open: they stay open.
    `is_public` says whether customers were told of this incident at all (a status page shows it).
    """

    system_stable: bool = False
    impact_ceased: bool = False
    metrics_confirm: bool = False
    linked_alerts: int = 0
    open_alerts: int = 0
    open_alerts_reason: str = ""
    is_public: bool = False
    customers_told: bool = False
    timeline_documented: bool = False
    postmortem_required: bool = False
    postmortem_scheduled: bool = False


_Answer = tuple[bool, GateWhy]


def _said(said: bool) -> _Answer:
    return said, GateWhy.SAID_SO if said else GateWhy.NOT_SAID


def _alerts(facts: GateFacts) -> _Answer:
    if not facts.linked_alerts:
        return True, GateWhy.NO_ALERTS
    if not facts.open_alerts:
        return True, GateWhy.ALL_RESOLVED
    if facts.open_alerts_reason.strip():
        return True, GateWhy.REASON_GIVEN
    return False, GateWhy.ALERTS_OPEN


def _customers(facts: GateFacts) -> _Answer:
    if not facts.is_public:
        return True, GateWhy.NOT_PUBLIC
    return (True, GateWhy.TOLD) if facts.customers_told else (False, GateWhy.NOT_TOLD)


def _timeline(facts: GateFacts) -> _Answer:
    if facts.timeline_documented:
        return True, GateWhy.DOCUMENTED
    return False, GateWhy.NOT_DOCUMENTED


def _postmortem(facts: GateFacts) -> _Answer:
    if not facts.postmortem_required:
        return True, GateWhy.NOT_REQUIRED
    return (True, GateWhy.SCHEDULED) if facts.postmortem_scheduled else (False, GateWhy.NOT_SCHEDULED)


_ANSWERS: Final[Mapping[GateCheck, Callable[[GateFacts], _Answer]]] = {
    GateCheck.SYSTEM_STABLE: lambda facts: _said(facts.system_stable),
    GateCheck.IMPACT_CEASED: lambda facts: _said(facts.impact_ceased),
    GateCheck.ALERTS_CLEARED: _alerts,
    GateCheck.METRICS_CONFIRM: lambda facts: _said(facts.metrics_confirm),
    GateCheck.CUSTOMERS_TOLD: _customers,
    GateCheck.TIMELINE_DOCUMENTED: _timeline,
    GateCheck.POSTMORTEM_SCHEDULED: _postmortem,
}


def gate(facts: GateFacts, checks: Iterable[GateCheck] = tuple(GateCheck)) -> tuple[GateItem, ...]:
    """Answer each check of the Standard's `resolve.gate`, in its order (all of them when none are given)."""
    return tuple(GateItem(check, *_ANSWERS[check](facts)) for check in checks)


@dataclass(frozen=True, slots=True)
class CloseFacts:
    """How far the follow-up of a resolved incident is. `postmortem_required` is what R52 decided."""

    postmortem_required: bool = False
    postmortem_waived: bool = False
    draft_handed_in: bool = False
    postmortem_done: bool = False
    meeting_held: bool = False
    action_items: int = 0
    action_items_open: int = 0


def closing(facts: CloseFacts, checks: Iterable[CloseCheck]) -> tuple[GateItem, ...]:
    """Answer each check of the Standard's `closing.requires`; all hold where no postmortem is due."""
    if not facts.postmortem_required:
        return tuple(GateItem(check, True, GateWhy.NOT_REQUIRED) for check in checks)
    if facts.postmortem_waived:
        return tuple(GateItem(check, True, GateWhy.WAIVED) for check in checks)
    done = {
        CloseCheck.POSTMORTEM_DRAFT: facts.draft_handed_in or facts.postmortem_done,
        CloseCheck.POSTMORTEM_DONE: facts.postmortem_done,
        CloseCheck.REVIEW_MEETING: facts.meeting_held,
        CloseCheck.ACTION_ITEMS_CREATED: facts.action_items > 0,
        CloseCheck.ACTION_ITEMS_COMPLETED: facts.action_items > 0 and facts.action_items_open == 0,
    }
    return tuple(
        GateItem(check, done[check], GateWhy.DONE if done[check] else GateWhy.NOT_DONE) for check in checks
    )


def unmet(items: Iterable[GateItem]) -> tuple[GateItem, ...]:
    """Return the items that do not hold."""
    return tuple(item for item in items if not item.met)
