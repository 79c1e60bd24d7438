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
