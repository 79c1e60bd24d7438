"""Why restore says no."""

from enum import StrEnum


class Restore(StrEnum):
    """What cannot be stated or done."""

    CHECK_UNKNOWN = "gate_check_unknown"
    READ_FROM_ROWS = "gate_check_is_read"
    TARGET_OVER = "merge_target_over"
