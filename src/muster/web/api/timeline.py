"""`/timeline` and `/verify`: what happened, newest first, and whether anybody has touched it (design 13)."""

from datetime import datetime
from typing import Any

from ninja import Query, Router
from pydantic import Field

from muster.core.permissions import Actor, Denied, Right, decide, require
from muster.foundation.access.http import Paging, Shown, number_of, page_of
from muster.foundation.access.requests import Request
from muster.foundation.timeline import kinds
from muster.foundation.timeline.kinds import Sensitivity
from muster.foundation.timeline.queries import as_json, events_of_incident, every_event
from muster.foundation.timeline.verify import verify

router = Router(tags=["timeline"])


class EventOut(Shown):
    """One event; `seq` and `hash` are null while it is not sealed. People and rows read `kind:number`."""

    seq: int | None
    at: datetime
    kind: str
    actor: str
    subject: str
    payload: dict[str, Any]
    hash: str | None


class EventPage(Shown):
    """Newest first."""

    items: list[EventOut]
    next: str | None


class Filter(Paging):
    """Which events. `incident` is `INC-42` or `42`, `subject` is `alert:7`."""

    incident: str = Field("", max_length=40)
    kind: str = Field("", max_length=100)
    subject: str = Field("", max_length=100)


class FindingOut(Shown):
    """One thing that is wrong with the chain."""

    seq: int | None
    event: int | None
    what: str


class Verified(Shown):
    """Whether the timeline is whole."""

    ok: bool
    events: int
    head: str
    findings: list[FindingOut]
    unsealed: list[int]


@router.get("/timeline", response=EventPage)
def timeline(request: Request, asked: Query[Filter]) -> dict[str, Any]:
    """What happened, as far as you may see it."""
    actor = request.arrival.actor
    rows = every_event(actor)
    if asked.incident:
        rows = events_of_incident(number_of(asked.incident, "INC"), actor)
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.subject:
        rows = rows.filter(subject=asked.subject)
    return page_of(rows.exclude(kind__in=_hidden_from(actor)), asked, as_json)


@router.get("/verify", response=Verified)
def verified(request: Request) -> dict[str, Any]:
    """Check the whole chain; auditors, admins and process owners may."""
    require(request.arrival.actor, Right.READ_AUDIT)
    found = verify()
    findings = [{"seq": f.seq, "event": f.event_id, "what": f.what} for f in found.findings]
    return {
        "ok": found.ok,
        "events": found.events,
        "head": found.head,
        "findings": findings,
        "unsealed": found.unsealed,
    }


def _hidden_from(actor: Actor) -> list[str]:
    """Kinds for members only are for those who respond or audit; others read the rest."""
    rights = (Right.READ_AUDIT, Right.RESPOND)
    if any(not isinstance(decide(actor, right), Denied) for right in rights):
        return []
    return [kind.name for kind in kinds.every() if kind.sensitivity is Sensitivity.MEMBER]
