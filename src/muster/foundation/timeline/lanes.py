"""Reactions: "when event X, call command Y" (design section 4). This is the table; `reactor` works it.

Nothing here needs the models, so a stage's `apps.py` may import it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event as a reaction reads it."""

    seq: int
    id: int
    command: UUID
    kind: str
    subject: str
    incident: int | None
    actor: str
    at: datetime
    payload: Mapping[str, Any]

    @property
    def subject_id(self) -> int:
        """The key of the row that changed."""
        return int(self.subject.partition(":")[2])


Reaction = Callable[..., object]
"""`on_<event>(event, *, actor, at)`: calls exactly one command. `at` is the database's clock."""


def together(reaction: Reaction) -> Reaction:
    """Mark `on_<event>s(events, *, actor, at)`: it takes many events of different subjects with one command.

    When it fails, its events are given to it again, each by itself: one event never fails its neighbours.
    """
    reaction.takes_many = True  # type: ignore[attr-defined]
    return reaction


def takes_many(reaction: Reaction) -> bool:
    """Whether a reaction takes many events at once."""
    return getattr(reaction, "takes_many", False)


def causes_of(events: Iterable[Sealed]) -> dict[int, int]:
    """Each subject's number with the event that is the cause of what happens to it now."""
    return {event.subject_id: event.id for event in events}


def gathered(events: Iterable[Sealed], group: str) -> Iterator[tuple[Reaction, list[Sealed]]]:
    """A group's events by reaction, so that many go together; those of one subject keep their order."""
    waiting: dict[Reaction, list[Sealed]] = {}
    subjects: set[str] = set()
    for event in events:
        reaction = reaction_of(group, event.kind)
        if reaction is None:
            continue
        if event.subject in subjects:
            yield from waiting.items()
            waiting, subjects = {}, set()
        waiting.setdefault(reaction, []).append(event)
        subjects.add(event.subject)
    yield from waiting.items()


_groups: dict[str, dict[str, Reaction]] = {}


def register(group: str, table: Mapping[str, Reaction]) -> None:
    """Add a stage's table of reactions at start-up."""
    _groups[group] = dict(table)


def groups() -> list[str]:
    """Every registered group."""
    return list(_groups)


def kinds_of(group: str) -> list[str]:
    """The event kinds to which a group reacts."""
    return list(_groups.get(group, {}))


def is_wanted(kinds: Iterable[str]) -> bool:
    """Whether any group reacts to any of these kinds."""
    return any(kind in table for kind in kinds for table in _groups.values())


def reaction_of(group: str, kind: str) -> Reaction | None:
    """What a group does upon an event of this kind; None when nothing."""
    return _groups.get(group, {}).get(kind)


def printed() -> list[tuple[str, str, str]]:
    """Return (event kind, group, reaction), sorted: who reacts to what."""
    return sorted(
        (kind, group, fn.__name__) for group, table in _groups.items() for kind, fn in table.items()
    )


def as_text() -> str:
    """The table as `muster map` prints it and its golden file keeps it."""
    return "".join(f"{kind:<32} {group:<16} {name}\n" for kind, group, name in printed())
