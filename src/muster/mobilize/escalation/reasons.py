"""Why escalation says no."""

from enum import StrEnum


class Escalate(StrEnum):
    """What is not there, or not as it must be."""

    POLICY_NOT_FOUND = "policy_not_found"
    SPEC_INVALID = "policy_invalid"
    GOES_IN_CIRCLES = "policy_goes_in_circles"
    TOO_LONG = "policy_too_long"
    CHANGED_MEANWHILE = "policy_changed_meanwhile"
    TARGET_UNKNOWN = "target_unknown"
    NOT_PAGED_YET = "alert_not_evaluated_yet"
    HELD_BACK = "alert_held_back"
    TOO_MANY = "too_many_at_once"
    NOTHING_RUNS = "nobody_is_being_paged"
