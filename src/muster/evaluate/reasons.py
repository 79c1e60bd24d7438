"""Why evaluate says no."""

from enum import StrEnum


class Evaluate(StrEnum):
    """What is not there, or not as it must be."""

    GROUP_NOT_FOUND = "group_not_found"
    INCIDENT_NOT_FOUND = "incident_not_found"
    SILENCE_NOT_FOUND = "silence_not_found"
    RULE_NOT_FOUND = "rule_not_found"
    VIEW_NOT_FOUND = "alert_view_not_found"
    VIEW_DELETED = "alert_view_deleted"
    ROUTE_NOT_FOUND = "route_not_found"
    END_NEEDED = "silence_needs_an_end"
    BAD_MATCHER = "bad_matcher"
    TITLE_NEEDED = "title_needed"
    SERVICE_UNKNOWN = "service_unknown"
    SEVERITY_UNKNOWN = "severity_unknown"
    ALERT_HAS_INCIDENT = "alert_has_incident"
    NOT_ATTACHED = "group_is_not_attached"
    TOO_MANY_GROUPS = "too_many_groups"
    MUTING_OVER = "muting_is_over"
    NO_WORK_THEN = "no_work_begins_then"
    WORK_TOO_LONG = "work_too_long"
    HANDLE_TAKEN = "route_handle_taken"
