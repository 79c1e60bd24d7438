"""Why on-call says no."""

from enum import StrEnum


class OnCall(StrEnum):
    """What is not there, or not as it must be."""

    SCHEDULE_NOT_FOUND = "schedule_not_found"
    HANDLE_TAKEN = "schedule_handle_taken"
    HANDLE_INVALID = "schedule_handle_invalid"
    SPEC_INVALID = "schedule_invalid"
    PAST = "override_in_the_past"
    IN_USE = "schedule_in_use"
