"""A store that keeps numbers, for the flusher's tests."""

import threading
from collections.abc import Sequence

from muster.web.batching import Flusher
from muster.web.store import NotStored, Refusal


class Lost(Exception):
    pass


class Unfit(Exception):
    pass


class Memory:
    """A store that keeps numbers. It refuses negative ones, and loses itself as often as it is told."""

    def __init__(self) -> None:
        self.kept: list[int] = []
        self.batches: list[list[int]] = []
        self.resets = 0
        self.lose = 0
        self.faults: set[int] = set()
        self.go_on = threading.Event()
        self.go_on.set()

    def receive(self, batch: Sequence[int]) -> list[int]:
        self.go_on.wait(5)
        self.batches.append(list(batch))
        if self.lose:
            self.lose -= 1
            raise Lost
        if min(batch) < 0:
            raise Unfit
        if self.faults & set(batch):
            raise RuntimeError("a fault of ours")
        self.kept.extend(batch)
        return [number * 10 for number in batch]

    def reset(self) -> None:
        self.resets += 1


async def put(flusher: Flusher[int, int], number: int, weight: int = 1) -> int | NotStored:
    try:
        return await flusher.put(number, weight=weight, size_bytes=100)
    except Refusal as refusal:
        return refusal.why
