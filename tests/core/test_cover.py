"""Asking a colleague to take a shift: with consent, by people and intervals. R39, peers 10c"""

from datetime import UTC, datetime, timedelta

import pytest

from muster.core.cover import (
    LONGEST_WAIT,
    Cover,
    CoverReason,
    CoverState,
    CoverVerb,
    answered,
    as_overrides,
    expires_at,
    wish_reason,
)
from muster.core.oncall import ScheduleSpec, shifts
from muster.core.rotation import Layer
from muster.core.wallclock import parse_every

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
DAY = timedelta(days=1)
GIVE, BACK = (NOW + DAY, NOW + 2 * DAY), (NOW + 8 * DAY, NOW + 9 * DAY)


def rota(*people: str, overrides=()) -> ScheduleSpec:
    layer = Layer(parse_every("1 week"), datetime.fromisoformat("2026-01-05T09:00"), people)
    return ScheduleSpec("Europe/Madrid", (layer,), overrides)


def reason(wish: Cover, at: datetime = NOW) -> CoverReason | None:
    """Why Ana and Ben's rota does not take this wish."""
    spec = rota("ana", "ben")
    theirs = shifts(spec, *wish.back) if wish.back else []
    return wish_reason(wish, shifts(spec, *wish.give), theirs, at)


def test_who_is_on_call_asks_and_nobody_else():
    assert reason(Cover("ana", "ben", GIVE)) is None
    assert reason(Cover("ana", None, GIVE, None)) is None
    assert reason(Cover("ana", "ben", GIVE, BACK)) is None
    assert reason(Cover("ben", "ana", GIVE)) is CoverReason.NOT_ON_CALL
    assert reason(Cover("ana", "ana", GIVE)) is CoverReason.YOURSELF
    assert reason(Cover("ana", "cleo", GIVE, BACK)) is CoverReason.RETURN_NOT_THEIRS
    assert reason(Cover("ana", None, GIVE, BACK)) is CoverReason.RETURN_NOT_THEIRS
    assert reason(Cover("ana", "ben", (GIVE[1], GIVE[0]))) is CoverReason.BACKWARDS
    assert reason(Cover("ana", "ben", GIVE), NOW + 3 * DAY) is CoverReason.OVER


def test_a_request_ends_when_its_shift_begins_or_after_a_week():
    assert expires_at(Cover("ana", "ben", GIVE), NOW) == GIVE[0]
    assert expires_at(Cover("ana", "ben", BACK, GIVE), NOW) == GIVE[0]
    assert expires_at(Cover("ana", "ben", (NOW + 20 * DAY, NOW + 21 * DAY)), NOW) == NOW + LONGEST_WAIT
    assert expires_at(Cover("ana", "ben", (NOW - DAY, NOW + DAY)), NOW) == NOW + DAY


@pytest.mark.parametrize(
    ("asked", "verb", "who", "expected"),
    [
        ("ben", CoverVerb.ACCEPT, "ben", CoverState.ACCEPTED),
        ("ben", CoverVerb.ACCEPT, "cleo", CoverReason.NOT_YOURS),
        ("ben", CoverVerb.ACCEPT, "ana", CoverReason.NOT_YOURS),
        ("ben", CoverVerb.ACCEPT, None, CoverReason.NOT_YOURS),
        ("ben", CoverVerb.DECLINE, "ben", CoverState.DECLINED),
        ("ben", CoverVerb.WITHDRAW, "ana", CoverState.WITHDRAWN),
        ("ben", CoverVerb.WITHDRAW, "ben", CoverReason.NOT_YOURS),
        ("ben", CoverVerb.EXPIRE, None, CoverState.EXPIRED),
        ("ben", CoverVerb.EXPIRE, "ana", CoverReason.NOT_YOURS),
        (None, CoverVerb.ACCEPT, "cleo", CoverState.ACCEPTED),
        (None, CoverVerb.ACCEPT, "ana", CoverReason.NOT_YOURS),
        (None, CoverVerb.DECLINE, "cleo", CoverReason.NOT_YOURS),
    ],
)
def test_consent_is_of_who_is_asked(asked, verb, who, expected):
    assert answered(CoverState.ASKED, verb, Cover("ana", asked, GIVE), who) is expected


@pytest.mark.parametrize("state", [state for state in CoverState if state is not CoverState.ASKED])
@pytest.mark.parametrize("verb", list(CoverVerb))
def test_what_is_over_is_over(state, verb):
    assert answered(state, verb, Cover("ana", "ben", GIVE), "ben") is CoverReason.ENDED


def test_a_swap_stays_on_its_days_when_the_rotation_gets_another_member():  # peers 10c
    agreed = tuple(as_overrides(Cover("ana", "ben", GIVE, BACK), "ben"))
    before = rota("ana", "ben", overrides=agreed)
    assert [one.people for one in shifts(before, *GIVE)] == [("ben",)]
    assert [one.people for one in shifts(before, *BACK)] == [("ana",)]
    after = rota("ana", "zoe", "ben", overrides=agreed)
    assert [one.people for one in shifts(after, *GIVE)] == [("ben",)]
    assert [one.people for one in shifts(after, *BACK)] == [("zoe",)]  # no longer Ben's, so nothing to give
    quiet = [NOW + 2 * DAY, NOW + 8 * DAY]
    assert shifts(after, *quiet) == shifts(rota("ana", "zoe", "ben"), *quiet)


def test_a_shift_that_is_no_longer_the_askers_is_not_given_away():  # peers 10c
    agreed = tuple(as_overrides(Cover("ana", "ben", GIVE), "ben"))
    edited = rota("zoe", "ana", "ben", overrides=agreed)
    assert [one.people for one in shifts(edited, *GIVE)] == [("zoe",)]
