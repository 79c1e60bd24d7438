"""Why detect says no."""

from enum import StrEnum


class Detect(StrEnum):
    """What is not there, or not as it must be."""

    ALERT_NOT_FOUND = "alert_not_found"
    ALERT_UNCHANGED = "alert_unchanged"
    INTEGRATION_NOT_FOUND = "integration_not_found"
    INTEGRATION_KIND = "integration_kind_unknown"
    KIND_IS_FOR_EVER = "integration_kind_is_for_ever"
    MAPPING_NOT_READ = "integration_takes_no_mapping"
    MAPPING_INVALID = "integration_mapping_invalid"
    MAPPING_CHANGED = "integration_mapping_changed"
    MARK_UNKNOWN = "integration_mark_unknown"
    INTEGRATION_RETIRED = "integration_retired"
    DOOR_UNKNOWN = "integration_door_unknown"
    KEY_UNKNOWN = "integration_key_unknown"
    SERVICE_RETIRED = "service_retired"
    CHANGE_UNSAID = "change_unsaid"
    HEARTBEAT_NOT_FOUND = "heartbeat_not_found"
    HEARTBEAT_NAME_TAKEN = "heartbeat_name_taken"
    HEARTBEAT_RETIRED = "heartbeat_retired"
    GRACE_UNREADABLE = "heartbeat_grace_unreadable"
    SEVERITY_UNKNOWN = "alert_severity_unknown"
