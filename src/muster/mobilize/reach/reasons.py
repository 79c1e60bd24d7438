"""Why proving or testing a contact is refused."""

from enum import StrEnum


class Testing(StrEnum):
    """Why no test page is sent."""

    NOTHING_TO_TEST = "nothing_to_test"
    TOO_MANY = "test_pages_too_many"
    PLAN_INVALID = "test_plan_invalid"
