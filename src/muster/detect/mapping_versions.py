"""The versions of an integration's mapping: each change is one, told by the timeline."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core.permissions import Actor
from muster.detect.models import Integration
from muster.foundation.timeline.audiences import visible_events
from muster.foundation.timeline.models import Event

_KINDS = ("integration.added", "integration.changed")
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Version:
    """A mapping as it was from `at` on; the first has number 1. `by` is an actor, such as `person:5`."""

    number: int
    mapping: dict[str, Any]
    by: str
    at: datetime


def version_of(integration: Integration) -> int:
    """The number of the mapping that is in force (engine side: the commands hold it beside what was read)."""
    changes = Event.objects.filter(subject=integration.subject, kind="integration.changed")
    return 1 + changes.filter(payload__has_key="mapping").count()


def versions_of(integration: Integration, actor: Actor) -> list[Version]:
    """The mappings that an integration which the caller was shown had, newest first, at most twenty."""
    rows = visible_events(actor).filter(subject=integration.subject, kind__in=_KINDS)
    rows = rows.filter(payload__has_key="mapping").order_by("-id")[:SHOWN]
    last = version_of(integration)
    return [
        Version(last - behind, _mapping(row), row.actor, row.at)
        for behind, row in enumerate(rows)
        if last - behind > 0
    ]


def _mapping(event: Event) -> dict[str, Any]:
    said = event.payload["mapping"]
    mapping: dict[str, Any] = said if event.kind == "integration.added" else said["after"]
    return mapping
