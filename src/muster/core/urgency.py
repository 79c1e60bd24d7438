"""How urgently people are told: high wakes somebody, low waits for them (design section 13; R8-R11, R44)."""

from dataclasses import dataclass
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
    """What a service says about the urgency of its alerts."""

    HIGH = "high"
    LOW = "low"
    BY_SEVERITY = "by_severity"


class UrgencyReason(StrEnum):
    """Why an alert has its urgency."""

    SERVICE_ALWAYS_HIGH = "service_always_high"
    SERVICE_ALWAYS_LOW = "service_always_low"
    SEVERITY_HIGH = "severity_high"
    SEVERITY_LOW = "severity_low"
    SEVERITY_UNKNOWN = "severity_unknown"


@dataclass(frozen=True, slots=True)
class UrgencyDecision:
    """An urgency and what it rests on."""

    urgency: Urgency
    reason: UrgencyReason


HIGH_SEVERITIES: Final = frozenset({"critical", "error"})
LOW_SEVERITIES: Final = frozenset({"warning", "info"})


def urgency_of(setting: UrgencySetting, severity: str | None) -> UrgencyDecision:
    """The urgency of an alert of this severity (the sender's: critical, error, warning, info) on a service.

    A severity that is missing or not known is high: rather a page too many than one too few.
    """
    if setting is UrgencySetting.HIGH:
        return UrgencyDecision(Urgency.HIGH, UrgencyReason.SERVICE_ALWAYS_HIGH)
    if setting is UrgencySetting.LOW:
        return UrgencyDecision(Urgency.LOW, UrgencyReason.SERVICE_ALWAYS_LOW)
    if severity in HIGH_SEVERITIES:
        return UrgencyDecision(Urgency.HIGH, UrgencyReason.SEVERITY_HIGH)
    if severity in LOW_SEVERITIES:
        return UrgencyDecision(Urgency.LOW, UrgencyReason.SEVERITY_LOW)
    return UrgencyDecision(Urgency.HIGH, UrgencyReason.SEVERITY_UNKNOWN)


def higher(one: Urgency, other: Urgency) -> Urgency:
    """The more urgent of the two."""
    return max(one, other, key=lambda urgency: urgency.rank)
