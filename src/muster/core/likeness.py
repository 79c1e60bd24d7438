"""Texts that read alike: the same words, but for numbers, ids and the names of machines. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

_SHAPED_CHARS = 400
_WORD = re.compile(r"[^\s,;:()\[\]{}<>=\"'`|]+")


def shape(text: str) -> str:
    """The text with every word that holds a digit made `#`: two texts of one shape read alike.

    `Disk 97% full on web-12` and `disk 98% full on web-3` are both `disk # full on #`.
    """
    words = (_masked(word) for word in _WORD.findall(text[:_SHAPED_CHARS].lower()))
    return " ".join(words)


def _masked(word: str) -> str:
    return "#" if any(sign.isdigit() for sign in word) else word.strip(".!?-")


def like(text: str, limit: int) -> str:
    """A pattern of RE2, of at most so many characters, that matches every text of this one's shape.

    It looks at words and their order; signs between them, and everything beyond the limit, are free.
    """
    head, tail, parts = r"(?is)\W*", r"\W*", []
    left = limit - len(head) - len(tail) - len(_REST)
    is_whole = len(text) <= _SHAPED_CHARS
    for word in _WORD.findall(text[:_SHAPED_CHARS].lower()):
        masked = _masked(word)
        part = _NUMBERED if masked == "#" else re.escape(masked)
        left -= len(part) + len(_BETWEEN)
        if left < 0:
            is_whole = False
            break
        parts.append(part)
    return head + _BETWEEN.join(part for part in parts if part) + (tail if is_whole else _REST)


_BETWEEN, _REST = r"\W+", ".*"
_NUMBERED = r"\S*\pN\S*"


class Likeness(StrEnum):
    """Why a past alert is like this one, the strongest reason first."""

    SAME_KEY = "same_key"
    SAME_LABELS = "same_labels"
    SAME_WORDS = "same_words"

    @property
    def rank(self) -> int:
        """Its strength: the smaller, the stronger."""
        return list(Likeness).index(self)


ALIKE_SHARE = 0.6
"""Of its labels, or of its words, an alert shares at least so much with one that is like it."""
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Shared:
    """What a past alert has in common with this one, which has so many labels and words."""

    same_key: bool
    labels: int
    words: int


def likeness(shared: Shared, labels: int, words: int) -> Likeness | None:
    """Why a past alert is like one with so many labels and words; None when it is not."""
    if shared.same_key:
        return Likeness.SAME_KEY
    if shared.labels >= max(_FEWEST, ALIKE_SHARE * labels):
        return Likeness.SAME_LABELS
    if shared.words >= max(_FEWEST, ALIKE_SHARE * words):
        return Likeness.SAME_WORDS
    return None
