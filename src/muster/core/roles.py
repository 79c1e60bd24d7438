"""Who holds which role of an incident, who may give it, and how command changes hands (R15, R16, R28).

The commander holds every role that nobody else was given. Until somebody commands, every role is vacant, and
the answer says so. People are ids here; their names are the view's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from muster.core.change import Change
from muster.core.refusal import Refused
from muster.core.standard import Selection, Standard

COMMANDER: Final = "incident_commander"
OPERATIONS_LEAD: Final = "operations_lead"
COMMUNICATIONS_LEAD: Final = "communications_lead"
SCRIBE: Final = "scribe"
PLANNING_LEAD: Final = "planning_lead"
SUBJECT_MATTER_EXPERT: Final = "subject_matter_expert"
TASK_FORCE_MEMBER: Final = "task_force_member"

SHARED: Final = frozenset({SUBJECT_MATTER_EXPERT, TASK_FORCE_MEMBER})
"""Roles that several people hold at once; every other has one holder."""

Assignments = Mapping[str, Sequence[int]]
"""Role to the people who were given it, in order."""


class HeldHow(StrEnum):
    """Why somebody holds a role, or why nobody does."""

    GIVEN = "given"
    NOT_DELEGATED = "not_delegated"
    NO_COMMANDER = "no_commander"


class MayAssign(StrEnum):
    """Why somebody may give a role, or may not."""

    COMMANDER = "commander"
    ON_BEHALF = "on_behalf"
    NO_COMMANDER_YET = "no_commander_yet"
    ONLY_THE_COMMANDER = "only_the_commander"


class RoleRefusal(StrEnum):
    """Why a role was not given or taken."""

    UNKNOWN_ROLE = "unknown_role"
    ALREADY_HOLDS_IT = "already_holds_it"
    DOES_NOT_HOLD_IT = "does_not_hold_it"
    ONLY_THE_COMMANDER = "only_the_commander"
    COMMAND_IS_TAKEN = "command_is_taken"
    COMMAND_IS_HANDED_OVER = "command_is_handed_over"
    NOT_THE_SUCCESSOR = "not_the_successor"
    NO_HANDOVER = "no_handover"
    STEP_OUT_OF_ORDER = "step_out_of_order"
    SHADOW_TOO_SHORT = "shadow_too_short"


class Taken(StrEnum):
    """How somebody came to command."""

    DECLARED = "declared"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a role: the people (none while vacant), and why."""

    people: tuple[int, ...]
    how: HeldHow


def first_commander(standard: Standard, declarer: int | None) -> int | None:
    """Return who commands from the first instant: the declarer if the Standard says so, else nobody yet."""
    return declarer if standard.command.selection is Selection.DECLARER else None


def commander_of(assignments: Assignments) -> int | None:
    """Return who commands; None while nobody does."""
    holders = assignments.get(COMMANDER, ())
    return holders[0] if holders else None


def holder_of(role: str, assignments: Assignments) -> Holder:
    """Return who holds a role: those it was given to, else the commander, else nobody."""
    given = tuple(assignments.get(role, ()))
    if given:
        return Holder(given, HeldHow.GIVEN)
    commander = commander_of(assignments)
    if commander is None:
        return Holder((), HeldHow.NO_COMMANDER)
    return Holder((commander,), HeldHow.NOT_DELEGATED)


def holders(standard: Standard, assignments: Assignments) -> dict[str, Holder]:
    """Return who holds each role in use, in the Standard's order, then any own role that was given."""
    names = dict.fromkeys((*standard.roles.in_use, *assignments))
    return {role: holder_of(role, assignments) for role in names}


def undelegated(standard: Standard, assignments: Assignments) -> tuple[str, ...]:
    """Return the required roles that nobody was given: the commander carries them (R16, R20)."""
    return tuple(role for role in standard.roles.required if not assignments.get(role))


def may_assign(person: int, assignments: Assignments, *, is_manager: bool) -> MayAssign:
    """Say whether a person may give roles: the commander, a manager on their behalf, or anybody yet."""
    commander = commander_of(assignments)
    if commander == person:
        return MayAssign.COMMANDER
    if is_manager:
        return MayAssign.ON_BEHALF
    return MayAssign.NO_COMMANDER_YET if commander is None else MayAssign.ONLY_THE_COMMANDER


def give(standard: Standard, role: str, to: int, assignments: Assignments, allowed: MayAssign) -> Change:
    """Give a role to a person. Command itself is claimed, assigned while vacant, or handed over.

    Raises:
        Refused: the Standard does not know the role, the person has it, or the giver may not.
    """
    if role not in standard.roles.definitions:
        raise Refused(RoleRefusal.UNKNOWN_ROLE, {"role": role, "known": list(standard.roles.definitions)})
    if allowed is MayAssign.ONLY_THE_COMMANDER:
        raise Refused(RoleRefusal.ONLY_THE_COMMANDER, {"role": role})
    if to in assignments.get(role, ()):
        raise Refused(RoleRefusal.ALREADY_HOLDS_IT, {"role": role})
    if role == COMMANDER:
        return _take(to, commander_of(assignments), Taken.ASSIGNED, allowed is MayAssign.ON_BEHALF)
    before = [] if role in SHARED else list(assignments.get(role, ()))
    facts = {"role": role, "person": to, "before": before, "by": allowed.value}
    return Change("incident.role_given", {}, facts)


def release(role: str, person: int, assignments: Assignments) -> Change:
    """Take a role back: it falls to the commander. Command is never simply dropped (R4, R16).

    Raises:
        Refused: the person does not hold it, or it is command.
    """
    if role == COMMANDER:
        raise Refused(RoleRefusal.COMMAND_IS_HANDED_OVER)
    if person not in assignments.get(role, ()):
        raise Refused(RoleRefusal.DOES_NOT_HOLD_IT, {"role": role})
    return Change("incident.role_released", {}, {"role": role, "person": person})


def claim(person: int, assignments: Assignments) -> Change:
    """Take command while nobody has it (R16).

    Raises:
        Refused: somebody commands: command is handed over, or assigned by a manager.
    """
    commander = commander_of(assignments)
    if commander is not None:
        taken = RoleRefusal.ALREADY_HOLDS_IT if commander == person else RoleRefusal.COMMAND_IS_TAKEN
        raise Refused(taken, {"commander": commander})
    return _take(person, None, Taken.CLAIMED)


# Handing over: shadow, situation report, the old commander offers, the new one takes (R28)


@dataclass(frozen=True, slots=True)
class Handover:
    """A handover under way: from whom to whom, and when each step was done."""

    outgoing: int
    incoming: int
    shadow_since: datetime
    reported_at: datetime | None = None
    offered_at: datetime | None = None


class Deviation(StrEnum):
    """What a handover left out or cut short. It goes through, and is seen."""

    NOT_REPORTED = "not_reported"
    NOT_OFFERED = "not_offered"
    SHADOW_CUT_SHORT = "shadow_cut_short"


def start_handover(outgoing: int | None, incoming: int, *, at: datetime) -> Change:
    """Begin a handover: the incoming commander shadows from now on.

    Raises:
        Refused: nobody commands, or the two are one.
    """
    if outgoing is None:
        raise Refused(RoleRefusal.NO_HANDOVER)
    if outgoing == incoming:
        raise Refused(RoleRefusal.ALREADY_HOLDS_IT)
    facts = {"outgoing": outgoing, "incoming": incoming, "shadow_since": at}
    return Change("handover.started", {}, facts)


def deviations(standard: Standard, handover: Handover, *, at: datetime) -> tuple[Deviation, ...]:
    """Return what would be missing from the protocol if command were taken at `at`."""
    checks = {
        Deviation.SHADOW_CUT_SHORT: at - handover.shadow_since >= standard.command.handover_shadow,
        Deviation.NOT_REPORTED: handover.reported_at is not None,
        Deviation.NOT_OFFERED: handover.offered_at is not None,
    }
    return tuple(deviation for deviation, is_kept in checks.items() if not is_kept)


def take_over(
    standard: Standard, handover: Handover | None, person: int, *, at: datetime, why: str = ""
) -> Change:
    """Take command at the end of a handover: from this instant the record names the new commander (R28).

    A step left out or a shadow cut short needs a reason; both are kept in the event.

    Raises:
        Refused: no handover is under way, it is not this person's, or a deviation has no reason.
    """
    if handover is None:
        raise Refused(RoleRefusal.NO_HANDOVER)
    if person != handover.incoming:
        raise Refused(RoleRefusal.NOT_THE_SUCCESSOR, {"incoming": handover.incoming})
    missing = deviations(standard, handover, at=at)
    if missing and not why.strip():
        cut = missing == (Deviation.SHADOW_CUT_SHORT,)
        reason = RoleRefusal.SHADOW_TOO_SHORT if cut else RoleRefusal.STEP_OUT_OF_ORDER
        raise Refused(reason, {"missing": [deviation.value for deviation in missing]})
    change = _take(person, handover.outgoing, Taken.HANDED_OVER)
    facts = {**change.payload, "deviations": [deviation.value for deviation in missing]}
    text = {"why": why.strip()} if why.strip() else {}
    return Change(change.kind, change.set, facts, text, change.reason)


def _take(person: int, before: int | None, how: Taken, on_behalf: bool = False) -> Change:
    facts: dict[str, Any] = {"role": COMMANDER, "person": person, "before": before}
    if on_behalf:
        facts["on_behalf"] = True
    return Change("incident.commander_changed", {"commander_id": person}, facts, reason=how)
