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
        self._whole = _part(room, 1.0)
        self._calm = _part(room, 1 - room.kept_share)
        self._owners = _part(room, room.owner_share)
        self._all = _Amount()
        self._by_owner: dict[Hashable, _Amount] = {}

    def enter(self, owner: Hashable, weight: int, size_bytes: int, comes_first: Callable[[], bool]) -> bool:
        """Let one more item wait if it fits, and say whether it does. Asks whether it comes first only where
        that decides.

        What is larger than all the room, or its owner's part of it, fits when nothing (of its owner) waits.
        """
        everybody, theirs = self._all, self._by_owner.get(owner)
        if everybody.weight:
            if theirs is not None and not theirs.fits(weight, size_bytes, self._owners):
                return False
            if not everybody.fits(weight, size_bytes, self._calm) and not (
                everybody.fits(weight, size_bytes, self._whole) and comes_first()
            ):
                return False
        everybody.weight += weight
        everybody.size_bytes += size_bytes
        if owner is not None:
            if theirs is None:
                theirs = self._by_owner[owner] = _Amount()
            theirs.weight += weight
            theirs.size_bytes += size_bytes
        return True

    def leave(self, owner: Hashable, weight: int, size_bytes: int) -> None:
        """An item waits no more."""
        everybody, theirs = self._all, self._by_owner.get(owner)
        everybody.weight -= weight
        everybody.size_bytes -= size_bytes
        if theirs is not None:
            theirs.weight -= weight
            theirs.size_bytes -= size_bytes
            if not theirs.weight:
                del self._by_owner[owner]


class _Amount:
    __slots__ = ("size_bytes", "weight")

    def __init__(self, weight: float = 0, size_bytes: float = 0) -> None:
        self.weight = weight
        self.size_bytes = size_bytes

    def fits(self, weight: int, size_bytes: int, most: "_Amount") -> bool:
        """Whether so much more is within this part of the room."""
        return self.weight + weight <= most.weight and self.size_bytes + size_bytes <= most.size_bytes


def _part(room: Room, share: float) -> _Amount:
    return _Amount(room.weight * share, room.size_bytes * share)
