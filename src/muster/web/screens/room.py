"""The war room, made live: its ticket is made before the page reads what it shows (design section 9)."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from muster.evaluate.queries import incident_of
from muster.foundation.access.requests import Request
from muster.respond.warroom import views
from muster.web.live_topics import live_ticket


@require_safe
def room(request: Request, incident_id: str) -> HttpResponse:
    """One incident, as its people see it."""
    actor = request.arrival.actor
    incident = incident_of(actor, incident_id)
    ticket = live_ticket(actor.id or 0, f"incident:{incident.pk}")
    return views.one(request, incident_id, live=f"/live?ticket={ticket}")
