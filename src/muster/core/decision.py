"""What evaluation answers: the steps of the pipeline, each with its reason, and the decision they make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from muster.core.urgency import Urgency


class Step(StrEnum):
    """The steps of the pipeline, in order."""

    EVENT = "event"
    MAINTENANCE = "maintenance"
    SILENCE = "silence"
    INHIBIT = "inhibit"
    DEPENDENCY = "dependency"
    WAIT = "wait"
    GROUP = "group"
    ROUTE = "route"
    URGENCY = "urgency"


class Outcome(StrEnum):
    """What follows: people are paged, or the alert is held back until something changes, or for good."""

    PAGE = "page"
    HOLD = "hold"
    DROP = "drop"


class StepReason(StrEnum):
    """Why a step said what it said; the steps route and urgency bring reasons of their own."""

    NO_EVENT_RULE = "no_event_rule"
    EVENT_RULES_APPLIED = "event_rules_applied"
    DROPPED = "dropped"
    NO_MAINTENANCE = "no_maintenance"
    IN_MAINTENANCE = "in_maintenance"
    NOT_SILENCED = "not_silenced"
    SILENCED = "silenced"
    NOT_INHIBITED = "not_inhibited"
    INHIBITED = "inhibited"
    DEPENDENCIES_UP = "dependencies_up"
    DEPENDENCY_DOWN_HELD = "dependency_down_held"
    DEPENDENCY_DOWN_NOTED = "dependency_down_noted"
    NOTHING_TO_WAIT_FOR = "nothing_to_wait_for"
    WAITING = "waiting"
    WAITED = "waited"
    SEEN_TOO_RARELY = "seen_too_rarely"
    SEEN_OFTEN_ENOUGH = "seen_often_enough"
    FLAPPING = "flapping"
    PAGED_ALREADY = "paged_already"
    GROUPED_BY_SENDER = "grouped_by_sender"
    GROUPED_BY_RULE = "grouped_by_rule"
    GROUP_OF_ONE = "group_of_one"


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """What one step said. `by` names the rule (`silence:4`); `until` is when it stops holding, if a clock
    says."""

    step: Step
    reason: StrEnum
    holds: bool = False
    by: str = ""
    until: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The verdict as it is stored and explained; times in RFC 3339."""
        return {
            "step": self.step.value,
            "reason": self.reason.value,
            "holds": self.holds,
            "by": self.by,
            "until": self.until.isoformat() if self.until else None,
            "detail": dict(self.detail),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an alert, with every step's reason.

    `held_by` names the first rule that holds it, empty when it pages. It is to be evaluated anew at
    `again_at`, because a rule that holds it ends then; when its sender has sent it `again_count` times; and
    when the alert `because` is over. `changed` are the fields that event rules set. `declare` is a severity
    to declare an incident with by rule; a held alert declares nothing. `group_key` is the same for all alerts
    that belong into one group; where there is a `group_within`, only for those that come so long after its
    first. What pages may still wait until hours open: `paged_from`.
    """

    steps: tuple[StepVerdict, ...]
    outcome: Outcome
    service: str
    policy: str
    urgency: Urgency
    group_key: str
    group_within: timedelta | None = None
    declare: str = ""
    held_by: str = ""
    again_at: datetime | None = None
    again_count: int | None = None
    because: int | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    paged_from: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The decision as it is stored and explained."""
        return {
            "outcome": self.outcome.value,
            "service": self.service,
            "policy": self.policy,
            "urgency": self.urgency.value,
            "group_key": self.group_key,
            "declare": self.declare,
            "held_by": self.held_by,
            "again_at": self.again_at.isoformat() if self.again_at else None,
            "paged_from": self.paged_from.isoformat() if self.paged_from else None,
            "steps": [verdict.as_json() for verdict in self.steps],
        }
