"""How much may wait to be written, and whose: one noisy sender never takes the room of the others."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """How much may wait. An item weighs at least 1 (a signal) and has a size in bytes.

    Items of one owner (a sender's key; None: nobody's) take at most `owner_share` of it, and the last
    `kept_share` is for what comes first, so that a storm leaves a way in for what matters most.
    """

    weight: int = 10_000
    size_bytes: int = 64 * 1024 * 1024
    owner_share: float = 0.5
    kept_share: float = 0.1


class Occupancy:
    """How much of a room is taken, and by whom."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._weight = 0
        self._size_bytes = 0
        self._by_owner: dict[Hashable, int] = {}

    def has_place(
        self, owner: Hashable, weight: int, size_bytes: int, comes_first: Callable[[], bool]
    ) -> bool:
        """Whether one more item fits. Asks whether it comes first only where that decides.

        What is larger than all the room, or its owner's part of it, fits when nothing (of its owner) waits.
        """
        room, after = self._room, self._weight + weight
        if not self._weight:
            return True
        if after > room.weight or self._size_bytes + size_bytes > room.size_bytes:
            return False
        theirs = self._by_owner.get(owner, 0)
        if theirs and theirs + weight > room.weight * room.owner_share:
            return False
        return after <= room.weight * (1 - room.kept_share) or comes_first()

    def add(self, owner: Hashable, weight: int, size_bytes: int) -> None:
        """An item waits."""
        self._weight += weight
        self._size_bytes += size_bytes
        if owner is not None:
            self._by_owner[owner] = self._by_owner.get(owner, 0) + weight

    def remove(self, owner: Hashable, weight: int, size_bytes: int) -> None:
        """An item waits no more."""
        self._weight -= weight
        self._size_bytes -= size_bytes
        left = self._by_owner.pop(owner, weight) - weight
        if left:
            self._by_owner[owner] = left
