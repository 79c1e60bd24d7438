"""The web process's one ASGI application: `muster.config.asgi:application`."""

# ruff: noqa: I001 (Django must be set up before anything that needs the models)
from muster.config.django_app import django_app

import functools
import gc
import logging
import operator
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from muster.adapters.egress import Egress
from muster.adapters.endpoints import endpoints, mail_endpoint
from muster.adapters.fetching import fetch
from muster.adapters.peers import Allowed, install_guard
from muster.config import wiring
from muster.core import intake
from muster.core.permissions import Actor, ActorKind
from muster.core.refusal import Refused
from muster.detect.commands import (
    UNFIT,
    Heard,
    Received,
    Said,
    Taken,
    count_repeats,
    is_severe,
    learn_setting,
    receive_pings,
    receive_signals,
    remains_of,
)
from muster.detect.queries import integration_by_key, integrations_by_key
from muster.detect.reasons import Detect
from muster.foundation.access.queries import now
from muster.foundation.timeline.beats import note_hearing
from muster.foundation.timeline.hints import Notifier
from muster.web.batching import Flusher
from muster.web.dedicated import LOST, dedicated, drop_connection, own_connection
from muster.web.direct import Direct
from muster.web.doors import Doors, FoundKey
from muster.web.edge import Edge, Urgent
from muster.web.hearing import Hearing
from muster.web.hub import Hub
from muster.web.keys import Together
from muster.web.live import Live
from muster.web.live_source import TimelineSource
from muster.web.live_topics import admit, seals
from muster.web.pings import ROOM, Acquainted, Pings
from muster.web.porter import Porter
from muster.web.published import PublishedPages
from muster.web.router import Router
from muster.web.store import FlushLimits, Store

URGENT = Urgent(
    prefixes=(b"/sign-in", b"/set-up/", b"/static/", b"/p/", b"/pages/", b"/declare", b"/readyz"),
    suffixes=(b"/acknowledge", b"/ack", b"/declare"),
    posted=frozenset((b"/incidents", b"/api/v1/incidents")),
)
"""Sign-in, the page at 3 a.m., acknowledge and declare: what must answer when everything else is slow."""

log = logging.getLogger(__name__)


def application_of_this_process() -> Router:
    """Everything that `muster web` answers, wired."""
    https = settings.BASE_URL.startswith("https://")
    direct = Direct()
    flusher: Flusher[Received, Taken] = Flusher(
        Store(
            at_once=functools.partial(count_repeats, ask=direct.ask),
            may_be_overtaken=_may_be_overtaken,
            receive=_receive,
            reset=drop_connection,
            lost=LOST,
            unfit=UNFIT,
            remains=remains_of,
            owner=operator.attrgetter("key_hash"),
            comes_first=is_severe,
        )
    )
    jobs = Acquainted(_hear)
    heard: Flusher[Said, Heard] = Flusher(
        Store(receive=jobs.hear, reset=drop_connection, lost=LOST, unfit=UNFIT, comes_first=jobs.knows),
        FlushLimits(room=ROOM),
    )
    hub = Hub(TimelineSource(admit), seals())
    allowed = Allowed(settings.ENV.allow_private_targets, endpoints(mail_endpoint(settings.ENV.email_url)))
    install_guard(allowed)
    egress = Egress(allowed, own_url=settings.ENV.base_url)
    porter = Porter(functools.partial(fetch, egress), dedicated(_learn))
    return Router(
        edge=Edge(django_app, urgent=URGENT, https=https),
        doors=Doors(
            wiring.SOURCES, lookup=Together(dedicated(_by_keys)).find, flusher=flusher, porter=porter
        ),
        live=Live(hub),
        status_pages=PublishedPages(_status_folder()),
        pings=Pings(wiring.PING_DOORS, heard),
        https=https,
        services=[_Hints(), direct, flusher, heard, hub, Hearing(flusher, dedicated(note_hearing))],
    )


def _receive(batch: Sequence[Received]) -> list[Taken]:
    own_connection()
    return receive_signals(batch)


def _may_be_overtaken(received: Received) -> bool:
    return intake.may_be_overtaken(received.signals)


def _hear(batch: Sequence[Said]) -> list[Heard]:
    own_connection()
    return receive_pings(batch)


def _learn(key_hash: bytes, name: str, text: str) -> str:
    """What the integration with this key remembers under a name; this, when that is nothing yet."""
    found = integration_by_key(key_hash)
    if found is None:
        raise Refused(Detect.KEY_UNKNOWN)
    actor = Actor(kind=ActorKind.INTEGRATION, id=found[0])
    return learn_setting(found[0], name, text, actor=actor, at=now())


def _by_keys(hashes: list[bytes]) -> dict[bytes, FoundKey]:
    found = integrations_by_key(hashes)
    return {key_hash: FoundKey(kind=row[1], mapping=row[3]) for key_hash, row in found.items()}


class _Hints:
    """Tells the workers, after each commit of this process, that there is something to do."""

    def start(self) -> None:
        Notifier().start()

    async def stop(self) -> None:
        """The thread ends with the process."""


def _status_folder() -> Path:
    return (settings.ENV.data or Path("/nonexistent")) / "status"


application = application_of_this_process()

# Nothing that exists by now ever goes away: the collector need not walk through it again and again.
gc.collect()
gc.freeze()
# Few cycles are made here; looking for them after every 700 objects took a seventh of an act on many alerts.
gc.set_threshold(20_000, 20, 20)
