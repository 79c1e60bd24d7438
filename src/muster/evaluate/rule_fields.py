"""Fields of rules as doors show and take them: services and teams by their handles."""

from collections.abc import Mapping
from typing import Any

from muster.core.text import clean_text
from muster.foundation.catalog.models import Configured, Service, Team
from muster.foundation.catalog.queries import by_handle, ids_of

_MANY: Mapping[str, type[Configured]] = {"services": Service, "teams": Team}


def with_ids(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that somebody wrote, as they are stored.

    Raises:
        Refused: a service or a team is not there.
    """
    found = dict(fields)
    for name, model in _MANY.items():
        if isinstance(found.get(name), list | tuple):
            found[name] = ids_of(model, [clean_text(str(one)) for one in found[name]])
    if isinstance(found.get("service"), str) and found["service"]:
        found["service"] = by_handle(Service, clean_text(found["service"])).pk
    return found


def with_handles(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Stored fields, as doors show them; matchers as people write them."""
    found = dict(spec)
    for name, model in _MANY.items():
        if name in found:
            known = dict(model.objects.filter(pk__in=found[name]).values_list("id", "handle"))
            found[name] = [known[pk] for pk in found[name] if pk in known]
    if "service" in found:
        found["service"] = (
            Service.objects.filter(pk=found["service"]).values_list("handle", flat=True).first()
        )
    return found
