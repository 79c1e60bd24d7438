"""Heartbeats: which jobs report, which do not, and what each of them said last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from muster.core.heartbeats import PingKind, Standing, expected_at, standing
from muster.core.permissions import Actor, Right
from muster.detect import commands
from muster.detect.commands import META_SERVICE
from muster.detect.heartbeat_words import length_words, ping_command, schedule_words
from muster.detect.models import HEARTBEAT_KIND, Heartbeat, Ping
from muster.detect.queries import beat_of, heartbeat_of, heartbeats, open_alerts, pings_of, rhythm_of_row
from muster.detect.words import PINGS, STANDINGS
from muster.foundation.access.requests import Request, base_url
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import every
from muster.foundation.timeline.queries import every_event
from muster.web.screens.entries import entries
from muster.web.screens.parts import may, span

_SHOWN = 20
COMING = 5
_ORDER = (Standing.DOWN, Standing.LATE, Standing.UP, Standing.NEW, Standing.PAUSED)
"""Those that need somebody first."""
_GLYPHS = {
    Standing.DOWN: ("circle-x", "now"),
    Standing.LATE: ("clock-alert", "soon"),
    Standing.UP: ("heart-pulse", "well"),
    Standing.NEW: ("circle", "ink2"),
    Standing.PAUSED: ("moon", "ink2"),
}
_CHIPS = {Standing.DOWN: "now", Standing.LATE: "soon", Standing.UP: "well"}
_PING_ICONS = {
    PingKind.SUCCESS: ("check", "well"),
    PingKind.START: ("play", "ink2"),
    PingKind.FAIL: ("circle-x", "now"),
    PingKind.LOG: ("message-square", "ink2"),
}


@require_safe
def overview(request: Request) -> HttpResponse:
    """The jobs that ought to report, those that do not first."""
    actor, at = request.arrival.actor, request.arrival.at
    rows = list(heartbeats(actor))
    live = [row for row in rows if row.integration.retired_at is None]
    stands = {row.pk: standing(beat_of(row), rhythm_of_row(row), at) for row in live}
    groups = [
        {
            "title": str(STANDINGS[one]).capitalize(),
            "second": str(sum(stand is one for stand in stands.values())),
            "rows": [_row(row, one) for row in live if stands[row.pk] is one],
        }
        for one in _ORDER
    ]
    retired = [_row(row, Standing.PAUSED, _("retired")) for row in rows if row not in live]
    groups.append({"title": _("Retired"), "rows": retired})
    context = {
        "head": {
            "title": _title(list(stands.values())),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Heartbeats")}],
            "actions": [_new()] if services_of(actor) else [],
        },
        "banners": [],
        "search": None,
        "groups": [group for group in groups if group["rows"]],
        "empty": {
            "title": _("No job is expected to report."),
            "fact": _("A backup that did not run says nothing. Let it report: its silence opens an alert."),
        },
    }
    return render(request, "settings/list.html", context)


def _title(stands: Sequence[Standing]) -> str:
    """The answer: who does not report."""
    down = sum(one is Standing.DOWN for one in stands)
    late = sum(one is Standing.LATE for one in stands)
    if down:
        return ngettext("%(n)s job is down.", "%(n)s jobs are down.", down) % {"n": down}
    if late:
        return ngettext("%(n)s job is late.", "%(n)s jobs are late.", late) % {"n": late}
    if Standing.UP in stands:
        return _("Every job reports.")
    return _("No job has reported yet.") if stands else _("No job is expected.")


def _new() -> dict[str, Any]:
    return {
        "label": _("Expect a job"),
        "url": "/heartbeats/new",
        "method": "get",
        "style": "edge",
        "icon": "plus",
    }


def services_of(actor: Actor) -> list[Service]:
    """The services whose jobs this actor may expect."""
    return [
        row
        for row in every(Service, actor=actor)
        if row.handle != META_SERVICE and may(actor, Right.EDIT_TEAM, team=row.team_id)
    ]


def _row(row: Heartbeat, stand: Standing, word: str = "") -> dict[str, Any]:
    icon, tone = _GLYPHS[stand]
    rhythm = schedule_words(rhythm_of_row(row).schedule)
    heard: list[Any] = []
    if row.last_ping_at is not None:
        heard = [_(", heard "), {"at": row.last_ping_at, "style": "relative"}]
    return {
        "title": row.name,
        "url": f"/settings/heartbeats/{row.handle}",
        "second": [f"{row.integration.service.name}, {rhythm}", *heard],
        "glyph": {"icon": icon, "tone": tone},
        "end_chip": {"text": word or str(STANDINGS[stand]), "kind": _CHIPS.get(stand, "")},
        "chevron": True,
    }


@require_safe
def one(request: Request, handle: str) -> HttpResponse:
    """One job: how it stands, what it said last, and when it is expected.

    Raises:
        Refused: there is no such heartbeat.
    """
    return shown(request, heartbeat_of(request.arrival.actor, handle))


def shown(request: Request, row: Heartbeat, key: str = "") -> HttpResponse:
    """The screen of one heartbeat; with its `key`, which is shown this once."""
    actor, at = request.arrival.actor, request.arrival.at
    is_live = row.integration.retired_at is None
    allowed = may(actor, Right.EDIT_TEAM, team=row.integration.service.team_id)
    said = [_said(ping) for ping in pings_of(row, _SHOWN)]
    last = {"title": _("What it said last"), "rows": said, "text": "" if said else _("Nothing yet.")}
    context = {
        "head": {
            "title": row.name,
            "trail": [{"word": _("Heartbeats"), "url": "/settings/heartbeats"}, {"word": row.handle}],
            "actions": [_edit(row)] if allowed and is_live else [],
        },
        "banners": _banners(row, actor),
        "facts": _facts(row, at),
        "sections": [_copy(request, key), last] if key or not said else [last, _copy(request, key)],
        "aside": _coming(row, at) if is_live else [],
        "lead": _back(row) if allowed and not is_live else [],
        "forms": _forms(row) if allowed and is_live else [],
        "entries": entries(_events(row, actor), actor),
    }
    return render(request, "settings/detail.html", context)


def _events(row: Heartbeat, actor: Actor) -> Any:
    """Its own, and those of its way in: a new address, the service it went to."""
    subjects = [row.subject, row.integration.subject]
    return every_event(actor).filter(subject__in=subjects).order_by("-id")[:_SHOWN]


def _banners(row: Heartbeat, actor: Actor) -> list[dict[str, Any]]:
    if row.integration.retired_at is not None:
        return [{"bold": _("Retired."), "text": _("Its address is refused."), "kind": "line"}]
    alert = open_alerts(actor).filter(dedup_key=f"{HEARTBEAT_KIND}:{row.handle}").first()
    if alert is None:
        return []
    look = {"label": _("Open the alert"), "url": f"/alerts/{alert.public_id}", "method": "get"}
    return [{"bold": alert.summary, "kind": "now", "action": look}]


def _facts(row: Heartbeat, at: datetime) -> list[dict[str, Any]]:
    known, rhythm = beat_of(row), rhythm_of_row(row)
    stand = standing(known, rhythm, at)
    expected = expected_at(known, rhythm)
    running: list[Any] = (
        [_(", running since "), {"at": row.started_at, "style": "relative"}] if row.started_at else []
    )
    heard: Any = [{"at": row.last_ping_at, "style": "relative"}] if row.last_ping_at else _("never")
    service = row.integration.service
    found: list[dict[str, Any]] = [
        {"word": _("It is"), "value": [str(STANDINGS[stand]), *running]},
        {"word": _("Service"), "value": service.name, "url": f"/services/{service.handle}"},
        {"word": _("Expected"), "value": schedule_words(rhythm.schedule)},
        {"word": _("May be late by"), "value": length_words(row.grace)},
        {"word": _("Last heard"), "value": heard},
    ]
    if row.took is not None:
        found.append({"word": _("Last run took"), "value": span(row.took.total_seconds())})
    if expected is not None:
        word = _("Was expected") if expected < at else _("Expected next")
        found.append({"word": word, "value": [{"at": expected, "style": "full"}]})
    if row.description:
        found.append({"word": _("What it does"), "value": row.description})
    return found


def _copy(request: Request, key: str) -> dict[str, Any]:
    base = base_url(request)
    return {
        "title": _("What to copy into the job"),
        "second": _("the address is shown this once") if key else _("put the key in its place"),
        "text": _("It says when it begins, and with which exit status it ends. The last line alone will do."),
        "code": ping_command(base, key) if key else ping_command(base),
        "copy": True,
    }


def _said(ping: Ping) -> dict[str, Any]:
    kind = PingKind(ping.kind)
    icon, tone = _PING_ICONS[kind]
    words = [str(PINGS[kind]).capitalize()]
    if ping.exit_status:
        words.append(_("exit status %(n)s") % {"n": ping.exit_status})
    if ping.took is not None:
        words.append(_("after %(length)s") % {"length": span(ping.took.total_seconds())})
    return {
        "title": ", ".join(words),
        "second": ping.body[:500],
        "glyph": {"icon": icon, "tone": tone},
        "end": [{"at": ping.at, "style": "relative"}],
    }


def _coming(row: Heartbeat, at: datetime) -> list[dict[str, Any]]:
    schedule, since = rhythm_of_row(row).schedule, at
    if schedule.every is not None and row.since is not None and row.since + schedule.every > at:
        since = row.since
    times = [
        {
            "title": _("Then") if nth else _("Next"),
            "second": [{"at": when, "style": "full"}],
            "glyph": {"icon": "clock"},
            "end": [{"at": when, "style": "relative"}],
        }
        for nth, when in enumerate(schedule.coming(since, COMING))
    ]
    return [{"title": _("When it is expected"), "second": schedule_words(schedule), "rows": times}]


def _edit(row: Heartbeat) -> dict[str, Any]:
    return {
        "label": _("Change it"),
        "url": f"/heartbeats/{row.handle}/edit",
        "method": "get",
        "style": "edge",
        "icon": "pencil",
    }


def _back(row: Heartbeat) -> list[dict[str, Any]]:
    label = _("Bring it back")
    return [{"title": label, "url": f"/settings/heartbeats/{row.handle}/restore", "form": [], "label": label}]


def _forms(row: Heartbeat) -> list[dict[str, Any]]:
    where = f"/settings/heartbeats/{row.handle}"
    is_paused = row.state == Standing.PAUSED
    pause = {
        "title": _("Resume it") if is_paused else _("Pause it"),
        "url": f"{where}/resume" if is_paused else f"{where}/pause",
        "form": [],
        "notes": [_("It is expected again, counted from now.")]
        if is_paused
        else [_("Nothing is expected of it until somebody resumes it. An open alert ends.")],
        "label": _("Resume it") if is_paused else _("Pause it"),
    }
    return [
        pause,
        {
            "title": _("Make a new address"),
            "url": f"{where}/rotate",
            "form": [],
            "notes": [_("The old one works for 24 hours more.")],
            "label": _("Make a new address"),
        },
        {
            "title": _("Retire it"),
            "url": f"{where}/retire",
            "form": [],
            "notes": [_("Its address is refused at once. It can be brought back.")],
            "label": _("Retire this heartbeat"),
        },
    ]


@require_POST
def rotate(request: Request, handle: str) -> HttpResponse:
    """Make a new address, shown this once."""
    arrival = request.arrival
    row = heartbeat_of(arrival.actor, handle)
    return shown(request, row, commands.rotate_address(row.pk, actor=arrival.actor, at=arrival.at))


@require_POST
def turn(request: Request, handle: str, verb: str) -> HttpResponse:
    """Pause, resume, retire it, or bring it back."""
    arrival = request.arrival
    act, said = {
        "pause": (commands.pause_heartbeat, _("Paused. Nothing is expected of it.")),
        "resume": (commands.resume_heartbeat, _("Resumed. It is counted from now.")),
        "retire": (commands.retire_heartbeat, _("Retired. Its address is refused.")),
        "restore": (commands.restore_heartbeat, _("It is back.")),
    }[verb]
    act(heartbeat_of(arrival.actor, handle).pk, actor=arrival.actor, at=arrival.at)
    messages.success(request, said)
    return HttpResponseRedirect(f"/settings/heartbeats/{handle}")
