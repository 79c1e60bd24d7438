"""The gate as a screen, the ways an incident ends, and the command bar. No rule lives here."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.gate import GateCheck, GateItem, GateWhy
from muster.core.phases import ClosedBy, Phase
from muster.core.refusal import Refused
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.respond.statuspage.queries import faces_of
from muster.respond.warroom.asking import Ask, form_view, text_field
from muster.respond.warroom.showing import Dict, head_of, url_of
from muster.respond.warroom.views import back_to
from muster.restore import commands, queries
from muster.restore.commands import Resolution, read_checks
from muster.restore.line import obey_line
from muster.restore.words import CHECK_WORDS, WHY_WORDS


@require_http_methods(["GET", "HEAD", "POST"])
def resolve(request: Request, incident_id: str) -> HttpResponse:
    """Is it really over? Every condition with its proof; then the commander's word (R7)."""
    actor, at = request.arrival.actor, request.arrival.at
    incident = incident_of(actor, incident_id)
    if request.method != "POST":
        return _gate(request, incident)
    reason = request.POST.get("reason", "")
    said = Resolution(why=reason, open_alerts_reason=reason)
    try:
        commands.resolve_incident(incident.pk, said, actor=actor, at=at)
    except Refused as refused:
        words = told(refused)
        return _gate(request, incident, error=words.sentence, status=words.status)
    messages.success(request, _("%(incident)s is resolved.") % {"incident": incident.public_id})
    return back_to(incident)


@require_POST
def state_check(request: Request, incident_id: str, check: str) -> HttpResponse:
    """State that a check holds, then return to the gate."""
    arrival = request.arrival
    incident = incident_of(arrival.actor, incident_id)
    [found] = read_checks([check])
    commands.state_check(incident.pk, found, actor=arrival.actor, at=arrival.at)
    return HttpResponseRedirect(url_of(incident, "resolve"))


@require_POST
def line(request: Request, incident_id: str) -> HttpResponse:
    """The command bar."""
    arrival = request.arrival
    incident = incident_of(arrival.actor, incident_id)
    try:
        done = obey_line(incident, request.POST.get("text", ""), actor=arrival.actor, at=arrival.at)
    except Refused as refused:
        messages.error(request, told(refused).sentence)
        return back_to(incident)
    if done.go:
        return HttpResponseRedirect(url_of(incident, done.go))
    if done.words:
        messages.success(request, done.words)
    return back_to(incident)


def _gate(request: Request, incident: Incident, *, error: str = "", status: int = 200) -> HttpResponse:
    actor = request.arrival.actor
    reason = request.POST.get("reason", "")
    items = queries.gate_of(incident, open_alerts_reason=reason)
    by = queries.word_of(incident, actor)
    open_alerts = queries.open_alerts(incident.pk)
    unmet = [item for item in items if not item.met]
    may = by is not ClosedBy.NOBODY and Phase(incident.phase).is_open
    only_alerts = all(item.name is GateCheck.ALERTS_CLEARED for item in unmet)
    context = {
        "incident": head_of(incident, actor),
        "url": url_of(incident, "resolve"),
        "conditions": [_condition(incident, item, len(open_alerts), may) for item in items],
        "verdict": error or _verdict(items),
        "may": may and only_alerts,
        "may_not": _may_not(by, incident),
        "reason": _reason(by, incident, bool(open_alerts), reason) if may else None,
        "button": _("Resolve %(incident)s") % {"incident": incident.public_id},
        "after": list(_after(incident, request)),
        "cancel_url": url_of(incident),
    }
    return render(request, "respond/resolve.html", context, status=status)


def _verdict(items: Iterable[GateItem]) -> str:
    found = list(items)
    words = {"met": sum(item.met for item in found), "all": len(found)}
    return _("%(met)d of %(all)d conditions are met.") % words


def _may_not(by: ClosedBy, incident: Incident) -> str:
    if not Phase(incident.phase).is_open:
        return _("It is over already.")
    if by is ClosedBy.NOBODY:
        who = incident.commander.name if incident.commander is not None else _("a commander")
        return _("Only %(who)s resolves it, or a manager on their behalf.") % {"who": who}
    return _("Something is still open. Meet it above; then the button appears.")


def _condition(incident: Incident, item: GateItem, open_alerts: int, may: bool) -> Dict:
    second = str(WHY_WORDS[item.why]).capitalize()
    if item.why is GateWhy.ALERTS_OPEN:
        told = ngettext(
            "%(count)d linked alert is open. Resolve it, or say below why it may stay open.",
            "%(count)d linked alerts are open. Resolve them, or say below why they may stay open.",
            open_alerts,
        )
        second = told % {"count": open_alerts}
    shown: Dict = {
        "met": item.met,
        "word": str(CHECK_WORDS[item.name]),
        "second": f"{second}." if not second.endswith(".") else second,
    }
    if not item.met and may and item.name is not GateCheck.ALERTS_CLEARED:
        shown["action"] = _way(incident, item)
    return shown


def _way(incident: Incident, item: GateItem) -> Dict:
    """How to meet a condition: by a word, or on another screen."""
    if item.name is GateCheck.CUSTOMERS_TOLD and incident.mitigated_at is not None:
        return {
            "label": _("Tell them"),
            "url": url_of(incident, "update"),
            "method": "get",
            "style": "edge",
            "small": True,
        }
    return {
        "label": _("It holds"),
        "url": url_of(incident, "gate", item.name.value),
        "style": "edge",
        "small": True,
    }


def _reason(by: ClosedBy, incident: Incident, alerts_open: bool, value: str) -> Dict | None:
    labels = {
        alerts_open: _("Why may these alerts stay open?"),
        incident.phase != Phase.MONITORING: _("Why now, without monitoring?"),
        by is ClosedBy.ON_BEHALF: _("Why do you resolve it in the commander's place?"),
    }
    label = labels.get(True)
    if not (alerts_open or incident.phase != Phase.MONITORING or by is ClosedBy.ON_BEHALF):
        return None
    return text_field("reason", label or "", rows=3, required=True, value=value)


def _after(incident: Incident, request: Request) -> Iterable[str]:
    for face in faces_of(request.arrival.actor, incident.pk, open_only=True):
        yield _("%(page)s says Resolved.") % {"page": face.page.name}
    yield _("The clocks stop.")


def _why_field(required: bool, label: Any) -> list[Dict]:
    return [text_field("why", label, rows=3, required=required)]


def _why(request: Request) -> str:
    return request.POST.get("why", "")


def _mitigate(request: Request, incident: Incident) -> str:
    commands.mitigate(incident.pk, actor=request.arrival.actor, at=request.arrival.at, why=_why(request))
    return _("The impact has stopped. Watch whether it holds.")


def _reopen(request: Request, incident: Incident) -> str:
    commands.reopen(incident.pk, actor=request.arrival.actor, at=request.arrival.at, why=_why(request))
    return _("Reopened.")


def _dismiss(request: Request, incident: Incident) -> str:
    commands.dismiss(incident.pk, actor=request.arrival.actor, at=request.arrival.at, why=_why(request))
    return _("Dismissed as a false alarm.")


def _backlog(request: Request, incident: Incident) -> str:
    arrival = request.arrival
    commands.send_to_backlog(incident.pk, actor=arrival.actor, at=arrival.at, why=_why(request))
    return _("Sent to the backlog.")


def _merge_fields(request: Request, incident: Incident) -> list[Dict]:
    into = text_field("into", _("Into which incident"), required=True, placeholder="INC-42")
    return [into, *_why_field(True, _("Why"))]


def _merge(request: Request, incident: Incident) -> str:
    arrival = request.arrival
    into = incident_of(arrival.actor, request.POST.get("into", ""))
    commands.merge(incident.pk, into.pk, actor=arrival.actor, at=arrival.at, why=_why(request))
    return _("Merged into %(into)s.") % {"into": into.public_id}


mitigate = form_view(
    Ask(
        lazy("Has the impact stopped?"),
        lazy("The impact has stopped"),
        lambda request, incident: _why_field(False, _("What stopped it")),
        _mitigate,
        after=(lazy("The mitigation clock stops."), lazy("The incident is monitored until you resolve it.")),
    )
)
reopen = form_view(
    Ask(
        lazy("Reopen"),
        lazy("Reopen"),
        lambda request, incident: _why_field(True, _("Why")),
        _reopen,
        after=(lazy("It is investigated again, and updates are owed again."),),
    )
)
dismiss = form_view(
    Ask(
        lazy("Was it a false alarm?"),
        lazy("Dismiss"),
        lambda request, incident: _why_field(True, _("Why")),
        _dismiss,
        after=(
            lazy("Its alerts are detached and keep their state."),
            lazy("Nobody is paged for it any more."),
        ),
    )
)
backlog = form_view(
    Ask(
        lazy("Send to the backlog"),
        lazy("Send to the backlog"),
        lambda request, incident: _why_field(True, _("Why")),
        _backlog,
    )
)
merge = form_view(
    Ask(
        lazy("Merge into another incident"),
        lazy("Merge"),
        _merge_fields,
        _merge,
        after=(lazy("Alerts, responders, open tasks and public posts go over."),),
    )
)
