"""One request at a door of the product, with nothing behind it: what the sender hears, what was understood.

The door is the real one, so that a rehearsal cannot say what the door would not; only what it would have
stored is caught in the flusher's place.
"""

import asyncio
import dataclasses
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from muster.core.knock import FetchFailed
from muster.core.ports.source_form import Door, Source
from muster.core.signals import Signal
from muster.core.unreadable import Unreadable
from muster.detect.commands import Received, Taken
from muster.web.asgi_types import Message, Scope
from muster.web.batching import Flusher
from muster.web.bodies import Budget
from muster.web.deadline import Deadline
from muster.web.doors import Entrance, FoundKey
from muster.web.keys import KEY_CHARS
from muster.web.porter import Porter
from muster.web.store import Store

_KEY = "0" * KEY_CHARS
_BODY_SECONDS = 20.0
_MEMORY_BYTES = 64 * 1024 * 1024
_READERS = ThreadPoolExecutor(1, thread_name_prefix="rehearsal")
_PLACEHOLDER = re.compile(r"\{\w+\}")


@dataclasses.dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a door answered, and what it would have had stored."""

    door: str
    status: int
    body: bytes
    signals: tuple[Signal, ...]
    unread: Unreadable | None


class _Nowhere(Flusher[Received, Taken]):
    """Stands where the flusher stands: what it is given goes nowhere, and is there to be looked at."""

    def __init__(self) -> None:
        super().__init__(Store(receive=lambda _batch: [], reset=lambda: None, lost=(), unfit=()))
        self.received: list[Received] = []

    async def put(self, item: Received, *, weight: int = 1, size_bytes: int = 0) -> Taken:
        """As if it were durable."""
        self.received.append(item)
        return Taken(True, tuple([signal.dedup_key for signal in item.signals]))


def _nothing(url: str) -> bytes:
    raise FetchFailed(url)


_NOBODY = Porter(_nothing, lambda _key_hash, _name, text: text)
"""Fetches nothing and remembers nothing."""


def rehearse(
    source: Source, door: Door | None, mapping: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> Rehearsed:
    """A request at this door, or at the first of its source's doors that understands it.

    Whoever rehearses has signed in: what a door asks beside the key, a signature say, is not asked.
    """
    doors = (door,) if door is not None else source.doors
    tried = [_at(one, mapping, headers, body) for one in doors]
    return next((one for one in tried if one.signals), tried[0])


def _at(door: Door, mapping: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Rehearsed:
    nowhere = _Nowhere()

    async def known(_key_hash: bytes) -> FoundKey:
        return FoundKey(door.kind, mapping)

    entrance = Entrance(
        dataclasses.replace(door, guard=None),
        lookup=known,
        flusher=nowhere,
        budget=Budget(_MEMORY_BYTES),
        readers=_READERS,
        deadline=Deadline(_BODY_SECONDS),
        porter=_NOBODY,
    )
    sent: list[Message] = []
    asyncio.run(_ask(entrance, _scope(door, headers, body), body, sent))
    [received] = nowhere.received or [Received(b"", door.kind, ())]
    text = b"".join(message.get("body", b"") for message in sent)
    return Rehearsed(door.name, int(sent[0]["status"]), text, received.signals, received.unread)


async def _ask(entrance: Entrance, scope: Scope, body: bytes, sent: list[Message]) -> None:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await entrance.answer(scope, receive, send, _KEY)


def _scope(door: Door, headers: Mapping[str, str], body: bytes) -> Scope:
    """A request with a key that is known, wherever this door looks for it."""
    method, path = door.paths[0]
    given: dict[str, Any] = {name.lower(): text for name, text in headers.items()}
    given["content-length"] = str(len(body))
    place, _, scheme = door.key_location.partition(":")
    if place == "authorization":
        given["authorization"] = f"{scheme} {_KEY}"
    return {
        "type": "http",
        "method": method,
        "raw_path": _PLACEHOLDER.sub(_KEY, path).encode(),
        "query_string": b"",
        "headers": [
            (name.encode("latin-1", "replace"), text.encode("latin-1", "replace"))
            for name, text in given.items()
        ],
    }
