"""Services: those in trouble first; one service with its alerts, incidents and dependencies."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from muster.core.permissions import Actor, Right
from muster.detect.commands import META_SERVICE
from muster.detect.models import Alert
from muster.detect.queries import alerts, heartbeats, integrations
from muster.evaluate.dependencies import Node, around, nodes_of
from muster.evaluate.models import Incident
from muster.evaluate.queries import incidents
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.plans import preview
from muster.review.noise.report import needed_nothing
from muster.web.screens.changes import rows_of
from muster.web.screens.parts import count_words, may, person_of, span
from muster.web.screens.service_map import service_map, state_word

_MONTH = timedelta(days=30)


@require_safe
def overview(request: Request) -> HttpResponse:
    """Every service in use, those in trouble first."""
    actor, at = request.arrival.actor, request.arrival.at
    words = request.GET.get("q", "").strip()
    rows = Service.objects.visible_to(actor).select_related("team").filter(retired_at__isnull=True)
    rows = rows.exclude(handle=META_SERVICE)
    if words:
        rows = rows.filter(name__icontains=words[:100])
    nodes = nodes_of(actor, {row.pk: row for row in rows.order_by("name")})
    shown = [_row(node, actor, at) for node in nodes.values()]
    shown.sort(key=lambda row: (-row["incidents"], -row["alerts"], row["name"]))
    bad = sum(1 for row in shown if row["state"] != "operational")
    title = (
        count_words(bad, _("service is in trouble."), _("services are in trouble."))
        if bad
        else _("All services are well.")
    )
    context = {
        "head": {"title": title if shown else _("No service yet.")},
        "filters": [],
        "search": words,
        "url": "/services",
        "services": shown,
        "empty": {
            "title": _("No service yet."),
            "fact": _("A service is what alerts attach to. Write one in a file and run muster apply."),
        },
    }
    return render(request, "screens/services.html", context)


def _row(node: Node, actor: Actor, at: datetime) -> dict[str, Any]:
    service = node.service
    return {
        "name": service.name,
        "url": f"/services/{service.handle}",
        "state": node.state.value,
        "state_text": _said(node),
        "team": service.team.name if service.team is not None else "",
        "oncall": person_of(_on_call(service, at), actor),
        "alerts": node.alerts,
        "incidents": len(node.incidents),
    }


def _said(node: Node) -> str:
    """What there is to say of a service beside its state: nothing of one that is simply well."""
    if node.incidents:
        return f"{node.incidents[0].public_id}: {node.incidents[0].title}"
    return capfirst(state_word(node)) if node.alerts or node.held else ""


def _on_call(service: Service, at: datetime) -> Person | None:
    """Who would be paged (engine side: of a service that the reader was shown)."""
    policy = Policy.objects.filter(handle=service.policy).first() if service.policy else None
    if policy is None:
        return None
    plan = preview(policy, at)
    ids = [int(person) for person in plan[0].people] if plan else []
    return Person.objects.filter(pk__in=ids).first()


_ALERTS = 8
"""So many open alerts are listed; the map of the service must not be far below."""


@require_safe
def one(request: Request, handle: str) -> HttpResponse:
    """One service."""
    actor, at = request.arrival.actor, request.arrival.at
    service = by_handle(Service, handle)
    mine = [incident for incident in incidents(actor)[:500] if service.pk in incident.services][:8]
    still_open = alerts(actor, states=("triggered", "acknowledged"), service=service.pk)
    waiting, count = list(still_open[:_ALERTS]), still_open.count()
    map_ = around(actor, service)
    itself = map_.itself
    holder = _on_call(service, at)
    context = {
        "head": _head(itself, actor),
        "service": {
            "name": service.name,
            "handle": service.handle,
            "state": itself.state.value,
            "team": service.team.name if service.team is not None else "",
            "team_url": "/settings/teams",
            "policy": service.policy,
            "policy_url": f"/settings/policies/{service.policy}" if service.policy else "",
            "urgency": _urgency(service.urgency),
            "oncall": [_holder(holder, actor)] if holder is not None else [],
            "description": service.description,
            "is_held": service.hold_when_dependency_down,
        },
        "alerts": [_alert_row(alert) for alert in waiting],
        "alert_count": count,
        "alerts_more": count - len(waiting),
        "incidents": [_incident_row(incident) for incident in mine],
        "map": service_map(map_),
        "uptime": [],
        "uptime_text": "",
        "links": _links(service),
        "changes": rows_of(actor, service.pk),
        "integrations": [
            {"kind": row.kind, "last_seen": row.last_seen_at, "url": "/settings/integrations"}
            for row in integrations(actor).filter(service=service, retired_at__isnull=True)
        ]
        + [
            {"kind": job.name, "last_seen": job.last_ping_at, "url": f"/settings/heartbeats/{job.handle}"}
            for job in heartbeats(actor).filter(
                integration__service=service, integration__retired_at__isnull=True
            )
        ],
        "noise": _noise(service, actor, at),
    }
    return render(request, "screens/service.html", context)


def _noise(service: Service, actor: Actor, at: datetime) -> dict[str, str] | None:
    """How many of a month's alerts needed nothing done, and the way to their report; None where none came."""
    nothing, count = needed_nothing(actor, service, at - _MONTH, at)
    if not count:
        return None
    said = _("%(nothing)s of the last %(count)s alerts closed by themselves, in 30 days.")
    words = said % {"nothing": nothing, "count": count}
    return {"words": words, "url": f"/reports/noise?service={service.handle}"}


def _urgency(setting: str) -> str:
    words = {
        "by_severity": _("as the alert is severe"),
        "high": _("always high"),
        "low": _("always low"),
        "by_hours": _("high in working hours; outside them what can wait is held until they open"),
    }
    return words.get(setting, setting.replace("_", " "))


def _head(node: Node, actor: Actor) -> dict[str, Any]:
    service = node.service
    words = {"service": service.name}
    title = _("%(service)s is well.") % words
    if node.alerts:
        title = _("%(service)s has open alerts.") % words
    elif node.held:
        title = _("%(service)s is well; what it says is held back.") % words
    if node.incidents:
        title = _("%(service)s is in trouble.") % words
    actions = []
    if may(actor, Right.DECLARE):
        url = f"/incidents/declare?service={service.handle}"
        actions.append({"label": _("Declare"), "url": url, "method": "get", "icon": "siren"})
    trail = [{"word": _("Services"), "url": "/services"}, {"word": service.name}]
    return {"title": title, "trail": trail, "actions": actions}


def _holder(person: Person, actor: Actor) -> dict[str, Any]:
    shown = person_of(person, actor)
    return {"title": _("You") if shown and shown["you"] else person.name, "glyph": {"person": shown}}


def _alert_row(alert: Alert) -> dict[str, Any]:
    return {
        "title": alert.summary,
        "url": f"/alerts/{alert.public_id}",
        "second": [_("since "), {"at": alert.opened_at, "style": "short"}],
        "glyph": {"state": alert.state},
    }


def _incident_row(incident: Incident) -> dict[str, Any]:
    over = incident.resolved_at
    length = span((over - incident.declared_at).total_seconds()) if over else ""
    ended = _(", resolved in %(length)s") % {"length": length} if over else ""
    return {
        "title": incident.title,
        "url": f"/incidents/{incident.public_id}",
        "second": [f"{incident.public_id}, ", {"at": incident.declared_at, "style": "short"}, ended],
        "glyph": {"severity": incident.severity, "open": over is None},
    }


def _links(service: Service) -> list[dict[str, str]]:
    if not service.runbook_url:
        return []
    return [
        {"icon": "file-text", "word": _("Runbook"), "url": service.runbook_url, "second": service.runbook_url}
    ]
