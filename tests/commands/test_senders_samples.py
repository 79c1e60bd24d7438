"""What each sender says from beginning to end, in PostgreSQL: one alert that opens, is taken, and ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from muster.adapters.sources.alertmanager import door as alertmanager
from muster.config import wiring
from muster.core.permissions import system
from muster.core.ports.source_form import Door
from muster.detect import commands
from muster.detect.commands import Received, receive_signals
from muster.detect.models import Alert
from muster.detect.models import Signal as Kept
from muster.foundation.access.queries import now
from people import Cast
from senders import make_service

ADAPTERS = Path(alertmanager.__file__).parents[1]
DOORS = {door.name: door for source in wiring.SOURCES for door in source.doors}

STORIES: dict[str, tuple[tuple[str, str], ...]] = {
    "newrelic": (("activated", "triggered"), ("acknowledged", "acknowledged"), ("closed", "resolved")),
    "zabbix": (
        ("problem", "triggered"),
        ("acknowledged", "acknowledged"),
        ("commented", "acknowledged"),
        ("recovery", "resolved"),
    ),
    "uptimekuma": (("down", "triggered"), ("up", "resolved")),
    "healthchecks": (("down", "triggered"), ("up", "resolved")),
    "azure": (("fired", "triggered"), ("resolved", "resolved")),
    "gcp": (("open", "triggered"), ("closed", "resolved")),
    "statuspage": (("incident", "triggered"), ("incident_resolved", "resolved")),
}
"""The samples of a sender in the order of a trouble, and the state of its alert after each."""

CHANGES = [path for kind in ("github", "gitlab") for path in sorted((ADAPTERS / kind / "samples").glob("*"))]


def integration(kind: str) -> bytes:
    """The hash of the key of a new integration of this kind."""
    actor, at = system("tests"), now()
    service = make_service(actor=actor, at=at)
    _, key = commands.add_integration(actor=actor, at=at, handle=kind, kind=kind, service_id=service.pk)
    return commands.key_hash(key)


def receive(key_hash: bytes, door: Door, body: Any) -> None:
    """Let the door read a body, and store what it says."""
    signals = tuple(door.translate({}, body))
    [taken] = receive_signals([Received(key_hash, door.kind, signals)])
    assert taken.known


@pytest.mark.parametrize("kind", STORIES)
def test_a_trouble_is_one_alert_from_its_first_word_to_its_last(cast: Cast, kind: str) -> None:
    key_hash = integration(kind)
    for name, state in STORIES[kind]:
        body = json.loads((ADAPTERS / kind / "samples" / f"{kind}_{name}.json").read_text())
        receive(key_hash, DOORS[kind], body)
        [alert] = Alert.objects.all()
        assert alert.state == state, name


@pytest.mark.parametrize("kind", STORIES)
def test_its_beginning_again_pages_nobody_again_and_its_late_end_harms_nothing(cast: Cast, kind: str) -> None:
    key_hash = integration(kind)
    first, *_, last = [
        json.loads((ADAPTERS / kind / "samples" / f"{kind}_{name}.json").read_text())
        for name, _ in STORIES[kind]
    ]
    for body in (first, first, last, last):
        receive(key_hash, DOORS[kind], body)
    [alert] = Alert.objects.all()
    assert (alert.state, alert.count) == ("resolved", 2)
    assert list(Kept.objects.order_by("id").values_list("disposition", flat=True))[-1] == "rejected"


@pytest.mark.parametrize("path", CHANGES, ids=lambda path: path.stem)
def test_a_change_is_kept_and_opens_nothing(cast: Cast, path: Path) -> None:
    kind = path.parent.parent.name
    receive(integration(kind), DOORS[kind], json.loads(path.read_text()))
    [kept] = Kept.objects.all()
    assert (kept.action, kept.disposition, kept.reason) == ("change", "noted", "change_noted")
    assert not Alert.objects.exists()
