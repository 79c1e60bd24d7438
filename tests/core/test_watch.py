"""When the outside watcher hears from us, and when the clock was set."""

from datetime import UTC, datetime, timedelta

import pytest

from muster.core.watch import ALLOWED, FRESH, HEALTHY, PASS_EVERY, PING_EVERY, Reading, Silent, jumped, silent

AT = datetime(2027, 1, 4, 3, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    """So many."""
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    ("clean_at", "why"),
    [
        (None, Silent.NEVER_CLEAN),
        (AT, None),
        (AT - FRESH, None),
        (AT - FRESH - seconds(0.001), Silent.NOT_CLEAN_LATELY),
        (AT + seconds(1), Silent.NOT_CLEAN_LATELY),  # written by another clock
    ],
)
def test_the_outside_hears_of_fresh_clean_passes_only(clean_at: datetime | None, why: Silent | None) -> None:
    assert silent(clean_at, at=AT) is why


def test_a_stopped_auditor_is_known_outside_within_two_minutes() -> None:
    """The last sign may come while a clean pass is fresh; a watcher waits a minute, and some grace."""
    last_sign_after = FRESH + PING_EVERY
    assert last_sign_after + seconds(60) < seconds(120)
    assert PASS_EVERY * 3 < FRESH
    assert seconds(60) > ALLOWED + PASS_EVERY * 2  # a page goes out within 60 s
    assert HEALTHY < ALLOWED


@pytest.mark.parametrize(
    ("passed", "before", "after", "by"),
    [
        (1.0, 1.0, 1.01, None),
        (1.05, 1.0, 1.01, None),  # a clock that drifts by 5 % was not set
        (3601.0, 1.0, 1.0, 3600.0),
        (-3599.0, 1.0, 1.0, -3600.0),
        (1.0 + 1.9, 1.0, 1.0, None),
        (31.0, 1.0, 31.0, None),  # the process was stopped for 30 s while it asked
        (1.0, 1.0, 31.0, None),  # and the answer had been given before
        (-10.0, 1.0, 31.0, -11.0),
        (86_401.0, 1.0, 1.0, 86_400.0),
    ],
)
def test_a_jump_is_what_no_passing_of_time_explains(
    passed: float, before: float, after: float, by: float | None
) -> None:
    """Readings are (the database's clock, the steady clock just before and just after)."""
    first = Reading(AT, 0.0, 0.0)
    found = jumped(first, Reading(AT + seconds(passed), before, after))
    assert (None if found is None else round(found.total_seconds(), 3)) == by
