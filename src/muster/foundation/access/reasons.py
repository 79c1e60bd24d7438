"""Why access says no."""

from enum import StrEnum


class SignIn(StrEnum):
    """Why somebody does not get in."""

    ACCESS_ENDED = "access_ended"
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105 - a reason
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason
    LINK_USED = "link_used"


class NotFound(StrEnum):
    """What is not there, or not for you: the same answer for both."""

    PERSON = "person_not_found"
    CONTACT = "contact_not_found"
    CONTACT_KIND = "contact_kind_not_found"
    TOKEN = "token_not_found"  # noqa: S105 - a reason


class Taken(StrEnum):
    """What somebody else has."""

    HANDLE = "handle_taken"
    EMAIL = "email_taken"


class Invalid(StrEnum):
    """What is not of the right form."""

    HANDLE = "handle_invalid"
    TIMEZONE = "timezone_unknown"
    ROLE = "role_unknown"
    LAST_ADMIN = "last_admin"
    CONTACT = "contact_invalid"
    RULE_CONTACT = "rule_names_unknown_contact"
    RULES = "contact_rules_invalid"
    HOURS = "person_hours_invalid"
    NO_HOUR_LEFT = "person_hours_leave_nothing"


class Idempotency(StrEnum):
    """Why an `Idempotency-Key` is refused."""

    KEY_INVALID = "idempotency_key_invalid"
    KEY_REUSED = "idempotency_key_reused"
