"""Declaring on the web: two questions and one button; what will happen stands beside it before it happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from muster.core.permissions import Right, require
from muster.core.refusal import Refused
from muster.core.severity import rank, worst
from muster.core.standard import Standard
from muster.core.standard.severities import Impact, Scope
from muster.detect.models import Alert
from muster.detect.queries import alert_of
from muster.evaluate.commands import Declaration, declare_incident
from muster.evaluate.queries import similar_incidents
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import every
from muster.foundation.standard.queries import current
from muster.foundation.timeline.refusals import told
from muster.respond.warroom.forms import IMPACT_WORDS, SCOPE_WORDS
from muster.respond.warroom.preview import foresee
from muster.respond.warroom.showing import Dict, length, local_instant, local_text, person_dict, url_of

URL = "/incidents/declare"
_DEFAULT = (Impact.DEGRADED.value, Scope.LIMITED.value)
_SECOND = {
    Impact.COMPLETE: lambda: _("unusable"),
    Impact.DEGRADED: lambda: _("slow or partly"),
    Impact.INCONVENIENCE: lambda: _("way round it"),
    Scope.WIDESPREAD: lambda: _("many customers"),
    Scope.LIMITED: lambda: _("several"),
    Scope.MINIMAL: lambda: _("one or few"),
}


@dataclass(frozen=True, slots=True)
class _Said:
    """What stands in the form."""

    title: str
    service: str
    impact: str
    scope: str
    severity: str
    since: str
    flags: tuple[str, ...]
    alert: Alert | None

    @property
    def cell(self) -> str:
        """The chosen cell of the matrix."""
        return f"{self.impact},{self.scope}"


@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: Request) -> HttpResponse:
    """The form, and the declaration itself."""
    require(request.arrival.actor, Right.DECLARE)
    said = _read(request, request.POST if request.method == "POST" else request.GET)
    if request.method != "POST":
        return _draw(request, said)
    try:
        incident = _declare(request, said)
    except Refused as refused:
        words = told(refused)
        return _draw(request, said, error=words.sentence, status=words.status)
    except ValueError:
        return _draw(request, said, error=_("This is no time."), status=422)
    return HttpResponseRedirect(url_of(incident))


@require_safe
def preview(request: Request) -> HttpResponse:
    """What the form, as it stands, would do."""
    require(request.arrival.actor, Right.DECLARE)
    context = _context(request, _read(request, request.GET))
    context["preview"]["answer"] = True
    return render(request, "partials/declare_preview.html", context)


def _declare(request: Request, said: _Said) -> Any:
    arrival = request.arrival
    standard = current().standard
    services = Service.objects.filter(handle=said.service, retired_at__isnull=True)
    declaration = Declaration(
        title=said.title,
        services=tuple(services.values_list("id", flat=True)),
        severity=_forced(standard, said),
        impact=said.impact,
        scope=said.scope,
        flags=said.flags,
        alert=said.alert.pk if said.alert is not None else None,
        impact_started_at=local_instant(said.since, _zone(request)),
    )
    return declare_incident(declaration, actor=arrival.actor, at=arrival.at)


def _forced(standard: Standard, said: _Said) -> str:
    """The level that somebody chose or a flag forces, where it is worse than the matrix says; else none."""
    levels = [level for flag in said.flags if (level := standard.flags[flag].severity)]
    if said.severity in standard.severities:
        levels.append(said.severity)
        return worst(levels)
    matrix = standard.matrix[Impact(said.impact)][Scope(said.scope)]
    return worst(levels) if levels and rank(worst(levels)) < rank(matrix) else ""


def _level(standard: Standard, said: _Said) -> str:
    return _forced(standard, said) or standard.matrix[Impact(said.impact)][Scope(said.scope)]


def _read(request: Request, data: QueryDict | Mapping[str, str]) -> _Said:
    alert = _alert(request, data.get("alert") or "")
    was = data.get("was") or ",".join(_DEFAULT)
    impact, scope = _chosen(data, was)
    known = current().standard.flags
    flags = data.getlist("flags") if isinstance(data, QueryDict) else []
    fired = alert.fired_at or alert.opened_at if alert is not None else None
    return _Said(
        title=(data.get("title") or (alert.summary if alert is not None else ""))[:200],
        service=data.get("service") or (alert.service.handle if alert is not None else ""),
        impact=impact,
        scope=scope,
        severity=data.get("severity") or "",
        since=data.get("since") or local_text(fired, _zone(request)),
        flags=tuple(flag for flag in flags if flag in known),
        alert=alert,
    )


def _chosen(data: Mapping[str, str], was: str) -> tuple[str, str]:
    """The wide screen sends `cell`, the phone `impact` and `scope`: the one that differs from `was` wins."""
    by_tiles = f"{data.get('impact') or ''},{data.get('scope') or ''}"
    cell = data.get("cell") or ""
    chosen = cell if cell and cell != was else by_tiles if by_tiles != "," else cell or was
    impact, _comma, scope = chosen.partition(",")
    fits = impact in set(Impact) and scope in set(Scope)
    return (impact, scope) if fits else _DEFAULT


def _alert(request: Request, public_id: str) -> Alert | None:
    if not public_id:
        return None
    try:
        return alert_of(request.arrival.actor, public_id)
    except Refused:
        return None


def _zone(request: Request) -> str:
    return Person.objects.values_list("timezone", flat=True).get(pk=request.arrival.actor.id or 0)


def _draw(request: Request, said: _Said, *, error: str = "", status: int = 200) -> HttpResponse:
    return render(request, "screens/declare.html", _context(request, said, error), status=status)


def _context(request: Request, said: _Said, error: str = "") -> Dict:
    actor, at = request.arrival.actor, request.arrival.at
    standard = current().standard
    severity = _level(standard, said)
    services = list(Service.objects.select_related("team").filter(handle=said.service))
    seen = foresee(standard, severity, services, said.flags, declarer=actor.id, at=at)
    count = len(seen.paged)
    label = ngettext(
        "Declare %(severity)s and page %(count)d person",
        "Declare %(severity)s and page %(count)d people",
        count,
    )
    words = {"severity": severity, "count": count}
    return {
        "url": URL,
        "preview_url": f"{URL}/preview",
        "cancel_url": f"/alerts/{said.alert.public_id}" if said.alert is not None else "/",
        "alert": said.alert.public_id if said.alert is not None else "",
        "title": {"value": said.title} | ({"error": error} if error else {}),
        "service": _service_field(request, said),
        "since": {
            "name": "since",
            "label": _("Since"),
            "kind": "datetime-local",
            "value": said.since,
            "hint": _("When customers first felt it; empty for now"),
        },
        "matrix": _matrix(standard, said),
        "suggestion": None,
        "flags": _flags(standard, said),
        "preview": _preview(request, seen, said, standard),
        "button": label % words if count else _("Declare %(severity)s") % words,
        "hint": _("A false alarm costs little."),
    }


def _service_field(request: Request, said: _Said) -> Dict:
    rows = every(Service, actor=request.arrival.actor)
    options = [{"value": "", "word": _("Not known yet"), "chosen": not said.service}]
    options += [{"value": one.handle, "word": one.name, "chosen": one.handle == said.service} for one in rows]
    hint = _("From the alert") if said.alert is not None else ""
    return {"name": "service", "label": _("Service"), "kind": "select", "options": options, "hint": hint}


def _matrix(standard: Standard, said: _Said) -> Dict:
    return {
        "was": said.cell,
        "impacts": [
            {"value": one.value, "word": str(word), "second": _SECOND[one](), "chosen": one == said.impact}
            for one, word in IMPACT_WORDS
        ],
        "scopes": [
            {"value": one.value, "word": str(word), "second": _SECOND[one](), "chosen": one == said.scope}
            for one, word in SCOPE_WORDS
        ],
        "cells": [
            {
                "value": f"{impact.value},{scope.value}",
                "impact": impact.value,
                "scope": scope.value,
                "scope_word": str(word),
                "severity": standard.matrix[impact][scope],
                "chosen": f"{impact.value},{scope.value}" == said.cell,
            }
            for impact in Impact
            for scope, word in SCOPE_WORDS
        ],
    }


def _flags(standard: Standard, said: _Said) -> list[Dict]:
    return [
        {
            "value": name,
            "word": flag.title,
            "icon": "flag",
            "chosen": name in said.flags,
            "effect": flag.meaning,
        }
        for name, flag in standard.flags.items()
    ]


def _preview(request: Request, seen: Any, said: _Said, standard: Standard) -> Dict:
    actor = request.arrival.actor
    me = Person.objects.get(pk=actor.id or 0)
    found = similar_incidents(actor, said.title, 3) if said.title else []
    update = None
    if seen.first_update_at is not None:
        every_words = _("then every %(length)s") % {"length": length(seen.every)}
        update = {"at": seen.first_update_at, "every": every_words}
    return {
        "you": person_dict(me, actor),
        "command": _("until you hand over, and hold every role not given away."),
        "paged": {
            "count": len(seen.paged),
            "names": ", ".join(one.name for one in seen.paged),
            "from": seen.held_until,
        },
        "told": {
            "count": len(seen.told),
            "names": ", ".join(name.replace("_", " ") for name in seen.told),
        },
        "places": None,
        "update": update,
        "effects": [standard.flags[flag].banner for flag in said.flags],
        "similar": [
            {
                "severity": one.severity,
                "open": one.resolved_at is None,
                "title": one.title,
                "second": one.public_id,
                "url": url_of(one),
            }
            for one in found
        ],
    }
