"""Every alert is acknowledged or escalated, in time: what became of one that paged people (R41). Pure.

Time counts from when people were first to be paged: what was held until hours open owes nothing before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Attendance(StrEnum):
    """What became of an alert."""

    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    OVER_IN_TIME = "over_in_time"
    NOT_OWED_YET = "not_owed_yet"
    LATE = "late"
    OVER_UNSEEN = "over_unseen"
    NOBODY = "nobody"
    AT_THE_END = "at_the_end"


UNATTENDED: Final = frozenset(
    {Attendance.LATE, Attendance.OVER_UNSEEN, Attendance.NOBODY, Attendance.AT_THE_END}
)
"""What the report is for, and what counts against the share that the Standard wants."""
STARTS_WITHIN: Final = timedelta(minutes=1)
"""A step is due at a time and starts a moment later: so much later is in time."""


@dataclass(frozen=True, slots=True)
class Course:
    """When what happened to an alert. `acknowledged_at` is a person's first word, be it that it is over.

    `escalated_at` is when people beyond the first ones were asked first, `at_end` that the ladder has ended.
    """

    owed_from: datetime
    acknowledged_at: datetime | None = None
    escalated_at: datetime | None = None
    resolved_at: datetime | None = None
    at_end: bool = False


def attended(course: Course, within: timedelta, at: datetime) -> Attendance:
    """Judge one alert at an instant; `within` is how long the Standard lets the first ones answer."""
    due = course.owed_from + within
    if _in_time(course.acknowledged_at, due):
        return Attendance.ACKNOWLEDGED
    is_open = course.acknowledged_at is None and course.resolved_at is None
    if course.at_end and is_open and at > due:
        return Attendance.AT_THE_END
    if _in_time(course.escalated_at, due + STARTS_WITHIN):
        return Attendance.ESCALATED
    if _in_time(course.resolved_at, due):
        return Attendance.OVER_IN_TIME
    if at <= due + STARTS_WITHIN:
        return Attendance.NOT_OWED_YET
    if course.acknowledged_at is not None or course.escalated_at is not None:
        return Attendance.LATE
    return Attendance.OVER_UNSEEN if course.resolved_at is not None else Attendance.NOBODY


def _in_time(happened: datetime | None, due: datetime) -> bool:
    return happened is not None and happened <= due


@dataclass(frozen=True, slots=True)
class Share:
    """How many alerts of a time had to be attended to, and how many were; not those that have time yet."""

    owed: int
    attended: int

    @property
    def percent(self) -> float:
        """100 where nothing was owed."""
        return 100.0 if not self.owed else 100.0 * self.attended / self.owed


def share(found: Iterable[Attendance]) -> Share:
    """The share of all alerts that were acknowledged or escalated in time."""
    judged = [one for one in found if one is not Attendance.NOT_OWED_YET]
    return Share(len(judged), sum(1 for one in judged if one not in UNATTENDED))
