"""A service with one sender, and what it sends."""

import asyncio
import functools
from collections.abc import Sequence
from datetime import datetime

import pytest

from asking import told
from muster.core.permissions import Actor, system
from muster.core.signals import Action, make_signal
from muster.detect import commands
from muster.detect.commands import Received, Taken
from muster.foundation.access import queries
from muster.foundation.catalog.commands import add_service, change_service
from muster.foundation.catalog.models import Service
from muster.web.direct import Direct
from people import Cast


def make_service(*, actor: Actor, at: datetime, handle: str = "checkout") -> Service:
    """A service without a team."""
    return add_service(actor=actor, at=at, handle=handle, name=handle)


@pytest.fixture
def key(cast: Cast) -> str:
    """The key of an integration of service checkout."""
    actor = system("tests")
    service = make_service(actor=actor, at=queries.now())
    _, key = commands.add_integration(
        actor=actor, at=queries.now(), handle="am", kind="alertmanager", service_id=service.pk
    )
    return key


def trigger(key: str, dedup: str = "k1", **more: object) -> Received:
    """One request with one trigger."""
    signal = make_signal(Action.TRIGGER, dedup, summary="Checkout fails", raw={"a": 1}, **more)  # type: ignore[arg-type]
    return Received(commands.key_hash(key), "alertmanager", (signal,))


def resolve(key: str, dedup: str = "k1") -> Received:
    """One request with one resolve."""
    return Received(commands.key_hash(key), "alertmanager", (make_signal(Action.RESOLVE, dedup, raw={}),))


def set_policy(service: str, policy: str) -> None:
    """Let a service go up this policy."""
    row = Service.objects.get(handle=service)
    change_service(row.pk, {"policy": policy}, actor=system("tests"), at=queries.now())


def count_repeats(batch: Sequence[Received]) -> list[Taken | None]:
    """The short way, as the web process goes it: by a connection of the event loop's own."""
    return count_together([batch])[0]


def count_together(batches: Sequence[Sequence[Received]]) -> list[list[Taken | None]]:
    """The short way of batches that are on their way at the same time."""

    async def counting() -> list[list[Taken | None]]:
        direct = Direct()
        try:
            counting = [functools.partial(commands.count_repeats, batch, ask=direct.ask) for batch in batches]
            return [list(found) for found in await asyncio.gather(*map(told, counting))]
        finally:
            await direct.stop()

    return asyncio.run(counting())
