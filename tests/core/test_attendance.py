"""Every alert is acknowledged or escalated, in time (R41)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.attendance import UNATTENDED, Attendance, Course, attended, share

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def at(minutes: float | None) -> datetime | None:
    return None if minutes is None else T0 + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("acknowledged", "escalated", "resolved", "at_end", "now", "outcome"),
    [
        (14, None, None, False, 60, Attendance.ACKNOWLEDGED),
        (15, 20, None, True, 60, Attendance.ACKNOWLEDGED),
        (None, 15.1, None, False, 60, Attendance.ESCALATED),
        (40, 15.1, None, False, 60, Attendance.ESCALATED),
        (None, 15.1, 50, True, 60, Attendance.ESCALATED),
        (None, 15.1, None, True, 60, Attendance.AT_THE_END),
        (None, None, None, True, 10, Attendance.NOT_OWED_YET),
        (None, None, 12, False, 60, Attendance.OVER_IN_TIME),
        (None, None, None, False, 14, Attendance.NOT_OWED_YET),
        (16, None, None, False, 60, Attendance.LATE),
        (None, 30, None, False, 60, Attendance.LATE),
        (None, None, 40, False, 60, Attendance.OVER_UNSEEN),
        (None, None, None, False, 60, Attendance.NOBODY),
    ],
)
def test_each_course_has_its_outcome(acknowledged, escalated, resolved, at_end, now, outcome):
    course = Course(T0, at(acknowledged), at(escalated), at(resolved), at_end)
    assert attended(course, QUARTER, at(now)) is outcome


@given(st.integers(0, 60), st.integers(0, 60))
def test_an_answer_in_time_is_enough_whatever_else_happened(answer, more):
    found = attended(Course(T0, at(answer), at(more), at(more), True), QUARTER, at(120))
    assert (found in UNATTENDED) == (answer > 15 and more > 16)


def test_the_share_leaves_out_what_is_not_owed_yet():
    found = [Attendance.ACKNOWLEDGED, Attendance.ESCALATED, Attendance.NOBODY, Attendance.NOT_OWED_YET]
    assert (share(found).owed, share(found).attended) == (3, 2)
    assert share([]).percent == 100
