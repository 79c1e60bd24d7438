"""Why obligations say no."""

from enum import StrEnum


class Owing(StrEnum):
    """What is not there."""

    NOT_FOUND = "obligation_not_found"
