"""When a past alert is like this one: by its key, by most of its labels, or by most of its words."""

import pytest

from muster.core.likeness import Likeness, Shared, likeness


@pytest.mark.parametrize(
    ("shared", "labels", "words", "why"),
    [
        (Shared(True, 0, 0), 5, 5, Likeness.SAME_KEY),
        (Shared(False, 3, 0), 5, 5, Likeness.SAME_LABELS),
        (Shared(False, 2, 0), 5, 5, None),
        (Shared(False, 1, 0), 1, 5, None),
        (Shared(False, 2, 5), 5, 5, Likeness.SAME_WORDS),
        (Shared(False, 0, 2), 0, 4, None),
        (Shared(False, 0, 3), 0, 5, Likeness.SAME_WORDS),
        (Shared(False, 0, 1), 0, 1, None),
        (Shared(False, 0, 0), 0, 0, None),
    ],
)
def test_most_of_what_it_says_must_be_shared(
    shared: Shared, labels: int, words: int, why: Likeness | None
) -> None:
    assert likeness(shared, labels, words) is why


def test_the_key_is_the_strongest_reason() -> None:
    assert sorted(Likeness, key=lambda one: one.rank) == [
        Likeness.SAME_KEY,
        Likeness.SAME_LABELS,
        Likeness.SAME_WORDS,
    ]
