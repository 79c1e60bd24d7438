"""Reads of what is owed."""

from collections.abc import Iterable

from django.db.models import QuerySet

from muster.core.obligations import Kind, State
from muster.core.permissions import Actor
from muster.foundation.obligations.models import Obligation

OPEN = (State.ARMED.value, State.BREACHED.value)
"""Owed still: waiting, or late and not done."""


def obligations(actor: Actor) -> QuerySet[Obligation]:
    """Every obligation that this actor may see, newest first."""
    return Obligation.objects.visible_to(actor).order_by("-id")


def what_is_due(actor: Actor, incident_id: int) -> list[Obligation]:
    """What an incident still owes, the most urgent first."""
    rows = Obligation.objects.visible_to(actor).filter(incident=incident_id, state__in=OPEN)
    return list(rows.order_by("due_at", "id"))


def obligations_of(actor: Actor, person_id: int) -> list[Obligation]:
    """What one person still owes in person (ready by, action items ...), the most urgent first."""
    rows = Obligation.objects.visible_to(actor).filter(person_id=person_id, state__in=OPEN)
    return list(rows.order_by("due_at", "id"))


def owed_in(incident_id: int, kinds: Iterable[Kind]) -> QuerySet[Obligation]:
    """Everything of these kinds ever owed in an incident, on itself or on its parts (engine side)."""
    wanted = [kind.value for kind in kinds]
    return Obligation.objects.filter(incident=incident_id, kind__in=wanted).order_by("id")


def owed_on(about: str, kinds: Iterable[Kind] = ()) -> QuerySet[Obligation]:
    """Everything ever owed on one thing, for example `incident:42`, oldest first (engine side)."""
    rows = Obligation.objects.filter(about=about).order_by("id")
    wanted = [kind.value for kind in kinds]
    return rows.filter(kind__in=wanted) if wanted else rows
