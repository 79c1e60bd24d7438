"""Why the catalog says no."""

from enum import StrEnum


class NotFound(StrEnum):
    """What is not there, or not for you: the same answer for both."""

    TEAM = "team_not_found"
    SERVICE = "service_not_found"
    PRODUCT = "product_not_found"
    CUSTOMER = "customer_not_found"
    POSITION = "position_not_found"


class Taken(StrEnum):
    """What something else has, or had."""

    HANDLE = "handle_taken"


class Invalid(StrEnum):
    """What is not of the right form."""

    HANDLE = "handle_invalid"
    NAME = "name_invalid"
    TIMEZONE = "timezone_unknown"
    HOURS = "hours_invalid"
    HOLIDAYS = "holidays_unknown"
    URGENCY = "urgency_unknown"
    RUNBOOK_URL = "runbook_url_invalid"
    RETIRED = "names_retired"
    DEPENDS_ON_ITSELF = "service_depends_on_itself"


class Retiring(StrEnum):
    """Why something cannot be retired, or brought back."""

    POINTED_AT = "still_pointed_at"
    RESERVED = "reserved"
    POINTS_AT_RETIRED = "points_at_retired"
