"""How urgently people are told: high wakes somebody, low waits for them (design section 13; R8-R11, R44)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Urgency(StrEnum):
    """Of an alert, a group and a page."""

    HIGH = "high"
    LOW = "low"

    @property
    def rank(self) -> int:
        """1 for high, 0 for low."""
        return 1 if self is Urgency.HIGH else 0


class UrgencySetting(StrEnum):
    """What a service says about the urgency of its alerts.

    `by_hours`: what is severe is urgent at any hour; everything else is while the working hours of the
    service's team are open, and is held until they open.
    """

    HIGH = "high"
    LOW = "low"
    BY_SEVERITY = "by_severity"
    BY_HOURS = "by_hours"


class UrgencyReason(StrEnum):
    """Why an alert has its urgency."""

    SERVICE_ALWAYS_HIGH = "service_always_high"
    SERVICE_ALWAYS_LOW = "service_always_low"
    SEVERITY_HIGH = "severity_high"
    SEVERITY_LOW = "severity_low"
    SEVERITY_UNKNOWN = "severity_unknown"
    SERVICE_HOURS_OPEN = "service_hours_open"
    HELD_UNTIL_HOURS_OPEN = "held_until_hours_open"


@dataclass(frozen=True, slots=True)
class UrgencyDecision:
    """An urgency and what it rests on. `held_until`: nobody is paged before; it is urgent from then on."""

    urgency: Urgency
    reason: UrgencyReason
    held_until: datetime | None = None


HIGH_SEVERITIES: Final = frozenset({"critical", "error"})
LOW_SEVERITIES: Final = frozenset({"warning", "info"})


def urgency_of(
    setting: UrgencySetting, severity: str | None, opens_at: datetime | None = None
) -> UrgencyDecision:
    """The urgency of an alert of this severity (the sender's: critical, error, warning, info) on a service.

    A severity that is missing or not known is high: rather a page too many than one too few. `opens_at` is
    when the service's working hours open; None: they are open.
    """
    if setting is UrgencySetting.HIGH:
        return UrgencyDecision(Urgency.HIGH, UrgencyReason.SERVICE_ALWAYS_HIGH)
    if setting is UrgencySetting.LOW:
        return UrgencyDecision(Urgency.LOW, UrgencyReason.SERVICE_ALWAYS_LOW)
    if severity in HIGH_SEVERITIES:
        return UrgencyDecision(Urgency.HIGH, UrgencyReason.SEVERITY_HIGH)
    if severity in LOW_SEVERITIES:
        return _can_wait(setting, opens_at)
    return UrgencyDecision(Urgency.HIGH, UrgencyReason.SEVERITY_UNKNOWN)


def _can_wait(setting: UrgencySetting, opens_at: datetime | None) -> UrgencyDecision:
    if setting is not UrgencySetting.BY_HOURS:
        return UrgencyDecision(Urgency.LOW, UrgencyReason.SEVERITY_LOW)
    if opens_at is None:
        return UrgencyDecision(Urgency.HIGH, UrgencyReason.SERVICE_HOURS_OPEN)
    return UrgencyDecision(Urgency.LOW, UrgencyReason.HELD_UNTIL_HOURS_OPEN, opens_at)


def higher(one: Urgency, other: Urgency) -> Urgency:
    """The more urgent of the two."""
    return max(one, other, key=lambda urgency: urgency.rank)
