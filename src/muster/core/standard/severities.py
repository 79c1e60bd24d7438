"""Severities as policy: what each level means, and everything that it demands (R4, R8 to R14, B1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from muster.core.phases import Phase


class Impact(StrEnum):
    """How badly a user is hit: the rows of the severity matrix (R12)."""

    COMPLETE = "complete"
    DEGRADED = "degraded"
    INCONVENIENCE = "inconvenience"


class Scope(StrEnum):
    """How many users are hit: the columns of the severity matrix (R12)."""

    WIDESPREAD = "widespread"
    LIMITED = "limited"
    MINIMAL = "minimal"


class Coverage(StrEnum):
    """When a severity is worked on."""

    ALWAYS = "24x7"
    IMMEDIATE = "immediate"
    BUSINESS_HOURS = "business_hours"
    NEXT_SPRINT = "next_sprint"
    TICKET_QUEUE = "ticket_queue"


class PageHours(StrEnum):
    """When a page may leave: a page outside business hours is held until they open."""

    ALWAYS = "always"
    BUSINESS_HOURS = "business_hours"


class Urgency(StrEnum):
    """Which of a person's contact rules a page runs (R44)."""

    HIGH = "high"
    LOW = "low"


class Clock(StrEnum):
    """How a deadline in hours is counted: by the clock, or with the days off left out."""

    ELAPSED = "elapsed"
    WORKING_DAYS_ONLY = "working_days_only"


class Room(StrEnum):
    """Where a severity is worked on: in a war room, or on a ticket."""

    WAR_ROOM = "war_room"
    TICKET = "ticket"


class PostmortemRule(StrEnum):
    """Whether a severity always needs a postmortem, or only when a trigger fires (R52)."""

    REQUIRED = "required"
    IF_TRIGGERED = "if_triggered"


@dataclass(frozen=True, slots=True)
class Share:
    """A share of users in percent, as one bound: `gt` above, `ge` from, `lt` below, `le` up to."""

    gt: int | None = None
    ge: int | None = None
    lt: int | None = None
    le: int | None = None

    @property
    def is_stated(self) -> bool:
        """False when no bound is given: the share says nothing about this severity."""
        return any(bound is not None for bound in (self.gt, self.ge, self.lt, self.le))

    def holds(self, percent: float) -> bool:
        """True when this share of users lies within every stated bound, and one is stated."""
        return (
            self.is_stated
            and (self.gt is None or percent > self.gt)
            and (self.ge is None or percent >= self.ge)
            and (self.lt is None or percent < self.lt)
            and (self.le is None or percent <= self.le)
        )


@dataclass(frozen=True, slots=True)
class Severity:
    """One level, and everything that follows from it.

    `page` and `notify` name entries of the Standard's `targets`. `respond_within` counts from declaration
    until a human has answered, `acknowledge_within` from a page until that person has. `update_every` holds
    the time between two updates per stream; an update may promise an earlier one, never one later than
    `update_at_most`.
    """

    label: str
    name: str
    definition: str
    criteria: Mapping[str, str]
    coverage: Coverage
    room: Room
    postmortem: PostmortemRule
    users_affected: Share = field(default_factory=Share)
    examples: Mapping[str, str] = field(default_factory=dict)
    page: tuple[str, ...] = ()
    page_after: timedelta = timedelta(0)
    page_urgency: Urgency = Urgency.HIGH
    page_hours: PageHours = PageHours.ALWAYS
    notify: tuple[str, ...] = ()
    joins: str | None = None
    acknowledge_within: timedelta | None = None
    respond_within: timedelta | None = None
    respond_clock: Clock = Clock.ELAPSED
    respond_within_sprints: int | None = None
    fix_reminder_business_days: int | None = None
    fix_within_business_days: int | None = None
    update_every: Mapping[str, timedelta] = field(default_factory=dict)
    update_at_most: timedelta | None = None
    needs_roles: bool = False
    skips: tuple[Phase, ...] = ()
    may_end_in_backlog: bool = False
    opens_channel: bool = False
    opens_bridge: bool = False
    records_bridge: bool = False
    action_items_within_sprints: int | None = None


@dataclass(frozen=True, slots=True)
class Major:
    """When an incident is major, and what that means (R4, R5). `phone_number` is the organisation's own."""

    min_tenants_interrupted: int
    tenants_counted_across_products: bool
    imminent_threat_suffices: bool
    severity_floor: str
    worked_continuously: bool
    start_by_phone: str
    phone_hours: str
    phone_number: str | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """By when somebody who was called must be able to work, and in which incidents (R22).

    `applies_to` holds severities and the word `major`.
    """

    within: timedelta
    applies_to: tuple[str, ...]
