"""`/alerts/ALR-7/similar`: past alerts that are like one, and what helped then."""

from datetime import datetime
from typing import Any

from ninja import Router

from muster.detect.queries import alert_of
from muster.foundation.access.http import Shown
from muster.foundation.access.requests import Request
from muster.web.similar.past import Past, past_of

router = Router(tags=["alerts"])


class NoteOut(Shown):
    """What somebody wrote; `by` is an actor, such as `person:5`."""

    text: str
    by: str
    at: datetime


class SimilarOut(Shown):
    """A past alert and how it ended; `why` is same_key, same_labels or same_words.

    `resolved_by` is an actor, such as `person:5` or `integration:3`. `postmortem` is its state, such as
    published; it is read at its incident.
    """

    id: str
    service: str
    summary: str
    why: str
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    notes: list[NoteOut]
    incident: str | None
    incident_title: str | None
    postmortem: str | None


class SimilarList(Shown):
    """The most alike first; at most five."""

    items: list[SimilarOut]


@router.get("/alerts/{alert_id}/similar", response=SimilarList)
def similar(request: Request, alert_id: str) -> dict[str, Any]:
    """The past alerts that are most like this one, of those that you may see."""
    actor = request.arrival.actor
    return {"items": [_shown(one) for one in past_of(actor, alert_of(actor, alert_id))]}


def _shown(past: Past) -> dict[str, Any]:
    alert, incident = past.alert, past.incident
    return {
        "id": alert.public_id,
        "service": alert.service.handle,
        "summary": alert.summary,
        "why": past.likeness.value,
        "opened_at": alert.opened_at,
        "resolved_at": alert.resolved_at,
        "resolved_by": alert.resolved_by or None,
        "notes": [{"text": note.text, "by": note.by, "at": note.at} for note in past.notes],
        "incident": incident.public_id if incident is not None else None,
        "incident_title": incident.title if incident is not None else None,
        "postmortem": past.postmortem.state if past.postmortem is not None else None,
    }
