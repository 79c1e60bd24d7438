"""Timeline entries as the templates draw them: a sentence that begins with who."""

from collections.abc import Iterable, Mapping
from typing import Any

from muster.core.permissions import Actor
from muster.detect.models import Integration
from muster.foundation.access.models import Person
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.queries import Line, told


def names_of(subjects: set[str]) -> Mapping[str, str]:
    """How people read `person:5` and `integration:3` (engine side: of entries that the reader was shown)."""
    found: dict[str, str] = {}
    numbers: dict[str, list[int]] = {}
    for subject in subjects:
        kind, _, number = subject.partition(":")
        if kind == "system":
            found[subject] = "Muster"
        elif number.isdecimal():
            numbers.setdefault(kind, []).append(int(number))
    for person in Person.objects.filter(pk__in=numbers.get("person", [])):
        found[f"person:{person.pk}"] = person.name
    for integration in Integration.objects.filter(pk__in=numbers.get("integration", [])):
        found[f"integration:{integration.pk}"] = integration.handle
    return found


def entries(events: Iterable[Event], actor: Actor) -> list[dict[str, Any]]:
    """Events as entries, in the order given."""
    return [_entry(line, actor) for line in told(events, names_of)]


def _entry(line: Line, actor: Actor) -> dict[str, Any]:
    by_person = line.actor.startswith("person:")
    return {
        "id": str(line.id),
        "at": line.at,
        "icon": line.icon,
        "who": line.actor_name,
        "said": line.sentence,
        "by": "person" if by_person else "machine",
    }
