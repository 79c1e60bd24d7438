"""The form of an update: each audience has its own words, so that inside words never go out (R14, R38)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from muster.core.permissions import Actor, Granted, Right, decide
from muster.core.phases import Phase
from muster.core.refusal import Refused
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.foundation.obligations.words import STREAM_WORDS
from muster.foundation.timeline.refusals import told
from muster.respond.statuspage.queries import faces_of
from muster.respond.statuspage.words import STATE_WORDS
from muster.respond.warroom.commands import Words, post_updates
from muster.respond.warroom.queries import standard_of, updates_of
from muster.respond.warroom.room import room
from muster.respond.warroom.showing import (
    Dict,
    head_of,
    local_instant,
    options,
    owed_clock,
    url_of,
)


@require_http_methods(["GET", "HEAD", "POST"])
def update(request: Request, incident_id: str) -> HttpResponse:
    """Write the next update; what was chosen is posted together, or nothing is."""
    actor = request.arrival.actor
    incident = incident_of(actor, incident_id)
    if request.method != "POST":
        return _draw(request, incident)
    try:
        wanted = _read(request, incident)
        if not wanted:
            return _draw(request, incident, error=_("Choose at least one audience, and write for it."))
        post_updates(incident.pk, wanted, actor=actor, at=request.arrival.at)
    except ValueError:
        return _draw(request, incident, error=_("This is no time."))
    except Refused as refused:
        words = told(refused)
        return _draw(request, incident, error=words.sentence, status=words.status)
    messages.success(request, _("Posted."))
    return HttpResponseRedirect(url_of(incident))


def _read(request: Request, incident: Incident) -> list[Words]:
    posted = request.POST
    promised = local_instant(posted.get("next_at", ""), _zone(request))
    status = str(STATE_WORDS.get(posted.get("status", ""), ""))
    chosen = posted.getlist("to")
    return [
        Words(posted.get(f"text_{stream}", ""), stream, status, promised)
        for stream in dict.fromkeys(standard_of(incident).updates.audiences.values())
        if stream in chosen and posted.get(f"text_{stream}", "").strip()
    ]


def _draw(request: Request, incident: Incident, *, error: str = "", status: int = 200) -> HttpResponse:
    actor, at = request.arrival.actor, request.arrival.at
    found = room(actor, incident, at)
    due = found.next_update
    last = next(iter(updates_of(actor, incident.pk)), None)
    context = {
        "incident": head_of(incident, actor),
        "url": url_of(incident, "update"),
        "cancel_url": url_of(incident),
        "status": _status(request, incident),
        "audiences": _audiences(request, incident, error),
        "next": {
            "name": "next_at",
            "label": _("Next update by"),
            "kind": "datetime-local",
            "value": request.POST.get("next_at", ""),
            "hint": _("Leave it empty for the rhythm of %(severity)s") % {"severity": incident.severity},
        },
        "clock": owed_clock(due, live=True) if due is not None else None,
        "last": _last(last) if last is not None else None,
    }
    return render(request, "respond/update.html", context, status=422 if error and status == 200 else status)


def _last(row: Any) -> Dict:
    who = row.posted_by.name if row.posted_by is not None else "Muster"
    return {"at": row.posted_at, "who": who, "text": row.body}


_LIKELY = {
    Phase.MITIGATING: "identified",
    Phase.MONITORING: "monitoring",
    Phase.RESOLVED: "resolved",
    Phase.REVIEWING: "resolved",
    Phase.CLOSED: "resolved",
}


def _status(request: Request, incident: Incident) -> Dict:
    pairs = [(str(value), str(word)) for value, word in STATE_WORDS.items()]
    chosen = request.POST.get("status", _LIKELY.get(Phase(incident.phase), "investigating"))
    return {"name": "status", "legend": _("State"), "options": options(pairs, chosen)}


def _audiences(request: Request, incident: Incident, error: str) -> list[Dict]:
    actor, posted = request.arrival.actor, request.POST
    chosen = posted.getlist("to") if request.method == "POST" else ["internal"]
    streams = dict.fromkeys(standard_of(incident).updates.audiences.values())
    may_publish = isinstance(decide(actor, Right.PUBLISH_STATUS), Granted)
    shown = []
    for stream in streams:
        if stream == "external" and not may_publish:
            continue
        one = {
            "value": stream,
            "word": str(STREAM_WORDS.get(stream, stream)),
            "second": _reach(actor, incident, stream),
            "text": posted.get(f"text_{stream}", ""),
            "chosen": stream in chosen,
        }
        shown.append(one | ({"error": error} if error and (stream in chosen or not chosen) else {}))
    return shown


def _reach(actor: Actor, incident: Incident, stream: str) -> str:
    if stream != "external":
        return _("on the timeline")
    names = [face.page.name for face in faces_of(actor, incident.pk, open_only=True)]
    if not names:
        return _("on the timeline; no status page shows this incident yet")
    return _("live on %(pages)s") % {"pages": ", ".join(names)}


def _zone(request: Request) -> str:
    return Person.objects.values_list("timezone", flat=True).get(pk=request.arrival.actor.id or 0)
