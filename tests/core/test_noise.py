"""What noise costs, whose night it was, and what may be said of a remedy (R43)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.likeness import like, shape
from muster.core.nights import night_of
from muster.core.noise import (
    Cost,
    Feedback,
    FeedbackRefusal,
    Firing,
    Interruption,
    Stretch,
    Verdict,
    cost,
    read_feedback,
    verdict,
)
from muster.core.patterns import compiled
from muster.core.refusal import Refused

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NIGHT = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("at", "timezone", "night"),
    [
        (datetime(2026, 3, 2, 1, tzinfo=UTC), "UTC", NIGHT),
        (datetime(2026, 3, 1, 22, tzinfo=UTC), "UTC", NIGHT),
        (datetime(2026, 3, 1, 21, 59, tzinfo=UTC), "UTC", None),
        (datetime(2026, 3, 2, 6, 59, tzinfo=UTC), "UTC", NIGHT),
        (datetime(2026, 3, 2, 7, tzinfo=UTC), "UTC", None),
        (datetime(2026, 3, 2, 1, tzinfo=UTC), "Asia/Tokyo", None),
        (datetime(2026, 3, 1, 21, tzinfo=UTC), "Europe/Madrid", NIGHT),
    ],
)
def test_a_night_belongs_to_the_evening_on_which_it_began(
    at: datetime, timezone: str, night: date | None
) -> None:
    """By the person's own clock: one instant is Madrid's night and Tokyo's morning."""
    assert night_of(at, timezone) == night


def test_feedback_is_read_or_refused_with_what_to_change() -> None:
    assert read_feedback("noise", "", "checkout") is Feedback.NOISE
    assert read_feedback("wrong_target", "orders", "checkout") is Feedback.WRONG_TARGET
    for said, target, reason in (
        ("rubbish", "", FeedbackRefusal.UNKNOWN),
        ("noise", "orders", FeedbackRefusal.NAMES_A_SERVICE),
        ("wrong_target", "checkout", FeedbackRefusal.NAMES_ITS_OWN),
    ):
        with pytest.raises(Refused) as refused:
            read_feedback(said, target, "checkout")
        assert refused.value.reason is reason


def test_what_alerts_cost_is_counted_with_its_denominators() -> None:
    woken = (Interruption(1, AT, NIGHT), Interruption(2, AT, NIGHT), Interruption(1, AT + MINUTE, NIGHT))
    found = cost(
        [
            Firing(1, AT, AT + MINUTE, closed_by_sender=True, group=1, interruptions=woken),
            Firing(2, AT, AT + MINUTE, closed_by_sender=True, acknowledged=True, group=2),
            Firing(3, AT, AT + MINUTE, acknowledged=True, acted=True, group=3),
            Firing(4, AT, acknowledged=True, incident=True, group=4, said=((Feedback.USEFUL, ""),)),
            Firing(5, AT, said=((Feedback.NOISE, ""), (Feedback.NOISE, ""))),
        ]
    )
    assert (found.fired, found.paged, found.incidents) == (5, 4, 1)
    assert (found.interruptions, found.persons, found.nights) == (3, 2, 2)
    assert (found.unacted, found.acknowledged) == (1, 3)
    assert (found.by_itself, found.closed) == (2, 3)
    assert found.feedback == {Feedback.USEFUL: 1, Feedback.NOISE: 2}


def test_what_its_sender_closed_after_an_act_did_not_close_by_itself() -> None:
    fixed = Firing(1, AT, AT + MINUTE, closed_by_sender=True, acted=True)
    assert not fixed.by_itself
    assert cost([fixed]).by_itself == 0


def stretch(days: float, fired: int, interruptions: int = 0) -> Stretch:
    return Stretch(days * DAY, Cost(fired=fired, interruptions=interruptions))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (stretch(28, 40, 40), stretch(6, 10, 0), Verdict.TOO_EARLY),
        (stretch(3, 40, 40), stretch(28, 40, 0), Verdict.TOO_EARLY),
        (stretch(28, 2, 2), stretch(28, 2, 0), Verdict.TOO_FEW),
        (stretch(28, 40, 40), stretch(28, 0), Verdict.NOT_FIRED),
        (stretch(28, 40, 40), stretch(14, 20, 1), Verdict.FEWER),
        (stretch(28, 40, 40), stretch(14, 20, 20), Verdict.AS_MANY),
        (stretch(28, 40, 40), stretch(14, 20, 19), Verdict.AS_MANY),
        (stretch(28, 40, 10), stretch(14, 20, 20), Verdict.MORE),
        (stretch(28, 40, 0), stretch(14, 20, 0), Verdict.AS_MANY),
        (stretch(28, 40, 0), stretch(14, 20, 1), Verdict.MORE),
    ],
)
def test_an_effect_is_told_only_where_it_can_be_known(before: Stretch, after: Stretch, said: Verdict) -> None:
    """By rates, not by counts: two stretches are hardly ever of one length."""
    assert verdict(before, after) is said


def test_nothing_is_said_where_alerts_were_left_out() -> None:
    said = verdict(stretch(28, 40, 40), stretch(14, 20, 20), is_whole=False)
    assert said is Verdict.TOO_MANY


def test_a_rate_is_of_a_week() -> None:
    assert stretch(14, 0, 6).per_week(6) == 3
    assert stretch(0, 0).per_week(6) == 0


WORDS = ["Disk", "full", "on", "web-12", "97%", "a.b", "-", "ok!", "x_y", "(down)", "C++", "n/a", "[1]"]
LINES = st.lists(st.sampled_from(WORDS) | st.text("aB9.-_+!?()%$/", min_size=1, max_size=8), max_size=25).map(
    " ".join
)
"""Texts as senders write them, with signs that mean something to patterns."""


@given(text=LINES, limit=st.sampled_from([40, 120, 500]))
def test_a_text_is_like_itself_within_every_limit(text: str, limit: int) -> None:
    pattern = like(text, limit)
    assert len(pattern) <= limit
    assert compiled(pattern).fullmatch(text) is not None


@given(text=LINES, other=st.integers(0, 10**6))
def test_texts_of_one_shape_are_alike(text: str, other: int) -> None:
    """Whatever their numbers, signs between words and capitals."""
    words = [f"n{other}" if any(c.isdigit() for c in word) else word for word in text.upper().split(" ")]
    changed = " ,  ".join(words)
    if shape(changed) == shape(text):
        assert compiled(like(text, 500)).fullmatch(changed) is not None


def test_other_texts_are_not_alike() -> None:
    pattern = compiled(like("Disk 97% full on web-12", 500))
    assert pattern.fullmatch("disk: 98% FULL, on web-3!") is not None
    assert pattern.fullmatch("Disk 97% full on web") is None
    assert pattern.fullmatch("Memory 97% full on web-12") is None
