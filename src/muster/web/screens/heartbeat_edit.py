"""The form of a heartbeat, and when its job is expected, in words and before it is saved."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from muster.core.heartbeats import HeartbeatRefusal, schedule_of
from muster.core.permissions import Right, require
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.core.wallclock import format_duration, parse_duration, zone_names
from muster.detect import commands
from muster.detect.heartbeat_words import schedule_words
from muster.detect.models import Heartbeat
from muster.detect.queries import free_handle, heartbeat_of
from muster.detect.reasons import Detect
from muster.foundation.access.queries import organisation
from muster.foundation.access.requests import Request
from muster.foundation.catalog.handles import handle_of
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.foundation.catalog.reasons import Invalid, NotFound
from muster.foundation.timeline.refusals import told
from muster.web.screens.heartbeats import COMING, services_of, shown
from muster.web.screens.refused import Wrong, drawn_again, wrong_at

_WHERE = "/settings/heartbeats"
_FIELDS = {
    Invalid.NAME: "name",
    Detect.HEARTBEAT_NAME_TAKEN: "name",
    Detect.SERVICE_RETIRED: "service",
    NotFound.SERVICE: "service",
    Detect.GRACE_UNREADABLE: "grace",
    Detect.SEVERITY_UNKNOWN: "severity",
    HeartbeatRefusal.GRACE_OUT_OF_RANGE: "grace",
    HeartbeatRefusal.ZONE_UNKNOWN: "timezone",
    HeartbeatRefusal.SCHEDULE_UNREADABLE: "schedule",
    HeartbeatRefusal.SCHEDULE_TOO_SHORT: "schedule",
    HeartbeatRefusal.SCHEDULE_TOO_LONG: "schedule",
    HeartbeatRefusal.SCHEDULE_NEVER: "schedule",
}
"""Which field each refusal is about."""
_NAMES = ("name", "service", "schedule", "timezone", "grace", "severity", "message", "description")
Said = Mapping[str, str]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Expect a job; its address is shown once, when it is saved.

    Raises:
        Refused: neither the manager of a service's team nor an admin.
    """
    actor = request.arrival.actor
    services = services_of(actor)
    if not services:
        require(actor, Right.EDIT_TEAM)
    start = {
        "service": request.GET.get("service", ""),
        "schedule": "0 3 * * *",
        "timezone": organisation().timezone,
        "grace": "30m",
        "severity": SignalSeverity.ERROR.value,
    }
    if request.method != "POST":
        return _form(request, None, start)
    said = _typed(request, start)
    if request.POST.get("do") != "save":
        return _form(request, None, said)
    try:
        row, key = commands.add_heartbeat(
            actor=actor,
            at=request.arrival.at,
            handle=free_handle(handle_of(said["name"], "heartbeat")),
            **_given(request, said),
        )
    except Refused as refused:
        return _form(request, None, said, wrong_at(request, refused, _FIELDS))
    return shown(request, heartbeat_of(actor, row.handle), key)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, handle: str) -> HttpResponse:
    """Change a heartbeat; another rhythm begins its clock anew.

    Raises:
        Refused: there is no such heartbeat, or it is not theirs to change.
    """
    arrival = request.arrival
    row = heartbeat_of(arrival.actor, handle)
    require(arrival.actor, Right.EDIT_TEAM, team=row.integration.service.team_id)
    if request.method != "POST":
        return _form(request, row, _standing(row))
    said = _typed(request, _standing(row))
    if request.POST.get("do") != "save":
        return _form(request, row, said)
    try:
        commands.change_heartbeat(row.pk, _given(request, said), actor=arrival.actor, at=arrival.at)
    except Refused as refused:
        return _form(request, row, said, wrong_at(request, refused, _FIELDS))
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(f"{_WHERE}/{row.handle}")


def _typed(request: Request, otherwise: Said) -> dict[str, str]:
    return {name: request.POST.get(name, otherwise.get(name, "")).strip() for name in _NAMES}


def _standing(row: Heartbeat) -> dict[str, str]:
    found = {name: str(getattr(row, name)) for name in _NAMES if name not in ("service", "grace")}
    return found | {"service": row.integration.service.handle, "grace": format_duration(row.grace)}


def _given(request: Request, said: Said) -> dict[str, Any]:
    """What the command takes. Raises `Refused`."""
    try:
        grace = parse_duration(said["grace"])
    except ValueError:
        raise Refused(Detect.GRACE_UNREADABLE, {"grace": said["grace"][:40]}) from None
    service = by_handle(Service, said["service"], actor=request.arrival.actor)
    same = {name: said[name] for name in _NAMES if name not in ("service", "grace")}
    return same | {"service_id": service.pk, "grace": grace}


def _form(request: Request, row: Heartbeat | None, said: Said, wrong: Wrong | None = None) -> HttpResponse:
    where = f"{_WHERE}/{row.handle}" if row is not None else _WHERE
    trail = [{"word": _("Heartbeats"), "url": _WHERE}]
    trail.append({"word": row.handle, "url": where} if row is not None else {"word": _("New")})
    fields = drawn_again(_fields(request, said), wrong)
    more = drawn_again(_more(said), wrong)
    context = {
        "head": {"title": row.name if row is not None else _("Expect a job"), "trail": trail},
        "url": f"/heartbeats/{row.handle}/edit" if row is not None else "/heartbeats/new",
        "back": where,
        "fields": [fields[n : n + 2] for n in range(0, len(fields), 2)],
        "more": more,
        "fault": {"bold": wrong.sentence, "kind": "now"} if wrong is not None else None,
        "says": _says(request, said),
    }
    status = wrong.status if wrong is not None else 200
    return render(request, "screens/heartbeat_edit.html", context, status=status)


def _says(request: Request, said: Said) -> dict[str, Any]:
    """When the job is expected, or why nobody can say."""
    try:
        schedule = schedule_of(said.get("schedule", ""), said.get("timezone", ""))
    except Refused as refused:
        return {"wrong": told(refused).sentence}
    coming = schedule.coming(request.arrival.at, COMING)
    return {"words": schedule_words(schedule), "coming": coming, "wrong": ""}


def _fields(request: Request, said: Said) -> list[dict[str, Any]]:
    services = [
        {"value": one.handle, "word": one.name, "chosen": one.handle == said.get("service")}
        for one in services_of(request.arrival.actor)
    ]
    zones = [
        {"value": name, "word": name, "chosen": name == said.get("timezone")} for name in sorted(zone_names())
    ]
    return [
        {
            "name": "name",
            "label": _("Name"),
            "value": said.get("name"),
            "required": True,
            "placeholder": _("Nightly backup"),
        },
        {"name": "service", "label": _("Its service"), "kind": "select", "options": services},
        {
            "name": "schedule",
            "label": _("Schedule"),
            "value": said.get("schedule"),
            "required": True,
            "hint": _("As in cron, such as 0 3 * * *; or 15m, 1h, 1d after its last report."),
        },
        {
            "name": "timezone",
            "label": _("By the clock of"),
            "kind": "select",
            "options": zones,
            "hint": _("An expression as in cron is read there."),
        },
        {
            "name": "grace",
            "label": _("How late it may be"),
            "value": said.get("grace"),
            "required": True,
            "hint": _("Such as 5m or 1h. So long may a run take, too."),
        },
    ]


def _more(said: Said) -> list[dict[str, Any]]:
    severities = [
        {"value": one.value, "word": one.value, "chosen": one.value == said.get("severity")}
        for one in SignalSeverity
    ]
    return [
        {"name": "severity", "label": _("Severity"), "kind": "select", "options": severities},
        {
            "name": "message",
            "label": _("Its first line"),
            "value": said.get("message"),
            "hint": _("Made up when it is empty: who has not reported since when."),
        },
        {
            "name": "description",
            "label": _("What the job does, and what to do without it"),
            "kind": "textarea",
            "rows": 3,
            "value": said.get("description"),
        },
    ]
