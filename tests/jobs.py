"""A job that is expected to report, and its reports."""

from datetime import timedelta
from typing import Any

import pytest

from muster.core.heartbeats import PingKind
from muster.core.permissions import system
from muster.detect import commands
from muster.detect.commands import Said
from muster.detect.models import Heartbeat
from muster.foundation.access import queries
from muster.foundation.catalog.models import Service
from people import Cast
from senders import make_service

TESTS = system("tests")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def service(cast: Cast) -> Service:
    """Service checkout."""
    return make_service(actor=TESTS, at=queries.now())


def add(service: Service, handle: str = "backup", **more: Any) -> tuple[Heartbeat, str]:
    """An hourly job with five minutes of grace."""
    given = {"name": handle.title(), "schedule": "1h", "grace": 5 * MINUTE} | more
    return commands.add_heartbeat(
        actor=given.pop("actor", TESTS),
        at=queries.now(),
        handle=handle,
        service_id=service.pk,
        **given,
    )


def said(key: str, kind: PingKind = PingKind.SUCCESS, **more: Any) -> Said:
    """A ping."""
    return Said(commands.key_hash(key), kind, **more)
