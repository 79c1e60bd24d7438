"""Why postmortems say no."""

from enum import StrEnum


class Reviewing(StrEnum):
    """What is not there, or not as it must be."""

    NOT_FOUND = "postmortem_not_found"
    EXISTS = "postmortem_exists"
    NOT_RESOLVED = "postmortem_incident_not_resolved"
    SECTION_UNKNOWN = "postmortem_section_unknown"
    SAVED_MEANWHILE = "postmortem_section_saved_meanwhile"
    PUBLISHED = "postmortem_published"
    WAIVED = "postmortem_waived"
    REVIEWER_UNKNOWN = "postmortem_reviewer_unknown"
    REVIEWER_MAY_NOT_SEE = "postmortem_reviewer_may_not_see"
    MEETING_NOT_PLANNED = "postmortem_meeting_not_planned"
    MEETING_HELD = "postmortem_meeting_held"
    MEETING_AHEAD = "postmortem_meeting_ahead"
    REASON_NEEDED = "postmortem_reason_needed"
