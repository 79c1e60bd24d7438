"""The kinds of events: each stage registers its own, so that the timeline renders what it does not know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Sensitivity(StrEnum):
    """Who may read an event in a live stream: members of the incident, observers, or stakeholders too."""

    MEMBER = "member"
    OBSERVER = "observer"
    STAKEHOLDER = "stakeholder"


Sentence = Callable[[Mapping[str, Any]], str]
"""Words an event when it is read, from its payload with texts and names filled in; gettext inside."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event: `sentence` words it when read, `icon` is a Lucide name.

    `is_step`: one of many small steps of the machine, left out of an incident's timeline: another event tells
    what came of it.
    """

    name: str
    sentence: Sentence
    icon: str = "circle"
    sensitivity: Sensitivity = Sensitivity.OBSERVER
    is_step: bool = False


_kinds: dict[str, Kind] = {}


def register(*new: Kind) -> None:
    """Add a stage's kinds at start-up.

    Raises:
        ValueError: a kind is registered twice, or is not `noun.past`.
    """
    for kind in new:
        if kind.name in _kinds and _kinds[kind.name] != kind:
            raise ValueError(f"event kind {kind.name} is registered twice")
        if "." not in kind.name:
            raise ValueError(f"event kind {kind.name} is not noun.past")
        _kinds[kind.name] = kind


def known(name: str) -> Kind:
    """Return a registered kind.

    Raises:
        LookupError: no stage registered it.
    """
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no stage registered the event kind {name!r}") from None


def every() -> list[Kind]:
    """Return all registered kinds by name."""
    return sorted(_kinds.values(), key=lambda kind: kind.name)
