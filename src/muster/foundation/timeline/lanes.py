"""Reactions: "when event X, call command Y" (design section 4). This is the table; `reactor` works it.

Nothing here needs the models, so a stage's `apps.py` may import it.
"""

from collections.abc import Callable, Mapping
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
