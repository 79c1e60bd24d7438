"""What a service stands on and what stands on it: two steps each way, and all that would be hit. Pure.

`edges` say for each service on which others it stands. Circles are walked once.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ROW_PX: Final = 60
BOX_PX: Final = 52
"""How high a box is, and from one to the next, in the picture of the map."""

Edges = Mapping[int, Sequence[int]]
WORST: Final = "SEV1"
"""The level of incidents that is marked wherever a service is shown."""


class State(StrEnum):
    """How a service is, the worst first; spelled as the glyphs are."""

    MAJOR = "major"
    PARTIAL = "partial"
    DEGRADED = "degraded"
    OPERATIONAL = "operational"


def state_of(severities: Collection[str], alerts: int) -> State:
    """How a service is: by the severities of the open incidents about it, else by its alerts that page."""
    if WORST in severities:
        return State.MAJOR
    if severities:
        return State.PARTIAL
    return State.DEGRADED if alerts else State.OPERATIONAL


@dataclass(frozen=True, slots=True)
class Level:
    """Services equally far away: those that are shown, and how many more there are."""

    shown: tuple[int, ...] = ()
    more: int = 0

    @property
    def rows(self) -> int:
        """How many boxes it takes: one says how many are not shown."""
        return len(self.shown) + bool(self.more)


@dataclass(frozen=True, slots=True)
class Line:
    """From a box to a box of the next column: their heights, and who needs whom."""

    y1: float
    y2: float
    needs: int
    needed: int


@dataclass(frozen=True, slots=True)
class Map:
    """One service in the middle. `below`: all it stands on; `above`: all that stands on it, however far;
    `circle`: what is both."""

    service: int
    needs: tuple[Level, Level]
    needed_by: tuple[Level, Level]
    below: frozenset[int]
    above: frozenset[int]

    @property
    def circle(self) -> frozenset[int]:
        """Services on which it stands, and which stand on it."""
        return self.below & self.above

    @property
    def height(self) -> int:
        """How high the picture is."""
        most = max(1, *(level.rows for level in (*self.needs, *self.needed_by)))
        return most * ROW_PX


def map_of(service: int, edges: Edges, *, most: int, order: Callable[[int], object]) -> Map:
    """The map around one service; each level shows `most` at most, the first by `order`."""
    upward = reversed_edges(edges)
    below, above = reach([service], edges), reach([service], upward)
    return Map(
        service,
        _levels(service, edges, most, order),
        _levels(service, upward, most, order),
        frozenset(below - {service}),
        frozenset(above - {service}),
    )


def reversed_edges(edges: Edges) -> dict[int, list[int]]:
    """Which services stand on each; what is gone is left out."""
    found: dict[int, list[int]] = {one: [] for one in edges}
    for one, others in edges.items():
        for other in others:
            if other in found:
                found[other].append(one)
    return found


def reach(starts: Iterable[int], edges: Edges) -> set[int]:
    """These and all that can be reached from them, however far."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in found and other in edges:
                found.add(other)
                waiting.append(other)
    return found


def lines_of(left: Level, right: Level, edges: Edges, height: int) -> list[Line]:
    """The lines between two columns, of which the left one stands on the right one or the reverse."""
    found = []
    for i, one in enumerate(left.shown):
        for j, other in enumerate(right.shown):
            ends = (_middle(left, i, height), _middle(right, j, height))
            if other in edges.get(one, ()):
                found.append(Line(*ends, needs=one, needed=other))
            elif one in edges.get(other, ()):
                found.append(Line(*ends, needs=other, needed=one))
    return found


def _middle(level: Level, row: int, height: int) -> float:
    top = (height - level.rows * ROW_PX) / 2
    return top + row * ROW_PX + ROW_PX / 2


def _levels(service: int, edges: Edges, most: int, order: Callable[[int], object]) -> tuple[Level, Level]:
    first = {one for one in edges.get(service, ()) if one in edges} - {service}
    second = {two for one in first for two in edges.get(one, ()) if two in edges} - first - {service}
    return _level(first, most, order), _level(second, most, order)


def _level(found: set[int], most: int, order: Callable[[int], object]) -> Level:
    ranked = sorted(found, key=order)  # type: ignore[arg-type]
    if len(ranked) <= most:
        return Level(tuple(ranked))
    return Level(tuple(ranked[: most - 1]), len(ranked) - most + 1)
