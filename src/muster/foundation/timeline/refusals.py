"""How a refusal is told: each stage words its own reasons, so that web, API and CLI say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from muster.core.refusal import Refused

Words = Any
"""A lazily translated string with %(name)s places for the refusal's detail."""


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as a person or a program reads it (RFC 9457: status, type, detail)."""

    status: int
    type: str
    sentence: str
    detail: Mapping[str, Any]


_words: dict[tuple[type[StrEnum], str], tuple[int, Words]] = {}
# By class too: reasons of two stages that are spelled alike are equal, and would have each other's words.


def register(words: Mapping[StrEnum, tuple[int, Words]]) -> None:
    """Add a stage's reasons: HTTP status and sentence of each."""
    _words.update({(type(reason), reason.value): said for reason, said in words.items()})


class _Facts(dict[str, Any]):
    """The facts of a sentence, fit to be read; one that a command forgot is no reason to fail."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return value

    def __missing__(self, name: str) -> str:
        return "?"


def told(refused: Refused) -> Told:
    """Word a refusal; a reason that no stage has worded is a conflict and speaks for itself."""
    key = (type(refused.reason), refused.reason.value)
    status, words = _words.get(key, (HTTPStatus.CONFLICT, None))
    fallback = str(refused.reason).replace("_", " ").capitalize() + "."
    sentence = str(words) % _Facts(refused.detail) if words is not None else fallback
    return Told(int(status), str(refused.reason), sentence, refused.detail)
