"""What the flusher writes to, how much it takes, and why it may not (see `batching`)."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from muster.web.room import Room

ItemT = TypeVar("ItemT")
OutcomeT = TypeVar("OutcomeT")
Told = Callable[[Sequence[OutcomeT | None] | Exception], None]


class NotStored(StrEnum):
    """Why an item was not kept."""

    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    UNFIT = "unfit"
    """The store refuses this one item, whatever its neighbours; sending it again will not help."""


class Refusal(Exception):
    """The item is not stored; `why` says whether to try again."""

    def __init__(self, why: NotStored) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class FlushLimits:
    """How much is written together, how much may wait, and for how long."""

    batch_weight: int = 500
    room: Room = field(default_factory=Room)
    answer_seconds: float = 10.0
    """After this long, an item is answered `UNAVAILABLE`, and dropped if it is not being written."""


@dataclass(frozen=True, slots=True)
class Store(Generic[ItemT, OutcomeT]):
    """What the flusher calls; all but `at_once` in its thread, which owns its connection.

    `receive` makes a batch durable and returns one outcome per item, in order; it keeps all or nothing.
    `at_once` makes durable what it can in a shorter way, on the event loop, and tells, at once or later, one
    outcome per item, None for each that it left alone; or what went wrong. It is asked again before it has
    told when all items of the first batch `may_be_overtaken`: what it leaves alone of them is received later
    than what came after them.
    `reset` drops the connection after any failure; the next `receive` opens another. `lost` are the errors
    that mean the store is away, `unfit` those that mean it refuses what is in the batch. `remains` makes of a
    refused item what is kept in its place, or None: nothing that was said disappears. `owner` is who shares
    the room with others, and `comes_first` what may use the last of it (`web.room`).
    """

    receive: Callable[[Sequence[ItemT]], Sequence[OutcomeT]]
    reset: Callable[[], None]
    lost: tuple[type[Exception], ...]
    unfit: tuple[type[Exception], ...]
    at_once: Callable[[Sequence[ItemT], Told[OutcomeT]], None] | None = None
    may_be_overtaken: Callable[[ItemT], bool] = lambda item: False
    remains: Callable[[ItemT], ItemT | None] | None = None
    owner: Callable[[ItemT], Hashable] = lambda item: None
    comes_first: Callable[[ItemT], bool] = lambda item: True
