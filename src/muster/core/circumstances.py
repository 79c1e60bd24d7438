"""What a ladder asks of the world: whom targets mean, who can be reached or is away, when hours open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from muster.core.policy import Target
from muster.core.rotation import PersonId
from muster.core.turns import Turns

Resolve: TypeAlias = Callable[[Target, datetime], Sequence[PersonId]]
"""Who a target means at an instant: active people only, in the order to be shown; empty when nobody."""

Reachable: TypeAlias = Callable[[PersonId], bool]
"""Whether a person has a contact that a page could go to (`paging.plan_deliveries` has deliveries)."""

Opening: TypeAlias = Callable[[datetime], datetime]
"""The instant itself in working hours, else when they open next (`calendar.Calendar.next_opening`)."""


def always_open(at: datetime) -> datetime:
    """Working hours that never close."""
    return at


Covered: TypeAlias = Callable[[Sequence[Target], datetime], datetime | None]
"""When somebody of these is on call next; None when nobody ever is, or what it is about cannot wait."""


def never_held(targets: Sequence[Target], at: datetime) -> None:
    """Nothing waits until somebody is on call."""
    return


Away: TypeAlias = Callable[[PersonId, datetime], bool]
"""Whether a person is on leave at an instant."""


def nobody_away(person: PersonId, at: datetime) -> bool:
    """Nobody is on leave."""
    return False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a ladder asks besides whom a target means: by default nothing is in anybody's way.

    `answered` are those who have acknowledged in this epoch where all must; `turns` whose turn was when.
    """

    covered: Covered = never_held
    away: Away = nobody_away
    answered: frozenset[PersonId] = frozenset()
    turns: Turns = field(default_factory=Turns)
