"""How people read the subjects that events name: `person:5` is Ana, the system is Muster."""

from collections.abc import Mapping

from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Service

_PREFIXES = {"alert": "ALR", "group": "GRP", "incident": "INC", "page": "PG", "action_item": "ACT"}


def names_of(subjects: set[str]) -> Mapping[str, str]:
    """The names of these subjects; what has none is left out."""
    kinds: dict[str, set[int]] = {}
    found: dict[str, str] = {}
    for subject in subjects:
        kind, _, key = subject.partition(":")
        if kind == "system":
            found[subject] = "Muster"
        elif key.isdecimal():
            kinds.setdefault(kind, set()).add(int(key))
            if kind in _PREFIXES:
                found[subject] = f"{_PREFIXES[kind]}-{key}"
    people = Person.objects.filter(pk__in=kinds.get("person", ())).values_list("id", "name")
    services = Service.objects.filter(pk__in=kinds.get("service", ())).values_list("id", "name")
    found |= {f"person:{key}": name for key, name in people}
    found |= {f"service:{key}": name for key, name in services}
    return found
