"""Days of signals: which are to be made, and which are old."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from muster.core.retention import day_of, droppable, is_held, last_day, missing, part_of

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_days_are_those_of_utc() -> None:
    """Whatever zone a clock is read in."""
    late = datetime(2026, 11, 28, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert day_of(late) == date(2026, 11, 29)
    assert part_of(day_of(AT)) == "detect_signal_20261128"


@pytest.mark.parametrize(
    ("part", "day"),
    [
        ("detect_signal_20261128", date(2026, 11, 28)),
        ("detect_signal_until_20261128", date(2026, 11, 27)),
        ("detect_signal_default", None),
        ("detect_signal_20261328", None),
        ("detect_signal_until_2026112x", None),
        ("detect_signalday", None),
        ("other_20261128", None),
    ],
)
def test_a_part_is_named_after_its_last_day(part: str, day: date | None) -> None:
    assert last_day(part) == day


def test_missing_days_are_today_and_those_ahead_soonest_first() -> None:
    there = ["detect_signal_default", "detect_signal_20261129"]
    assert missing(there, AT, ahead=3) == [date(2026, 11, 28), date(2026, 11, 30), date(2026, 12, 1)]
    assert missing([*there, "detect_signal_until_20261129"], AT, ahead=1) == []
    assert missing([], AT - timedelta(days=400), ahead=0) == [date(2025, 10, 24)]


def test_what_came_before_there_were_days_holds_all_days_until_then() -> None:
    assert is_held(["detect_signal_until_20261129"], date(2020, 1, 1))
    assert not is_held(["detect_signal_until_20261129"], date(2026, 11, 29))


def test_a_day_is_old_when_its_last_instant_is() -> None:
    """Every signal is kept for at least so many days."""
    parts = [part_of(AT.date() - timedelta(days=n)) for n in range(120)]
    old = droppable(["detect_signal_default", *parts], AT, keep_days=90)
    assert old == [part_of(AT.date() - timedelta(days=n)) for n in range(119, 90, -1)]
    assert droppable(["detect_signal_until_20260831"], AT, keep_days=90) == []
    assert droppable(["detect_signal_until_20260830"], AT, keep_days=90) == ["detect_signal_until_20260830"]
