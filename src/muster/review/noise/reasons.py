"""Why the report on noise says no."""

from enum import StrEnum


class Noise(StrEnum):
    """What is not there, or not as it was."""

    NO_PATTERN = "noise_has_no_such_alert"
    NO_SUGGESTION = "noise_suggests_no_such_thing"
    CHANGED_SINCE = "suggestion_changed_since"
