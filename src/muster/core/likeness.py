"""Texts that read alike: the same words, but for numbers, ids and the names of machines. Pure."""

import re

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
