"""What is asked of a calendar, and why it may not be read; pure, usable anywhere."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

LIMIT_BYTES: Final = 2 * 1024 * 1024
LIMIT_SPANS: Final = 500
LOOKED_AHEAD: Final = timedelta(days=120)

LEAST_BUSY: Final = timedelta(hours=4)
"""Whoever is busy for less is in a meeting, not away."""


class BusyReason(StrEnum):
    """Why a calendar could not be read; views word it."""

    REFUSED_ADDRESS = "refused_address"
    NOT_THERE = "not_there"
    NO_ANSWER = "no_answer"
    TOO_LARGE = "too_large"
    NO_CALENDAR = "no_calendar"
    UNKNOWN_ZONE = "unknown_zone"
    TOO_OFTEN = "too_often"
