"""Why action items say no."""

from enum import StrEnum


class Acting(StrEnum):
    """What is not there, or not as it must be."""

    NOT_FOUND = "action_item_not_found"
    TITLE_NEEDED = "action_item_title_needed"
    OWNER_UNKNOWN = "action_item_owner_unknown"
    OWNER_MAY_NOT_SEE = "action_item_owner_may_not_see"
    OVER = "action_item_over"
