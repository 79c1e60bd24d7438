"""Doors of the product in this process, on the test's database: what is answered is durable."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from django.db import OperationalError, connection

from muster.core.permissions import Actor, ActorKind
from muster.core.ports.source_form import Source
from muster.detect.commands import UNFIT, Received, Taken, learn_setting, receive_signals, remains_of
from muster.detect.queries import integration_by_key
from muster.foundation.access.queries import now
from muster.web.asgi_types import Message, Scope
from muster.web.batching import Flusher
from muster.web.doors import Doors, FoundKey
from muster.web.porter import Porter
from muster.web.store import Store

Posted = tuple[str, bytes]
"""A path, and the body that is posted there."""


def post(
    sources: Sequence[Source], posted: Sequence[Posted], fetch: Callable[[str], bytes]
) -> list[tuple[int, bytes]]:
    """Post one after the other; status and body of each answer."""
    return asyncio.run(_post(sources, posted, fetch))


async def _post(
    sources: Sequence[Source], posted: Sequence[Posted], fetch: Callable[[str], bytes]
) -> list[tuple[int, bytes]]:
    store = Store(
        receive=receive_signals,
        reset=connection.close,
        lost=(OperationalError,),
        unfit=UNFIT,
        remains=remains_of,
    )
    flusher: Flusher[Received, Taken] = Flusher(store)
    flusher.start()
    doors = Doors(sources, lookup=_lookup, flusher=flusher, porter=Porter(fetch, _learn))
    try:
        return [await _one(doors, path, body) for path, body in posted]
    finally:
        await flusher.stop()


async def _one(doors: Doors, path: str, body: bytes) -> tuple[int, bytes]:
    way = doors.find(path.encode())
    assert way is not None, path
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-length", str(len(body)).encode())],
    }
    await way.entrance.answer(scope, receive, send, way.key)
    return int(sent[0]["status"]), b"".join(message.get("body", b"") for message in sent)


async def _lookup(key_hash: bytes) -> FoundKey | None:
    found = await asyncio.to_thread(_closing, integration_by_key, key_hash)
    return FoundKey(kind=found[1], mapping=found[3]) if found is not None else None


def _learn(key_hash: bytes, name: str, text: str) -> str:
    found = integration_by_key(key_hash)
    assert found is not None
    actor = Actor(kind=ActorKind.INTEGRATION, id=found[0])
    return str(_closing(learn_setting, found[0], name, text, actor=actor, at=now()))


def _closing(ask: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Ask in a thread of its own, which leaves no connection behind."""
    try:
        return ask(*given, **named)
    finally:
        connection.close()
