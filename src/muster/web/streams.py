"""What a live stream is made of: facts, fragments, and one client's queue (design section 9)."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Audience(StrEnum):
    """For whom an event is rendered: at most three ways."""

    MEMBER = "member"
    OBSERVER = "observer"
    STAKEHOLDER = "stakeholder"


@dataclass(frozen=True, slots=True)
class Fact:
    """One sealed event, as much as the hub must know. `seq` is gap-free and in the order of commit.

    `rights` says that grants or audiences may have changed by it. `body` is for `render` alone.
    """

    seq: int
    topics: frozenset[str]
    rights: bool = False
    body: Any = None


@dataclass(frozen=True, slots=True)
class Fragment:
    """One server-sent event: its name (one line) and its data (any text; never empty)."""

    event: str
    data: str


class LiveSource(Protocol):
    """Where the hub reads. Everything may block: it is called in the hub's own threads only."""

    def wait(self, seconds: float) -> None:
        """Return when something may have happened, or after that time."""
        ...

    def head(self) -> int:
        """The last fact's `seq`, or 0."""
        ...

    def after(self, seq: int, limit: int) -> Sequence[Fact]:
        """The facts after `seq`, in order, at most `limit`."""
        ...

    def replay(self, topic: str, after: int, upto: int, limit: int) -> Sequence[Fact]:
        """The topic's facts with `after < seq <= upto`, in order, at most `limit`."""
        ...

    def audiences(self, asked: Sequence[tuple[int, str]]) -> Sequence[Audience | None]:
        """For each (person, topic), how they may watch it now; None for not at all."""
        ...

    def render(self, fact: Fact, topic: str, audience: Audience) -> Sequence[Fragment]:
        """What watchers of that topic in that audience are shown; empty for nothing. Zone-neutral."""
        ...

    def release(self) -> None:
        """Close the calling thread's connection; after a failure, and at the end."""
        ...


class Ending(StrEnum):
    """Why a stream ends."""

    GONE = "gone"
    SLOW = "slow"
    RIGHTS = "rights"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class HubLimits:
    """How much, how often."""

    streams: int = 5_000
    streams_of_a_person: int = 32
    queued: int = 256
    queued_bytes: int = 1024 * 1024
    replayed: int = 500
    poll_seconds: float = 0.25
    idle_seconds: float = 1.0
    rights_seconds: float = 5.0
    heartbeat_seconds: float = 15.0


class Subscription:
    """One client of one topic. Used from the event loop only."""

    __slots__ = (
        "_wake",
        "audience",
        "behind",
        "over",
        "person_id",
        "queue",
        "queued_bytes",
        "resync",
        "seen",
        "topic",
    )

    def __init__(self, person_id: int, topic: str, audience: Audience, seen: int) -> None:
        self.person_id = person_id
        self.topic = topic
        self.audience = audience
        self.seen = seen
        self.behind = True
        self.resync = False
        self.queue: deque[bytes] = deque()
        self.queued_bytes = 0
        self.over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._wake = asyncio.Event()

    def push(self, chunk: bytes) -> None:
        """Queue bytes for the client."""
        self.queue.append(chunk)
        self.queued_bytes += len(chunk)
        self._wake.set()

    def take(self) -> bytes:
        """All that is queued, as one piece."""
        chunk = b"".join(self.queue)
        self.queue.clear()
        self.queued_bytes = 0
        return chunk

    def wake(self) -> None:
        """Look whether there is something to do."""
        self._wake.set()

    async def ready(self) -> None:
        """Return when there is something to send or to read again."""
        await self._wake.wait()
        self._wake.clear()

    def end(self, why: Ending) -> None:
        """End the stream, once."""
        if not self.over.done():
            self.over.set_result(why)
