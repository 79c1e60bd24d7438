"""What the lists of alerts show, and for how long a person may snooze from them."""

from datetime import timedelta

from django.db.models import QuerySet

from muster.core.permissions import Actor
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import number_of
from muster.foundation.access.requests import Request

_SNOOZES = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "1d": timedelta(days=1)}


def filtered(rows: "QuerySet[AlertGroup]", state: str, words: str, actor: Actor) -> "QuerySet[AlertGroup]":
    """What a list of this name shows, of these rows; the words are of a summary, or an incident's number."""
    incident = number_of(words, "INC-") if words[:4].upper() == "INC-" else None
    if incident is not None:
        rows = rows.filter(incident=incident)
    elif words:
        rows = rows.filter(summary__icontains=words[:100])
    if state == "triggered":
        return rows.filter(state="triggered", held_back=False)
    if state == "mine":
        return rows.filter(acknowledged_by_id=actor.id).exclude(state="resolved")
    return rows if state == "all" else rows.exclude(state="resolved")


def snooze_of(request: Request) -> timedelta:
    """For how long, of the few choices there are."""
    return _SNOOZES.get(request.POST.get("for", ""), timedelta(hours=1))
