"""Why paging says no."""

from enum import StrEnum


class Paging(StrEnum):
    """What is not there, or too old."""

    LINK_EXPIRED = "page_link_expired"
    PAGE_NOT_FOUND = "page_not_found"
    NOBODY_TO_PAGE = "nobody_to_page"
    WEBHOOK_NOT_FOUND = "webhook_not_found"
    WEBHOOK_INVALID = "webhook_invalid"


class DeliveryStopped(StrEnum):
    """Why what waited is not sent any more."""

    ANSWERED = "answered"
    ENDED = "ended"
    HELD_BACK = "held_back"
