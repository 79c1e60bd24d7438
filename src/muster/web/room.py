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
        self._all = _Amount()
        self._by_owner: dict[Hashable, _Amount] = {}

    def has_place(
        self, owner: Hashable, weight: int, size_bytes: int, comes_first: Callable[[], bool]
    ) -> bool:
        """Whether one more item fits. Asks whether it comes first only where that decides.

        What is larger than all the room, or its owner's part of it, fits when nothing (of its owner) waits.
        """
        room = self._room
        if not self._all.weight:
            return True
        theirs = self._by_owner.get(owner)
        if theirs is not None and not theirs.fits(weight, size_bytes, room, room.owner_share):
            return False
        if self._all.fits(weight, size_bytes, room, 1 - room.kept_share):
            return True
        return self._all.fits(weight, size_bytes, room, 1.0) and comes_first()

    def add(self, owner: Hashable, weight: int, size_bytes: int) -> None:
        """An item waits."""
        self._all.add(weight, size_bytes)
        if owner is not None:
            theirs = self._by_owner.get(owner)
            if theirs is None:
                theirs = self._by_owner[owner] = _Amount()
            theirs.add(weight, size_bytes)

    def remove(self, owner: Hashable, weight: int, size_bytes: int) -> None:
        """An item waits no more."""
        self._all.add(-weight, -size_bytes)
        theirs = self._by_owner.get(owner)
        if theirs is not None:
            theirs.add(-weight, -size_bytes)
            if not theirs.weight:
                del self._by_owner[owner]


class _Amount:
    __slots__ = ("size_bytes", "weight")

    def __init__(self) -> None:
        self.weight = 0
        self.size_bytes = 0

    def add(self, weight: int, size_bytes: int) -> None:
        self.weight += weight
        self.size_bytes += size_bytes

    def fits(self, weight: int, size_bytes: int, room: Room, share: float) -> bool:
        """Whether so much more is within this share of the room."""
        return (
            self.weight + weight <= room.weight * share
            and self.size_bytes + size_bytes <= room.size_bytes * share
        )
