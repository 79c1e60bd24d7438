"""Why on-call says no."""

from enum import StrEnum


class OnCall(StrEnum):
    """What is not there, or not as it must be."""

    SCHEDULE_NOT_FOUND = "schedule_not_found"
    OVERRIDE_NOT_FOUND = "override_not_found"
    TIMEZONE_NEEDED = "schedule_needs_timezone"
    SPEC_INVALID = "schedule_invalid"
    PAST = "override_in_the_past"
    SPAN_TOO_LONG = "span_too_long"
