"""Silences: when they hold, and which are refused."""

from datetime import UTC, datetime, timedelta

import pytest

from muster.core.matchers import AlertView, parse
from muster.core.refusal import Refused
from muster.core.silence import LONGEST, Silence, SilenceRefusal, SilenceState, check_silence, silence_over

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALERT = AlertView(id=1, service="checkout", severity="critical", summary="x", labels={"team": "payments"})


def silence(id: int = 1, *matchers: str, ends: timedelta = HOUR, ended: datetime | None = None) -> Silence:
    texts = matchers or ("team=payments",)
    return Silence(id, tuple(parse(text) for text in texts), AT, AT + ends, "ana", "planned work", ended)


def test_a_silence_holds_from_its_start_to_just_before_its_end() -> None:
    one, tick = silence(), timedelta(microseconds=1)
    assert silence_over(ALERT, [one], AT - tick) is None
    assert silence_over(ALERT, [one], AT) is one
    assert silence_over(ALERT, [one], AT + HOUR - tick) is one
    assert silence_over(ALERT, [one], AT + HOUR) is None


def test_a_silence_ended_early_holds_no_longer() -> None:
    one = silence(ended=AT + HOUR / 2)
    assert one.state(AT + HOUR / 2) is SilenceState.OVER
    assert one.over_at == AT + HOUR / 2


def test_only_what_every_matcher_matches_is_silenced() -> None:
    assert silence_over(ALERT, [silence(1, "team=payments", "severity=info")], AT) is None


def test_of_several_silences_the_longest_is_named() -> None:
    assert silence_over(ALERT, [silence(1), silence(2, ends=2 * HOUR), silence(3)], AT) == silence(
        2, ends=2 * HOUR
    )


@pytest.mark.parametrize(
    ("texts", "ends", "why", "refusal"),
    [
        ([], HOUR, "x", SilenceRefusal.NO_MATCHER),
        (["severity=~.*"], HOUR, "x", SilenceRefusal.MATCHES_EVERYTHING),
        (["team!=x"], HOUR, "x", SilenceRefusal.MATCHES_EVERYTHING),
        (["team=x"], HOUR, "  ", SilenceRefusal.NO_REASON),
        (["team=x"], timedelta(0), "x", SilenceRefusal.ENDS_BEFORE_IT_STARTS),
        (["team=x"], LONGEST + HOUR, "x", SilenceRefusal.TOO_LONG),
    ],
)
def test_a_silence_that_hides_too_much_is_refused(
    texts: list[str], ends: timedelta, why: str, refusal: SilenceRefusal
) -> None:
    with pytest.raises(Refused) as caught:
        check_silence(tuple(parse(t) for t in texts), starts_at=AT, ends_at=AT + ends, why=why, at=AT)
    assert caught.value.reason is refusal


def test_a_silence_in_the_past_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        check_silence((parse("a=b"),), starts_at=AT - 2 * HOUR, ends_at=AT - HOUR, why="x", at=AT)
    assert caught.value.reason is SilenceRefusal.ENDS_IN_THE_PAST


def test_an_honest_silence_is_accepted() -> None:
    check_silence((parse("a=b"), parse("c!=d")), starts_at=AT, ends_at=AT + HOUR, why="deploy", at=AT)
