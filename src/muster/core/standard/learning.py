"""What is learnt afterwards, what is owed to the law, and what is measured (R48 to R60)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum


class Trigger(StrEnum):
    """What makes a postmortem due at any severity (R52)."""

    CLIENT_VISIBLE_IMPACT = "client_visible_impact_over_threshold"
    SLO_MISSED = "slo_missed"
    DATA_LOSS = "data_loss"
    ONCALL_INTERVENTION = "oncall_intervention"
    RESOLUTION_TIME = "resolution_time_over_threshold"
    MONITORING_FAILURE = "monitoring_failure"
    STAKEHOLDER_REQUEST = "stakeholder_request"


class DegradationRule(StrEnum):
    """Which degradation counts as client-visible impact."""

    SLO_MISSED = "slo_missed"
    THRESHOLD = "threshold"


class Access(StrEnum):
    """Who may see an incident."""

    EVERYONE = "everyone"
    NEED_TO_KNOW = "need_to_know"


class Point(StrEnum):
    """A moment in an incident's life, from which or to which a metric counts."""

    IMPACT_START = "impact_start"
    DETECTED = "detected"
    FIRST_PAGE_OR_ALERT = "first_page_or_alert"
    ACKNOWLEDGED = "acknowledged"
    DECLARED = "declared"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    NEXT_IMPACT_START_SAME_SERVICE = "next_impact_start_same_service"


class Statistic(StrEnum):
    """Which figure stands for many: the mean is what the names say, the others resist one bad day."""

    MEAN = "mean"
    MEDIAN = "median"
    P90 = "p90"


@dataclass(frozen=True, slots=True)
class Flag:
    """A compliance flag and everything that raising it does (R48, R49).

    `page` and `notify` name entries of `targets`. `severity` is forced, never lowered. `hold` may not be
    deleted, `preserve` must be kept as it was.
    """

    title: str
    meaning: str
    banner: str
    from_records: int | None = None
    must_be_active: bool = False
    classes: tuple[str, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)
    severity: str | None = None
    access: Access = Access.EVERYONE
    page: tuple[str, ...] = ()
    page_after: timedelta = timedelta(0)
    notify: tuple[str, ...] = ()
    notify_after: timedelta = timedelta(0)
    hold: tuple[str, ...] = ()
    preserve: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is kept for auditors (R50, R51)."""

    items: tuple[str, ...]
    frameworks: tuple[str, ...]
    access_review_window: str


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a postmortem: its title and the question that it answers."""

    title: str
    asks: str


@dataclass(frozen=True, slots=True)
class Triggers:
    """Which triggers count, and their limits (R52). A limit named `over` must be exceeded."""

    set: tuple[Trigger, ...]
    downtime_over: timedelta
    degradation: DegradationRule
    data_loss: str
    intervention_kinds: tuple[str, ...]
    resolution_over: timedelta
    manual_discovery_is_monitoring_failure: bool


@dataclass(frozen=True, slots=True)
class Meeting:
    """The review meeting: who comes, and for how long each point lasts (R55)."""

    attendees: tuple[str, ...]
    agenda: Mapping[str, timedelta]


@dataclass(frozen=True, slots=True)
class Postmortem:
    """Three clocks, the sections and the meeting (R52 to R56). All three clocks start at `clock_start`."""

    triggers: Triggers
    draft_within: timedelta
    done_within: timedelta
    meeting_within_business_days: int
    clock_start: Point
    sections: tuple[str, ...]
    section_guides: Mapping[str, Section]
    five_whys: int
    timeline_grain: str
    timeline_zone: str
    blameless: bool
    blameless_statement: str
    meeting: Meeting


@dataclass(frozen=True, slots=True)
class Actions:
    """Action items (R57). How long a severity has is `action_items_within_sprints` of that severity."""

    tags: tuple[str, ...]
    fields: tuple[str, ...]
    statuses: tuple[str, ...]
    clock_start: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One mean time: from where to where, and the figure that it must stay below (R58)."""

    title: str
    start: Point
    stop: Point
    target_below: timedelta | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is measured and reported (R58)."""

    shown: tuple[str, ...]
    definitions: Mapping[str, Metric]
    statistic: Statistic
    report_period: str
    top_causes: int


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """Days and hours of business, in the team's zone; public holidays are off when `holidays_off`."""

    days: tuple[str, ...]
    from_: time
    to: time
    holidays_off: bool


@dataclass(frozen=True, slots=True)
class Process:
    """The standard itself: whose it is, for whom, and the units that it counts in (R23)."""

    mandatory: bool
    audience: tuple[str, ...]
    roles: Mapping[str, str]
    review_every: str
    feedback_to: str
    immediate_within: timedelta
    business_time: BusinessTime
    sprint: timedelta
    effective_from: date | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long is kept what may be dropped; None keeps it for ever. Events and states are always kept."""

    signals: timedelta | None = None
    event_text: timedelta | None = None
    files: timedelta | None = None
