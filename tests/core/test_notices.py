"""Notices go by a person's own rules, at their own hours, but never too late to be of use. R44"""

from datetime import UTC, datetime, time, timedelta

from muster.core.calendar import WEEKDAYS, Calendar
from muster.core.hold import ALWAYS, PersonHours
from muster.core.notices import notice_due, ways
from muster.core.paging import ContactMethod, ContactRule
from muster.core.urgency import Urgency

NIGHT = PersonHours(quiet=(Calendar("UTC", frozenset(WEEKDAYS), time(22), time(7)),))
AT = datetime(2026, 10, 5, 23, tzinfo=UTC)
MAIL, PUSH, OLD = (
    ContactMethod(1, "email", "mail"),
    ContactMethod(2, "ntfy", "push"),
    ContactMethod(3, "email", "old", False),
)
RULES = {
    Urgency.HIGH: [ContactRule(timedelta(0), "push")],
    Urgency.LOW: [ContactRule(timedelta(minutes=5), "mail")],
}


def test_the_rules_for_what_can_wait_come_first_and_the_other_ways_after_them():
    assert ways(RULES, [PUSH, MAIL, OLD], AT) == [MAIL, PUSH]
    assert ways({}, [PUSH, MAIL], AT) == [PUSH, MAIL]


def test_what_does_not_work_is_left_out():
    assert ways(RULES, [PUSH, MAIL], AT, besides=[1]) == [PUSH]
    assert ways(RULES, [MAIL, OLD], AT, besides=[1]) == []


def test_quiet_hours_hold_a_notice_unless_it_would_come_too_late():
    seven = datetime(2026, 10, 6, 7, tzinfo=UTC)
    assert notice_due(NIGHT, AT) == seven
    assert notice_due(NIGHT, AT, before=seven + timedelta(hours=1)) == seven
    assert notice_due(NIGHT, AT, before=seven) == AT
    assert notice_due(ALWAYS, AT) == AT
