"""Whose events are whose: written with the row's audience, overruled by a later restriction (design 10)."""

from collections.abc import Iterable

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields import TextField
from django.db.models.functions import Cast, Coalesce, Concat

from muster.core.permissions import EVERYONE, Actor
from muster.foundation.timeline.models import Event, Restriction


def restrict(scopes: Iterable[str], audience_id: int) -> None:
    """Make all events of these scopes, past and coming, visible to one audience only; called by commands.

    A scope is an incident (`incident:7`: every event that names it) or another subject (`alert:9`: its own
    events). What belongs to an incident and does not name it, such as its grants, is listed by the caller.
    Opening again is the same call with the audience of everyone. The command that calls this records
    the event that tells of it, and gives the rows themselves the new audience.
    """
    for scope in sorted(set(scopes)):
        Restriction.objects.update_or_create(scope=scope, defaults={"audience_id": audience_id})


def audience_of(scope: str) -> int:
    """The audience of a scope's restriction, else that of everyone."""
    found = Restriction.objects.filter(scope=scope).values_list("audience_id", flat=True).first()
    return EVERYONE if found is None else found


def visible_events(actor: Actor) -> QuerySet[Event]:
    """Every event that this actor may see, in no order.

    An event's audience is that of its subject's restriction, else of its incident's, else the one it was
    written with; where its incident is restricted, that audience must be the actor's as well.
    """
    events = Event.objects.all()
    if actor.sees_everything:
        return events
    of_incident = Concat(Value("incident:"), Cast(OuterRef("incident"), TextField()))
    named = events.annotate(
        _subjects=_audience(OuterRef("subject")), _incidents=_audience(of_incident)
    ).annotate(_audience=Coalesce(F("_subjects"), F("_incidents"), F("audience_id")))
    mine = list(actor.audiences)
    return named.filter(Q(_incidents__isnull=True) | Q(_incidents__in=mine), _audience__in=mine)


def _audience(scope: OuterRef | Concat) -> Subquery:
    return Subquery(Restriction.objects.filter(scope=scope).values("audience_id")[:1])
