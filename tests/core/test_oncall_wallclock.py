"""Local time becomes an instant in one way, and durations are spelled in one way."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.wallclock import (
    EARLIEST,
    LATEST,
    Every,
    Unit,
    UnknownZone,
    format_duration,
    format_every,
    format_moment,
    instant,
    parse_duration,
    parse_every,
    parse_moment,
    parse_time_of_day,
    plus_months,
    wall_time,
    zone,
    zone_names,
)

MADRID = zone("Europe/Madrid")
CHICAGO = zone("America/Chicago")
LORD_HOWE = zone("Australia/Lord_Howe")
APIA = zone("Pacific/Apia")


def wall(text: str) -> datetime:
    """A local time: no offset on purpose."""
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("where", "local", "expected"),
    [
        (MADRID, "2026-01-05T09:00", "2026-01-05T08:00"),
        (MADRID, "2026-07-06T09:00", "2026-07-06T07:00"),
        # gap 02:00-03:00: offset before it (+1), so 02:30 is what the wall calls 03:30
        (MADRID, "2026-03-29T02:30", "2026-03-29T01:30"),
        (MADRID, "2026-03-29T02:00", "2026-03-29T01:00"),
        (MADRID, "2026-03-29T03:00", "2026-03-29T01:00"),
        # fold 02:00-03:00: the first of the two (still summer time)  (mutant M11)
        (MADRID, "2026-10-25T02:30", "2026-10-25T00:30"),
        (MADRID, "2026-10-25T02:00", "2026-10-25T00:00"),
        (MADRID, "2026-10-25T03:00", "2026-10-25T02:00"),
        (CHICAGO, "2026-03-08T02:30", "2026-03-08T08:30"),
        (CHICAGO, "2026-11-01T01:30", "2026-11-01T06:30"),
        # Lord Howe moves by half an hour
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45"),
        (LORD_HOWE, "2026-10-04T02:15", "2026-10-03T15:45"),
        # Samoa had no 30 December 2011
        (APIA, "2011-12-30T09:00", "2011-12-30T19:00"),
        (APIA, "2011-12-31T09:00", "2011-12-30T19:00"),
    ],
)
def test_a_gap_shifts_forward_and_a_fold_is_its_first_occurrence(where, local, expected):
    assert instant(wall(local), where) == utc(expected)


def test_the_fold_attribute_of_the_argument_does_not_choose_the_later_instant():
    second = wall("2026-10-25T02:30").replace(fold=1)
    assert instant(second, MADRID) == utc("2026-10-25T00:30")


def test_a_time_with_an_offset_is_an_instant_already():
    second = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1)))
    assert instant(second, CHICAGO) == utc("2026-10-25T01:30")


@pytest.mark.parametrize("name", ["Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_ends_of_the_calendar_have_instants_too(name):
    where = zone(name)
    assert instant(wall("0001-01-01T00:00"), where) == EARLIEST
    assert instant(wall("9999-12-31T23:59"), where) == LATEST
    assert wall_time(datetime.max.replace(tzinfo=UTC), where).year in (9997, 9998)


@pytest.mark.parametrize(
    "name", ["Europe/Nowhere", "", "../tzdata/zones", "/etc/passwd", "europe/madrid", "zone.tab"]
)
def test_a_name_that_the_database_does_not_list_is_refused(name):
    with pytest.raises(UnknownZone):
        zone(name)


def test_every_listed_zone_can_be_read():
    assert len(zone_names()) > 500
    for name in zone_names():
        assert zone(name).key == name


def test_links_and_the_inverted_sign_of_etc_zones_are_as_the_database_says():
    noon = wall("2026-06-01T12:00")
    assert instant(noon, zone("US/Central")) == instant(noon, CHICAGO)
    assert instant(noon, zone("Etc/GMT+5")) == utc("2026-06-01T17:00")


def test_zones_do_not_come_from_the_machine(monkeypatch, tmp_path):
    # A file that would be read if the system's path were consulted; the answer must not change.
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Madrid").write_bytes(b"not a zone")
    monkeypatch.setenv("PYTHONTZPATH", str(tmp_path))
    zone.cache_clear()
    assert instant(wall("2026-01-05T09:00"), zone("Europe/Madrid")) == utc("2026-01-05T08:00")


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2026-01-31T09:00", 1, "2026-02-28T09:00"),
        ("2026-01-31T09:00", 2, "2026-03-31T09:00"),
        ("2026-01-31T09:00", 3, "2026-04-30T09:00"),
        ("2024-02-29T09:00", 12, "2025-02-28T09:00"),
        ("2024-02-29T09:00", 48, "2028-02-29T09:00"),
        ("2026-12-15T09:00", 1, "2027-01-15T09:00"),
    ],
)
def test_a_month_without_the_day_takes_its_last_day(start, months, expected):
    assert plus_months(wall(start), months) == wall(expected)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0s", timedelta(0)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("4h", timedelta(hours=4)),
        ("2d", timedelta(days=2)),
        ("1w", timedelta(weeks=1)),
    ],
)
def test_durations_are_read_and_written_in_one_spelling(text, duration):
    assert parse_duration(text) == duration
    assert format_duration(duration) == text


@given(st.integers(min_value=0, max_value=520 * 604_800))
def test_every_duration_in_whole_seconds_survives_the_round_trip(seconds):
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    "text", ["", "15", "m", "-1m", "1.5h", "15 m", "1h30m", "15M", "1y", "٣m", "9999999w", "99999999999s"]
)
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize("duration", [timedelta(seconds=-1), timedelta(milliseconds=1)])
def test_a_duration_that_cannot_be_spelled_is_refused(duration):
    with pytest.raises(ValueError):
        format_duration(duration)


@pytest.mark.parametrize(
    ("text", "every", "written"),
    [
        ("1 week", Every(1, Unit.WEEKS), "1 week"),
        ("1 weeks", Every(1, Unit.WEEKS), "1 week"),
        ("12 hours", Every(12, Unit.HOURS), "12 hours"),
        ("3 day", Every(3, Unit.DAYS), "3 days"),
        ("2 months", Every(2, Unit.MONTHS), "2 months"),
    ],
)
def test_turns_are_a_count_and_a_unit_in_singular_or_plural(text, every, written):
    assert parse_every(text) == every
    assert format_every(every) == written


@pytest.mark.parametrize(
    "text", ["", "week", "0 weeks", "-1 days", "1 year", "1week", "1.5 days", "1001 hours", "weekly"]
)
def test_what_is_not_a_turn_is_refused(text):
    with pytest.raises(ValueError):
        parse_every(text)


def test_a_moment_is_local_without_an_offset_and_an_instant_with_one():
    assert parse_moment("2026-01-05T09:00") == wall("2026-01-05T09:00")
    assert parse_moment("2026-01-05T09:00Z") == utc("2026-01-05T09:00")
    assert format_moment(wall("2026-01-05T09:00")) == "2026-01-05T09:00"
    assert format_moment(utc("2026-01-05T09:00:30")) == "2026-01-05T09:00:30+00:00"


@pytest.mark.parametrize("text", ["2026-01-05", "2026-02-30T09:00", "soon", ""])
def test_what_is_not_a_moment_is_refused(text):
    with pytest.raises(ValueError):
        parse_moment(text)


def test_times_of_day_may_name_the_midnight_that_ends_the_day():
    assert parse_time_of_day("24:00") == time(0)
    assert parse_time_of_day("09:30") == time(9, 30)
    assert parse_time_of_day("09:30+02:00").utcoffset() == timedelta(hours=2)
