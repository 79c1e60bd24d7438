"""Alerts that nobody acknowledged, and about which nobody further was asked, while it was due (R41)."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.wallclock import format_duration
from muster.foundation.access.requests import Request
from muster.mobilize.escalation.attendance import AttendanceReport, Attended, attendance
from muster.mobilize.escalation.words import ATTENDANCE

_SPANS = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
_MOST = 200


@require_safe
def unattended(request: Request) -> HttpResponse:
    """The alerts of a day, a week or a month that were not attended to, newest first."""
    actor, at = request.arrival.actor, request.arrival.at
    chosen = request.GET.get("of", "7d")
    span = _SPANS.get(chosen, _SPANS["7d"])
    report = attendance(actor, at - span, at, at)
    rows = [_row(one) for one in report.unattended[:_MOST]]
    context = {
        "head": {
            "title": _title(len(report.unattended)),
            "trail": [{"word": _("Alerts"), "url": "/alerts"}, {"word": _("Unattended")}],
            "second": [_share(report)],
        },
        "banners": _banners(report),
        "filters": _filters(chosen),
        "search": None,
        "groups": [{"rows": rows}] if rows else [],
        "empty": {
            "title": _("Every alert was acknowledged or escalated in time."),
            "fact": _("Those that are not stand here, with what became of them."),
        },
    }
    return render(request, "settings/list.html", context)


def _title(count: int) -> str:
    if not count:
        return _("No alert was left unattended.")
    said = ngettext("%(n)s alert was left unattended.", "%(n)s alerts were left unattended.", count)
    return said % {"n": count}


def _share(report: AttendanceReport) -> str:
    facts = {
        "attended": report.share.attended,
        "owed": report.share.owed,
        "within": format_duration(report.within),
        "wanted": report.wanted_percent,
    }
    return (
        _(
            "%(attended)s of %(owed)s were acknowledged or escalated within %(within)s; "
            "the Standard wants %(wanted)s %%."
        )
        % facts
    )


def _banners(report: AttendanceReport) -> list[dict[str, Any]]:
    if report.whole:
        return []
    text = _("There were more alerts than are judged at once. Choose a shorter time.")
    return [{"bold": _("The newest alone."), "text": text, "kind": "soon"}]


def _filters(chosen: str) -> list[dict[str, Any]]:
    words = {"1d": _("24 hours"), "7d": _("7 days"), "30d": _("30 days")}
    return [
        {"word": word, "url": f"/alerts/unattended?of={key}", "chosen": key == chosen}
        for key, word in words.items()
    ]


def _short(at: datetime) -> dict[str, Any]:
    return {"at": at, "style": "short"}


def _row(one: Attended) -> dict[str, Any]:
    group = one.group
    return {
        "title": group.summary,
        "url": f"/alerts/{group.public_id}",
        "second": [
            f"{group.service.name}, ",
            _("due by "),
            _short(one.due_at),
            ". ",
            str(ATTENDANCE[one.outcome]),
        ],
        "glyph": {"icon": "bell-off"},
        "chevron": True,
    }
