"""Why escalation says no."""

from enum import StrEnum


class Escalate(StrEnum):
    """What is not there, or not as it must be."""

    POLICY_NOT_FOUND = "policy_not_found"
    HANDLE_TAKEN = "policy_handle_taken"
    HANDLE_INVALID = "policy_handle_invalid"
    SPEC_INVALID = "policy_invalid"
    IN_USE = "policy_in_use"
    TARGET_UNKNOWN = "target_unknown"
    NOT_PAGED_YET = "alert_not_evaluated_yet"
