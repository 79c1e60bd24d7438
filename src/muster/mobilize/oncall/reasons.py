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
    NOBODY_TO_ASK = "nobody_to_ask"
    NOTE_TOO_LONG = "note_too_long"
    COVER_NOT_FOUND = "cover_not_found"
    LEAVE_NOT_FOUND = "leave_not_found"
    LEAVE_BACKWARDS = "leave_ends_before_it_starts"
    CALENDAR_ADDRESS = "calendar_address"
    FEED_NOT_FOUND = "feed_not_found"
