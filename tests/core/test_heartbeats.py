"""Heartbeats: schedules on days when the clocks change, and what pings and silence lead to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from muster.core.heartbeats import (
    Beat,
    BeatState,
    Down,
    HeartbeatRefusal,
    PingKind,
    Rhythm,
    Standing,
    counted_anew,
    due_at,
    expected_at,
    missed,
    paused,
    pinged,
    resumed,
    rhythm_of,
    schedule_of,
    spared,
    standing,
)
from muster.core.refusal import Refused
from muster.core.signals import Action
from muster.core.wallclock import zone

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOURLY = rhythm_of("1h", "UTC", 5 * MINUTE)


def utc(text: str) -> datetime:
    """A time of the table."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "timezone", "since", "expected"),
    [
        ("15m", "UTC", "2026-03-02T12:00", "2026-03-02T12:15"),
        ("1d", "Europe/Madrid", "2026-03-28T12:00", "2026-03-29T12:00"),  # a day elapses, 24 hours
        ("0 3 * * *", "UTC", "2026-03-02T12:00", "2026-03-03T03:00"),
        ("0 3 * * *", "Europe/Madrid", "2026-03-02T12:00", "2026-03-03T02:00"),
        ("0 3 * * *", "UTC", "2026-03-03T03:00", "2026-03-04T03:00"),  # after, never at
        ("0 9 * * 1-5", "UTC", "2026-03-06T10:00", "2026-03-09T09:00"),
        ("0 0 L * *", "UTC", "2026-02-10T00:00", "2026-02-28T00:00"),
        ("0 0 29 2 *", "UTC", "2026-03-01T00:00", "2028-02-29T00:00"),
        # Madrid's clocks go from 02:00 to 03:00 on 2026-03-29: what stood in the gap comes right after it.
        ("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00", "2026-03-29T01:00"),
        ("30 2 * * *", "Europe/Madrid", "2026-03-29T01:00", "2026-03-30T00:30"),
        ("*/30 * * * *", "Europe/Madrid", "2026-03-29T00:30", "2026-03-29T01:00"),
        # They go from 03:00 back to 02:00 on 2026-10-25: once a day stays once, every half hour goes on.
        ("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00", "2026-10-25T00:30"),
        ("30 2 * * *", "Europe/Madrid", "2026-10-25T00:30", "2026-10-26T01:30"),
        ("30 2 * * *", "Europe/Madrid", "2026-10-25T01:15", "2026-10-26T01:30"),
        ("*/30 * * * *", "Europe/Madrid", "2026-10-25T00:30", "2026-10-25T01:00"),
        ("*/30 * * * *", "Europe/Madrid", "2026-10-25T01:00", "2026-10-25T01:30"),
        # Lord Howe's clocks change by half an hour.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", "2026-10-03T15:30"),
    ],
)
def test_the_next_expected_time(text: str, timezone: str, since: str, expected: str) -> None:
    assert schedule_of(text, timezone).after(utc(since)) == utc(expected)


@pytest.mark.parametrize(
    ("text", "timezone", "reason"),
    [
        ("", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ("often", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ("@daily", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ("0 0 * * * *", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),  # seconds are no field of ours
        ("61 * * * *", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ("0 0 30 2 *", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ("*/0 * * * *", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ("1," * 150 + "1 * * * *", "UTC", HeartbeatRefusal.SCHEDULE_UNREADABLE),
        ("30s", "UTC", HeartbeatRefusal.SCHEDULE_TOO_SHORT),
        ("0m", "UTC", HeartbeatRefusal.SCHEDULE_TOO_SHORT),
        ("53w", "UTC", HeartbeatRefusal.SCHEDULE_TOO_LONG),
        ("1h", "Mars/Phobos", HeartbeatRefusal.ZONE_UNKNOWN),
        ("1h", "../../etc/passwd", HeartbeatRefusal.ZONE_UNKNOWN),
    ],
)
def test_what_is_no_schedule_is_refused(text: str, timezone: str, reason: HeartbeatRefusal) -> None:
    with pytest.raises(Refused) as refused:
        schedule_of(text, timezone)
    assert refused.value.reason is reason


@pytest.mark.parametrize("grace", [-MINUTE, 366 * DAY, timedelta(milliseconds=1)])
def test_a_grace_has_its_bounds(grace: timedelta) -> None:
    with pytest.raises(Refused) as refused:
        rhythm_of("1h", "UTC", grace)
    assert refused.value.reason is HeartbeatRefusal.GRACE_OUT_OF_RANGE


def test_a_cron_expression_is_explained_and_a_pause_needs_no_words() -> None:
    assert schedule_of("0 3  * * *", "UTC").explained == "At 03:00 every day"
    assert schedule_of("1h", "UTC").explained == ""


def test_the_coming_times_follow_each_other() -> None:
    coming = schedule_of("0 3 * * *", "Europe/Madrid").coming(utc("2026-10-23T12:00"), 4)
    assert [at.strftime("%d %H:%M") for at in coming] == ["24 01:00", "25 02:00", "26 02:00", "27 02:00"]


ZONES = ["UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"]
CRONS = ["* * * * *", "*/7 * * * *", "30 2 * * *", "0 */5 * * *", "15 1-3 * * 0", "0 0 1 * *", "59 23 L * *"]
SCHEDULES = st.builds(schedule_of, st.sampled_from([*CRONS, "1m", "90m", "1d", "2w"]), st.sampled_from(ZONES))
INSTANTS = st.integers(0, 18 * 365 * 86_400).map(lambda s: utc("2011-12-01T00:00") + timedelta(seconds=s))


def around_a_change_of_clocks() -> st.SearchStrategy[datetime]:
    """Instants on nights when clocks are changed somewhere."""
    nights = st.sampled_from(["2026-03-28T22:00", "2026-10-24T22:00", "2026-11-01T04:00", "2026-03-08T04:00"])
    return st.builds(lambda night, s: utc(night) + timedelta(seconds=s), nights, st.integers(0, 36_000))


@UNHURRIED
@given(SCHEDULES, INSTANTS | around_a_change_of_clocks())
def test_what_is_expected_lies_ahead(schedule: object, since: datetime) -> None:
    coming = schedule.coming(since, 3)  # type: ignore[attr-defined]
    assert since < coming[0] < coming[1] < coming[2]
    assert all(at.tzinfo is UTC for at in coming)


@UNHURRIED
@given(st.sampled_from(CRONS), st.sampled_from(ZONES), around_a_change_of_clocks(), st.integers(0, 7_200))
def test_who_reports_later_is_expected_no_earlier(
    text: str, timezone: str, since: datetime, later_s: int
) -> None:
    schedule = schedule_of(text, timezone)
    assert schedule.after(since) <= schedule.after(since + timedelta(seconds=later_s))


@UNHURRIED
@given(SCHEDULES, around_a_change_of_clocks())
def test_a_minute_of_the_day_is_kept_unless_the_clocks_skip_it(schedule: object, since: datetime) -> None:
    """What cron expects at 02:30 is at 02:30 on the wall, or directly after the gap."""
    if schedule.text != "30 2 * * *":  # type: ignore[attr-defined]
        return
    where = zone(schedule.timezone)  # type: ignore[attr-defined]
    wall = schedule.after(since).astimezone(where)  # type: ignore[attr-defined]
    assert (wall.hour, wall.minute) in {(2, 30), (3, 0)}


# Pings and silence


def up(since: datetime = NOON, **more: object) -> Beat:
    """A heartbeat that has reported."""
    return Beat(BeatState.UP, since, **more)  # type: ignore[arg-type]


def test_a_new_one_waits_for_its_first_report() -> None:
    new = Beat(BeatState.NEW)
    assert due_at(new, HOURLY) is None
    assert missed(new, HOURLY, at=NOON + 400 * DAY) is None
    turn = pinged(new, PingKind.SUCCESS, at=NOON)
    assert turn.change is not None
    assert (turn.beat.state, turn.change.kind, turn.action) == (BeatState.UP, "heartbeat.began", None)
    assert due_at(turn.beat, HOURLY) == NOON + HOUR + 5 * MINUTE


def test_a_report_in_time_is_no_event() -> None:
    turn = pinged(up(), PingKind.SUCCESS, at=NOON + HOUR)
    assert (turn.change, turn.action, turn.beat.since) == (None, None, NOON + HOUR)


def test_it_is_late_while_its_grace_runs_and_then_missed() -> None:
    assert standing(up(), HOURLY, NOON + HOUR) is Standing.UP
    assert standing(up(), HOURLY, NOON + HOUR + MINUTE) is Standing.LATE
    assert missed(up(), HOURLY, at=NOON + HOUR + 5 * MINUTE - timedelta(seconds=1)) is None
    turn = missed(up(), HOURLY, at=NOON + HOUR + 5 * MINUTE)
    assert turn is not None
    assert turn.change is not None
    assert (turn.beat.state, turn.action, turn.why) == (BeatState.DOWN, Action.TRIGGER, Down.SILENT)
    assert (turn.change.kind, turn.change.reason) == ("heartbeat.missed", Down.SILENT)
    assert due_at(turn.beat, HOURLY) is None
    assert missed(turn.beat, HOURLY, at=NOON + DAY) is None


def test_a_report_ends_it() -> None:
    turn = pinged(Beat(BeatState.DOWN, NOON), PingKind.SUCCESS, at=NOON + DAY)
    assert turn.change is not None
    assert (turn.beat.state, turn.action) == (BeatState.UP, Action.RESOLVE)
    assert turn.change.kind == "heartbeat.recovered"


def test_a_failure_opens_at_once_and_every_further_one_is_told() -> None:
    first = pinged(up(), PingKind.FAIL, at=NOON + MINUTE)
    assert first.change is not None
    assert (first.change.kind, first.action, first.why) == ("heartbeat.failed", Action.TRIGGER, Down.FAILED)
    again = pinged(first.beat, PingKind.FAIL, at=NOON + 2 * MINUTE)
    assert (again.change, again.action) == (None, Action.TRIGGER)


def test_a_log_changes_nothing() -> None:
    for state in BeatState:
        beat = Beat(state, NOON)
        assert pinged(beat, PingKind.LOG, at=NOON + DAY).beat == beat


def test_a_run_has_a_length_and_the_next_is_measured_anew() -> None:
    running = pinged(up(), PingKind.START, at=NOON + HOUR).beat
    assert (running.started_at, running.since) == (NOON + HOUR, NOON)
    done = pinged(running, PingKind.SUCCESS, at=NOON + HOUR + 3 * MINUTE).beat
    assert (done.took, done.started_at) == (3 * MINUTE, None)
    assert pinged(done, PingKind.SUCCESS, at=NOON + 2 * HOUR).beat.took is None


def test_a_run_that_does_not_end_within_its_grace_is_missed_even_a_first_one() -> None:
    for beat in (Beat(BeatState.NEW), up(NOON - MINUTE)):
        running = pinged(beat, PingKind.START, at=NOON).beat
        assert due_at(running, HOURLY) == NOON + 5 * MINUTE
        turn = missed(running, HOURLY, at=NOON + 5 * MINUTE)
        assert turn is not None
        assert turn.why is Down.UNFINISHED


def test_a_run_that_starts_late_has_no_more_time_than_the_silent_one() -> None:
    """The grace runs from the expected time."""
    running = pinged(up(), PingKind.START, at=NOON + HOUR + 4 * MINUTE).beat
    assert due_at(running, HOURLY) == NOON + HOUR + 5 * MINUTE
    turn = missed(running, HOURLY, at=NOON + 2 * HOUR)
    assert turn is not None
    assert turn.why is Down.SILENT


def test_a_paused_one_hears_and_stays_paused() -> None:
    turn = paused(Beat(BeatState.DOWN, NOON))
    assert turn is not None
    assert (turn.beat.state, turn.action) == (BeatState.PAUSED, Action.RESOLVE)
    assert paused(turn.beat) is None
    for kind in PingKind:
        heard = pinged(turn.beat, kind, at=NOON + HOUR)
        assert (heard.beat.state, heard.change, heard.action) == (BeatState.PAUSED, None, None)
    assert missed(turn.beat, HOURLY, at=NOON + DAY) is None


def test_a_resumed_one_is_counted_from_now() -> None:
    sleeping = Beat(BeatState.PAUSED, NOON)
    turn = resumed(sleeping, at=NOON + DAY, was_heard=True)
    assert turn is not None
    assert expected_at(turn.beat, HOURLY) == NOON + DAY + HOUR
    never = resumed(sleeping, at=NOON + DAY, was_heard=False)
    assert never is not None
    assert (never.beat.state, due_at(never.beat, HOURLY)) == (BeatState.NEW, None)
    assert resumed(up(), at=NOON, was_heard=True) is None
    begun = resumed(replace(sleeping, started_at=NOON), at=NOON + DAY, was_heard=True)
    assert begun is not None
    assert due_at(begun.beat, HOURLY) == NOON + DAY + HOUR + 5 * MINUTE


def test_a_run_has_a_minute_at_least_whatever_the_grace() -> None:
    prompt = replace(HOURLY, grace=timedelta(0))
    running = pinged(up(), PingKind.START, at=NOON).beat
    assert due_at(running, prompt) == NOON + MINUTE
    turn = missed(running, prompt, at=NOON + MINUTE)
    assert turn is not None
    assert turn.why is Down.UNFINISHED


def test_after_a_time_in_which_nobody_listened_it_has_its_grace_once_more() -> None:
    back = NOON + DAY
    beat = spared(up(), HOURLY, at=back)
    assert due_at(beat, HOURLY) == back + 5 * MINUTE
    assert missed(beat, HOURLY, at=back) is None
    assert missed(beat, HOURLY, at=back + 5 * MINUTE) is not None
    assert pinged(beat, PingKind.SUCCESS, at=back).beat.spared_until is None


def test_another_rhythm_begins_the_clock_anew() -> None:
    assert expected_at(counted_anew(up(), at=NOON + DAY), HOURLY) == NOON + DAY + HOUR
    assert counted_anew(Beat(BeatState.DOWN, NOON), at=NOON + DAY).since == NOON


STEPS = st.lists(
    st.tuples(st.sampled_from([*PingKind, "look", "pause", "resume"]), st.integers(0, 9_000)), max_size=40
)


@UNHURRIED
@given(STEPS, st.sampled_from([HOURLY, rhythm_of("*/20 * * * *", "Europe/Madrid", MINUTE)]))
def test_an_alert_is_open_exactly_while_it_is_down(
    steps: list[tuple[PingKind | str, int]], rhythm: Rhythm
) -> None:
    """Whatever happens in whatever order: told once, ended by the next report or a pause, never twice."""
    beat, at, is_open, heard = Beat(BeatState.NEW), NOON, False, False
    for step, seconds in steps:
        at += timedelta(seconds=seconds)
        before = beat
        if isinstance(step, PingKind):
            turn = pinged(beat, step, at=at)
            heard = heard or step in (PingKind.SUCCESS, PingKind.FAIL)
        elif step == "look":
            turn = missed(beat, rhythm, at=at)
        else:
            turn = paused(beat) if step == "pause" else resumed(beat, at=at, was_heard=heard)
        if turn is None:
            continue
        beat = turn.beat
        assert (turn.change is not None) == (beat.state is not before.state)
        if turn.action is not None:
            assert turn.action is Action.TRIGGER or is_open
            is_open = turn.action is Action.TRIGGER
        assert is_open == (beat.state is BeatState.DOWN)
        due = due_at(beat, rhythm)
        assert due is None or beat.state in (BeatState.NEW, BeatState.UP)
