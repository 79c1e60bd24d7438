"""Whom Opsgenie's clients mean by a user, a team, a schedule or an escalation, among what is here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q

from muster.core.permissions import Actor
from muster.core.reading import text_of
from muster.core.refusal import Refused
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Team
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.oncall.models import Schedule

KINDS = ("user", "team", "schedule", "escalation")
_NAMES = ("username", "name", "id")


def errors(value: Any, member: str, kinds: Sequence[str]) -> Iterator[str]:
    """What is wrong with a recipient; with `kinds` it must say of which of them it is."""
    if not isinstance(value, Mapping):
        yield f"{member}: must be an object with a name, a username or an id"
        return
    if not _name(value):
        yield f"{member}: needs a name, a username or an id"
    if kinds and text_of(value.get("type")).lower() not in kinds:
        yield f"{member}.type: must be one of {', '.join(kinds)}"


def target_of(recipient: Mapping[str, Any], actor: Actor, kind: str = "") -> str:
    """The target (`person:ana`, `policy:payments`) that a recipient names: by handle, name or e-mail address.

    Raises:
        Refused: nothing in use has that name.
    """
    kind = kind or text_of(recipient.get("type")).lower()
    name = _name(recipient)
    if kind == "user":
        return f"person:{_found(_people(name, actor), name)}"
    models = {"team": Team, "schedule": Schedule, "escalation": Policy}
    rows = models[kind].objects.visible_to(actor).filter(Q(handle__iexact=name) | Q(name__iexact=name))
    return f"{'policy' if kind == 'escalation' else kind}:{_found(rows, name)}"


def _people(name: str, actor: Actor) -> Any:
    named = Q(handle__iexact=name) | Q(name__iexact=name) | Q(email__iexact=name)
    return Person.objects.visible_to(actor).filter(named)


def _found(rows: Any, name: str) -> str:
    handle = rows.filter(retired_at__isnull=True).order_by("id").values_list("handle", flat=True).first()
    if handle is None:
        raise Refused(Escalate.TARGET_UNKNOWN, {"target": name[:80]})
    return str(handle)


def _name(recipient: Mapping[str, Any]) -> str:
    return next((name for key in _NAMES if (name := text_of(recipient.get(key)).strip())), "")
