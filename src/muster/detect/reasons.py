"""Why detect says no."""

from enum import StrEnum


class Detect(StrEnum):
    """What is not there, or not as it must be."""

    ALERT_NOT_FOUND = "alert_not_found"
    INTEGRATION_NOT_FOUND = "integration_not_found"
    INTEGRATION_KIND = "integration_kind_unknown"
    HANDLE_TAKEN = "integration_handle_taken"
    KEY_UNKNOWN = "integration_key_unknown"
    SERVICE_RETIRED = "service_retired"
