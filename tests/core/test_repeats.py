"""Which bodies of a storm are kept: all up to sixty a minute, then every hundredth."""

from datetime import UTC, datetime, timedelta

from muster.core.repeats import Repeats, is_kept, minute_of, repeated

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def kept(bodies: list[int], seconds_apart: float = 0.0) -> list[int]:
    """The places, from 1 on, of those that are kept."""
    repeats: Repeats | None = None
    found = []
    for place, body in enumerate(bodies, 1):
        repeats = repeated(repeats, body, minute_of(AT + timedelta(seconds=seconds_apart * place)))
        if is_kept(repeats):
            found.append(place)
    return found


def test_sixty_identical_bodies_are_kept_and_then_every_hundredth() -> None:
    assert kept([1] * 350) == [*range(1, 61), 100, 200, 300]


def test_another_body_is_always_kept() -> None:
    assert kept([1] * 70 + [2] + [1]) == [*range(1, 61), 71, 72]


def test_a_new_minute_begins_anew() -> None:
    assert kept([1] * 130, seconds_apart=1.0) == list(range(1, 131))
    assert kept([1] * 239, seconds_apart=0.5) == [*range(1, 61), 100, *range(120, 180), 219]
