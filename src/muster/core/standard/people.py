"""Who does what: roles, command, change control, and life on call (R15 to R24, R39 to R43)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Standing(StrEnum):
    """How much a role is expected to be filled."""

    CORE = "core"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


class Selection(StrEnum):
    """How the first commander is found (R16)."""

    DECLARER = "declarer"
    CLAIM = "claim"
    ASSIGNED = "assigned"


class ChangeRule(StrEnum):
    """What a change of the system needs during an incident (R18). Several may hold at once."""

    INFORM = "inform"
    APPROVE = "approve"
    OPERATIONS_ONLY = "operations_only"


class AdviceLevel(StrEnum):
    """How loudly a practice is asked for."""

    ADVICE = "advice"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Role:
    """One role of a response: what it does, and what it must not do."""

    title: str
    short: str
    standing: Standing
    summary: str
    duties: Mapping[str, str]
    anti_patterns: Mapping[str, str] = field(default_factory=dict)
    reports_to: str | None = None
    also_called: str | None = None
    may_preempt: bool = False


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles in use, in order; which need a holder; who holds what nobody was given (R15 to R21)."""

    in_use: tuple[str, ...]
    required: tuple[str, ...]
    undelegated_held_by: str
    definitions: Mapping[str, Role]


@dataclass(frozen=True, slots=True)
class Command:
    """How command is taken, kept in rhythm and handed on (R14, R16, R28).

    `found_within` is how long an incident may be without a commander; `status_check_every` the battle rhythm;
    `handover_after` the time in command after which a handover is mandatory.
    """

    selection: Selection
    found_within: timedelta
    status_check_every: timedelta
    handover_after: timedelta
    handover_shadow: timedelta
    handover_steps: tuple[str, ...]
    escalation_points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeControl:
    """What counts as a change, what it needs, and who carries it out (R18)."""

    needs: tuple[ChangeRule, ...]
    covers: tuple[str, ...]
    executed_by: str


@dataclass(frozen=True, slots=True)
class Call:
    """Manners on a conference call (R22)."""

    leave_needs_permission_of: str
    muted_unless_speaking: bool


@dataclass(frozen=True, slots=True)
class OnCall:
    """What is expected of teams and people on call (R39 to R43). Times count from the first page."""

    schedules_required: tuple[str, ...]
    secondary_after: timedelta
    manager_after: timedelta
    acknowledge_or_escalate_percent: int
    handoff_at_rotation_end: bool
    rotation: timedelta
    min_team_size: int
    follow_the_sun: AdviceLevel
    page_flow: Mapping[str, str]
    burden_actions: Mapping[str, str]
    rationales: Mapping[str, str]
