"""When planned work recurs: on the wall clock of its zone, whatever the clocks do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.recurrence import Span, first_occurrence, occurrences, read_repeat
from muster.core.wallclock import zone

MADRID = zone("Europe/Madrid")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(first: str, repeat: str, a: str, b: str) -> list[str]:
    found = occurrences(local(first), HOUR, MADRID, repeat, utc(a), utc(b))
    return [span.start.strftime("%m-%d %H:%M") for span in found]


def test_work_that_does_not_recur_is_one_span() -> None:
    found = occurrences(local("2026-03-01T02:00"), 2 * HOUR, MADRID, "", utc("2026-03-01"), utc("2026-03-02"))
    assert found == [Span(utc("2026-03-01T01:00"), utc("2026-03-01T03:00"))]


def test_a_wall_clock_time_stays_when_the_clocks_change() -> None:
    """Spain goes from UTC+1 to UTC+2 on 29 March 2026."""
    assert starts("2026-03-01T04:00", "FREQ=WEEKLY;BYDAY=SU", "2026-03-20", "2026-04-10") == [
        "03-22 03:00",
        "03-29 02:00",
        "04-05 02:00",
    ]


def test_a_time_that_the_clocks_skip_begins_when_they_go_on() -> None:
    assert starts("2026-03-01T02:30", "FREQ=DAILY", "2026-03-29", "2026-03-30") == ["03-29 01:30"]


def test_a_time_that_comes_twice_begins_the_first_time() -> None:
    assert starts("2026-10-01T02:30", "FREQ=DAILY", "2026-10-25", "2026-10-26") == ["10-25 00:30"]


@pytest.mark.parametrize(
    ("repeat", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=2TU", ["2026-01-13", "2026-02-10", "2026-03-10"]),
        ("FREQ=MONTHLY;BYDAY=-1SU", ["2026-01-25", "2026-02-22", "2026-03-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-01-31", "2026-03-31"]),
        ("FREQ=WEEKLY;INTERVAL=4;BYDAY=MO;COUNT=3", ["2026-01-26", "2026-02-23", "2026-03-23"]),
        ("FREQ=DAILY;UNTIL=20260103T230000Z", ["2026-01-01", "2026-01-02", "2026-01-03"]),
    ],
)
def test_the_rules_that_people_use(repeat: str, days: list[str]) -> None:
    found = occurrences(
        local("2026-01-01T12:00"), HOUR, MADRID, read_repeat(repeat), utc("2026-01-01"), utc("2026-04-01")
    )
    assert [span.start.date().isoformat() for span in found] == days


def test_one_that_began_before_the_stretch_and_still_lasts_is_in_it() -> None:
    first = local("2026-01-01T22:00")
    found = occurrences(first, 6 * HOUR, MADRID, "FREQ=DAILY", utc("2026-02-02"), utc("2026-02-02T01:00"))
    assert [span.start for span in found] == [utc("2026-02-01T21:00")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "every sunday",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;INTERVAL=5",
        "FREQ=DAILY;BYHOUR=1,2",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=DAILY;BYMONTHDAY=30",
        "FREQ=DAILY;COUNT=2;UNTIL=20260101",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY\nEXDATE:20260101T000000",
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY",
    ],
)
def test_what_is_no_rule_here_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_repeat(text)


def test_a_rule_is_kept_in_one_spelling() -> None:
    assert read_repeat(" rrule:freq=weekly; byday=su; ") == "FREQ=WEEKLY;BYDAY=SU"


def test_a_date_that_never_comes_is_told() -> None:
    first = local("2026-01-06T02:00")
    for repeat in ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;UNTIL=20260110"):
        assert first_occurrence(first, HOUR, MADRID, repeat, utc("2026-03-01")) is None
    assert first_occurrence(first, HOUR, MADRID, "", utc("2026-03-01")) is None


def test_the_first_is_the_one_that_goes_on_now() -> None:
    first = local("2026-03-01T02:00")
    found = first_occurrence(first, 2 * HOUR, MADRID, "FREQ=DAILY", utc("2026-03-05T02:30"))
    assert found == Span(utc("2026-03-05T01:00"), utc("2026-03-05T03:00"))


@given(
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,WE", "FREQ=MONTHLY;BYDAY=1MO", ""]),
    st.integers(0, 700),
    st.integers(1, 40),
)
def test_spans_are_found_whichever_stretch_is_asked(repeat: str, day: int, hours: int) -> None:
    """What a day has is what a month has of that day."""
    first, lasts = local("2026-01-05T01:30"), timedelta(hours=hours)
    a = utc("2026-01-01") + day * DAY
    found = occurrences(first, lasts, MADRID, repeat, a, a + DAY)
    longer = occurrences(first, lasts, MADRID, repeat, a - 30 * DAY, a + 30 * DAY)
    assert found == [span for span in longer if span.start < a + DAY and span.end > a]
