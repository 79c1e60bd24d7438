"""Quiet and working hours as plain data: read strictly, written back the same, on the person's own wall."""

from datetime import UTC, datetime, time

import pytest

from muster.core.hold import HoldReason, begin_page, never_begins
from muster.core.hours_form import MOST_WINDOWS, read_hours, write_hours
from muster.core.plain_form import FormFault
from muster.core.urgency import Urgency

NIGHTS = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "to": "07:00"}
WEEKENDS = {"days": ["sat", "sun"], "from": "00:00", "to": "24:00"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_what_is_written_is_read_back():
    data = {"quiet": [NIGHTS, WEEKENDS], "working": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]}
    assert write_hours(read_hours(data, "Europe/Madrid")) == data
    assert write_hours(read_hours({}, "UTC")) == {}
    assert write_hours(read_hours({"quiet": []}, "UTC")) == {}


def test_days_and_times_may_be_left_out():
    [window] = read_hours({"quiet": [{"from": "22:00", "to": "07:00"}]}, "UTC").quiet
    assert (len(window.days), window.opens, window.closes) == (7, time(22), time(7))
    [window] = read_hours({"quiet": [{"days": ["sun"]}]}, "UTC").quiet
    assert (window.opens, window.closes) == (time(0), time(0))


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([], ""),
        ({"silent": []}, "silent"),
        ({"quiet": {}}, "quiet"),
        ({"quiet": [{"days": ["monday"]}]}, "quiet.0.days.0"),
        ({"quiet": [{"from": "25:00"}]}, "quiet.0.from"),
        ({"quiet": [{"to": "07:00+02:00"}]}, "quiet.0.to"),
        ({"working": [NIGHTS, {"till": "07:00"}]}, "working.1.till"),
        ({"quiet": [NIGHTS] * (MOST_WINDOWS + 1)}, "quiet"),
    ],
)
def test_what_cannot_hold_is_refused_at_its_place(data, path):
    with pytest.raises(FormFault) as fault:
        read_hours(data, "UTC")
    assert fault.value.path == path


def test_windows_that_touch_are_one_quiet_time():
    """Friday night runs into the weekend, and the weekend into Monday's small hours."""
    hours = read_hours({"quiet": [NIGHTS, WEEKENDS]}, "Europe/Madrid")
    found = begin_page(Urgency.LOW, hours, at("2026-01-09T23:00+01:00"))
    assert (found.at, found.reason) == (at("2026-01-12T00:00+01:00"), HoldReason.QUIET_HOURS)


def test_the_same_words_mean_other_instants_elsewhere():
    """22:00 is on the wall of the person's own zone."""
    moment = at("2026-01-06T22:30+00:00")
    there = read_hours({"quiet": [NIGHTS]}, "America/New_York")
    here = read_hours({"quiet": [NIGHTS]}, "Europe/London")
    assert begin_page(Urgency.LOW, there, moment).at == moment
    assert begin_page(Urgency.LOW, here, moment).at == at("2026-01-07T07:00+00:00")


def test_hours_that_leave_nothing_are_known():
    always = read_hours({"quiet": [{}]}, "UTC")
    assert never_begins(always, datetime(2026, 1, 5, tzinfo=UTC))
    hidden = read_hours(
        {
            "quiet": [{"from": "08:00", "to": "18:00"}],
            "working": [WEEKENDS | {"from": "09:00", "to": "17:00"}],
        },
        "UTC",
    )
    assert never_begins(hidden, datetime(2026, 1, 5, tzinfo=UTC))
    assert not never_begins(
        read_hours({"quiet": [NIGHTS, WEEKENDS]}, "UTC"), datetime(2026, 1, 5, tzinfo=UTC)
    )
