"""How a sender stands: quiet is measured by its own rhythm, and nobody who never sent anything is well."""

from datetime import UTC, datetime, timedelta

import pytest

from muster.core.traffic import DAY_HOURS, KNOWN_HOURS, Doing, Rhythm, by_hour, doing, hour_of, quiet_after

AT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
EVERY_HOUR = Rhythm(150, HOUR)
EVERY_NIGHT = Rhythm(KNOWN_HOURS, DAY)
UNKNOWN = Rhythm(KNOWN_HOURS - 1, HOUR)


@pytest.mark.parametrize(
    ("silent", "rhythm", "unreadable", "stands"),
    [
        (MINUTE, EVERY_HOUR, 0, Doing.SENDING),
        (2 * HOUR, EVERY_HOUR, 0, Doing.SENDING),
        (2 * HOUR + MINUTE, EVERY_HOUR, 0, Doing.QUIET),
        (2 * HOUR + MINUTE, EVERY_HOUR, 3, Doing.QUIET),
        (2 * DAY, EVERY_NIGHT, 0, Doing.SENDING),
        (2 * DAY + MINUTE, EVERY_NIGHT, 0, Doing.QUIET),
        (6 * DAY, UNKNOWN, 0, Doing.SENDING),
        (8 * DAY, UNKNOWN, 0, Doing.QUIET),
        (MINUTE, EVERY_HOUR, 1, Doing.WRONG),
        (MINUTE, Rhythm(), 1, Doing.WRONG),
    ],
)
def test_a_sender_is_quiet_when_it_is_silent_for_longer_than_twice_its_longest_pause(
    silent: timedelta, rhythm: Rhythm, unreadable: int, stands: Doing
) -> None:
    found = doing(is_off=False, last_seen_at=AT - silent, unreadable=unreadable, rhythm=rhythm, at=AT)
    assert found is stands


def test_who_never_sent_anything_is_never_well() -> None:
    assert doing(is_off=False, last_seen_at=None, unreadable=0, rhythm=EVERY_HOUR, at=AT) is Doing.NEVER
    assert doing(is_off=True, last_seen_at=AT, unreadable=1, rhythm=EVERY_HOUR, at=AT) is Doing.OFF


def test_a_rhythm_of_minutes_is_quiet_after_two_hours_at_the_earliest() -> None:
    assert quiet_after(Rhythm(200, HOUR)) == 2 * HOUR
    assert quiet_after(Rhythm(200, timedelta())) == 2 * HOUR


def test_those_that_somebody_should_look_at_come_first() -> None:
    assert sorted(Doing, key=lambda one: one.rank) == [
        Doing.QUIET,
        Doing.WRONG,
        Doing.NEVER,
        Doing.SENDING,
        Doing.OFF,
    ]


def test_counts_stand_in_their_hour_and_older_ones_are_left_out() -> None:
    now = hour_of(AT)
    found = by_hour([(now, 2), (now, 1), (now - HOUR, 5), (now - 23 * HOUR, 7), (now - 24 * HOUR, 9)], AT)
    assert len(found) == DAY_HOURS
    assert (found[-1], found[-2], found[0], sum(found)) == (3, 5, 7, 15)
