"""How people read the subjects that events name: `person:5` is Ana, the system is Muster."""

from collections.abc import Mapping

from muster.detect.models import Integration
from muster.foundation.access.models import Person

_PREFIXES = {"alert": "ALR", "group": "GRP", "incident": "INC", "page": "PG", "delivery": "DL"}


def names_of(subjects: set[str]) -> Mapping[str, str]:
    """The names of these subjects; what has none is left out."""
    found: dict[str, str] = {}
    numbers: dict[str, set[int]] = {}
    for subject in subjects:
        kind, _, key = subject.partition(":")
        if kind == "system":
            found[subject] = "Muster"
        elif key.isdecimal():
            numbers.setdefault(kind, set()).add(int(key))
            if kind in _PREFIXES:
                found[subject] = f"{_PREFIXES[kind]}-{key}"
    people = Person.objects.filter(pk__in=numbers.get("person", ())).values_list("id", "name")
    senders = Integration.objects.filter(pk__in=numbers.get("integration", ())).values_list("id", "handle")
    found |= {f"person:{key}": name for key, name in people}
    return found | {f"integration:{key}": handle for key, handle in senders}
