"""Each alert to the next person in turn: who had a turn least lately is next (design 7). Pure.

A turn belongs to a policy, whatever step gave it: two steps over the same people go on with each other, and a
list that is edited keeps everybody's place. Who is on leave or cannot be reached is passed over, and keeps
their place too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from muster.core.rotation import PersonId


@dataclass(frozen=True, slots=True)
class Turns:
    """The number of everybody's latest turn; a higher number is later, and who is missing had none."""

    given: Mapping[PersonId, int] = field(default_factory=dict)

    def order(self, people: Sequence[PersonId]) -> list[PersonId]:
        """The people, each once, whoever had a turn least lately first."""
        return sorted(dict.fromkeys(people), key=lambda person: self.given.get(person, 0))

    def pass_to(self, person: PersonId) -> "Turns":
        """The turns after this person had the latest one."""
        latest = max(self.given.values(), default=0)
        return replace(self, given={**self.given, person: latest + 1})


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is (None: nobody could take it), and who was passed over, by why."""

    person: PersonId | None
    away: tuple[PersonId, ...] = ()
    unreachable: tuple[PersonId, ...] = ()


def next_in_turn(
    people: Sequence[PersonId],
    turns: Turns,
    *,
    reachable: Callable[[PersonId], bool],
    away: Callable[[PersonId], bool],
) -> Turn:
    """Who takes the next turn; who is away and cannot be reached either is passed over as away."""
    absent: list[PersonId] = []
    unreachable: list[PersonId] = []
    for person in turns.order(people):
        if away(person):
            absent.append(person)
        elif not reachable(person):
            unreachable.append(person)
        else:
            return Turn(person, tuple(absent), tuple(unreachable))
    return Turn(None, tuple(absent), tuple(unreachable))
