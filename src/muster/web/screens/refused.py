"""A form that was refused: the sentence stands at its field, and what was typed is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from muster.core.refusal import Refused
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.respond.warroom.asking import typed


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a form that somebody sent."""

    status: int
    field: str
    sentence: str
    said: Mapping[str, Any]


def wrong_at(request: Request, refused: Refused, fields: Mapping[StrEnum, str]) -> Wrong:
    """What a refusal says about a form; `fields` names the field that each reason is about.

    Raises:
        Refused: it is about no field, but about who asks or what is not there.
    """
    field = fields.get(refused.reason)
    if field is None:
        raise refused
    words = told(refused)
    return Wrong(words.status, field, words.sentence, request.POST)


def drawn_again(fields: Sequence[dict[str, Any]], wrong: Wrong | None) -> list[dict[str, Any]]:
    """The fields of a form as they were typed, with what is wrong; as they are when nothing is."""
    if wrong is None:
        return list(fields)
    return [
        typed(one, wrong.said) | ({"error": wrong.sentence} if one["name"] == wrong.field else {})
        for one in fields
    ]
