"""What a list of alerts shows: one of a few states, and words that may name services, teams or urgency. Pure.

`service:checkout team:payments urgency:high timeout` are the groups of that service, of that team, urgent,
with the word "timeout" in their summary. The same words stand in addresses and in saved views.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

LONGEST_CHARS = 200
NAME_CHARS = 60
_TERMS = ("service", "team", "urgency")


class InboxState(StrEnum):
    """Which alerts."""

    OPEN = "open"
    TRIGGERED = "triggered"
    MINE = "mine"
    HELD = "held"
    ALL = "all"


class ViewRefusal(StrEnum):
    """Why a view of the inbox cannot be saved like this."""

    NAME = "view_name"
    NAME_TAKEN = "view_name_taken"
    STATE = "view_state"
    WORDS_TOO_LONG = "view_words_too_long"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search asks for: all of the terms, any of the values of each."""

    terms: dict[str, list[str]] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def asked_of(text: str) -> Asked:
    """Read a search. What is no term that we know is a word."""
    terms: dict[str, list[str]] = {}
    words = []
    for part in text[:LONGEST_CHARS].split():
        name, colon, value = part.partition(":")
        if colon and value and name.lower() in _TERMS:
            terms.setdefault(name.lower(), []).append(value.lower())
        else:
            words.append(part)
    return Asked(terms, tuple(words))


def address(state: str, words: str = "", **more: Any) -> str:
    """Where the inbox shows this list."""
    asked = {"state": state, "q": words, **more}
    return f"/alerts?{urlencode({name: value for name, value in asked.items() if value})}"


def check_view(name: str, state: str, words: str) -> ViewRefusal | None:
    """Why a view of this name and these filters cannot be saved; None when it can."""
    if not 0 < len(name.strip()) <= NAME_CHARS or not name.isprintable():
        return ViewRefusal.NAME
    if state not in set(InboxState):
        return ViewRefusal.STATE
    return ViewRefusal.WORDS_TOO_LONG if len(words) > LONGEST_CHARS else None
