"""Whether all that watches over pages is well: the auditor, the outside watcher, the workers, the clock."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.permissions import Right
from muster.core.retention import last_day, missing
from muster.core.watch import Check
from muster.detect.queries import signal_parts
from muster.foundation.access.requests import Request
from muster.foundation.timeline.beats import worker_is_seen
from muster.mobilize.watch import queries
from muster.mobilize.watch.models import ClockJump, Finding
from muster.mobilize.watch.queries import Health, Worker
from muster.mobilize.watch.words import SILENCES, said
from muster.web.screens.parts import may

Dict = dict[str, Any]
_MOST = 30


@require_safe
def overview(request: Request) -> HttpResponse:
    """What is wrong now, who watches, and what was wrong lately."""
    actor, at = request.arrival.actor, request.arrival.at
    health = queries.health(at)
    wrong = list(queries.open_findings(actor)[:_MOST])
    named = may(actor, Right.CONFIGURE)
    lately = queries.past_findings(actor, at)[:_MOST]
    groups = [
        {"title": _("Wrong now"), "rows": [_finding(row, named) for row in wrong]},
        {"title": _("Who watches"), "rows": [_auditor(health), _outside(health), *_workers(health, named)]},
        {"title": _("What senders said"), "rows": [_signals(at)]},
        {"title": _("Found lately"), "rows": [_finding(row, named) for row in lately]},
        {
            "title": _("The clock was set"),
            "rows": [_jump(row) for row in queries.clock_jumps(actor, at)[:_MOST]],
        },
    ]
    context = {
        "head": {
            "title": _title(health, wrong),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Health")}],
        },
        "banners": [],
        "search": None,
        "groups": [group for group in groups if group["rows"]],
    }
    return render(request, "settings/list.html", context)


def alarm() -> Dict | None:
    """What stands on every page while somebody may be missed; None while nobody is."""
    action = {"label": _("Look"), "url": "/health", "method": "get"}
    if not worker_is_seen():
        words = _("Nobody is paged: no worker runs.")
        return {
            "bold": words,
            "text": _("Start muster worker, or muster up."),
            "kind": "now",
            "action": action,
        }
    if queries.is_anything_wrong():
        words = _("Somebody may be missed.")
        return {
            "bold": words,
            "text": _("The auditor found something wrong."),
            "kind": "now",
            "action": action,
        }
    return None


def _title(health: Health, wrong: list[Finding]) -> str:
    if not health.workers:
        return _("Nobody is paged: no worker runs.")
    if wrong:
        return ngettext("%(n)s thing is wrong.", "%(n)s things are wrong.", len(wrong)) % {"n": len(wrong)}
    return (
        _("Nobody is missed.")
        if health.silent is None
        else _("The auditor is not sure that nobody is missed.")
    )


def _auditor(health: Health) -> Dict:
    watch = health.watch
    second: list[Any] = [_("It has not looked yet")]
    if watch.ended_at is not None:
        second = [
            _("Looked "),
            {"at": watch.ended_at, "style": "relative"},
            _(", in %(ms)s ms") % {"ms": watch.took_ms},
        ]
    if watch.clean_at is not None and watch.clean_at != watch.ended_at:
        second += [_("; all was well "), {"at": watch.clean_at, "style": "relative"}]
    return _place(_("The auditor"), "shield-check", second, ok=health.silent is None)


def _outside(health: Health) -> Dict:
    watch = health.watch
    title = _("The watcher outside")
    if watch.ping_tried_at is None:
        return _place(
            title, "radio-tower", [_("None is named: nobody would notice that Muster is down")], ok=False
        )
    second: list[Any] = [_("It has not heard from us yet")]
    if watch.pinged_at is not None:
        second = [_("Last heard from us "), {"at": watch.pinged_at, "style": "relative"}]
    if health.silent is not None:
        second += ["; ", _("we are silent: "), str(SILENCES[health.silent])]
    elif watch.ping_error:
        second += ["; ", _("it could not be reached")]
    return _place(title, "radio-tower", second, ok=health.silent is None and not watch.ping_error)


def _workers(health: Health, named: bool) -> list[Dict]:
    return [_worker(one, number, named) for number, one in enumerate(health.workers, start=1)]


def _worker(one: Worker, number: int, named: bool) -> Dict:
    title = one.process if named else _("Worker %(n)s") % {"n": number}
    second: list[Any] = [_("Version %(version)s, seen ") % {"version": one.version}, _ago(one.seen_at)]
    if one.standing:
        second += ["; ", _("standing still: "), ", ".join(one.standing)]
    return _place(title, "server", second, ok=not one.standing)


def _signals(at: datetime) -> Dict:
    """Whether the days of signals are made: what comes without one is not dropped when it is old."""
    parts = signal_parts()
    second = [_("Tomorrow has no day of its own yet: read the log of muster worker")]
    is_well = not missing(parts, at, ahead=1)
    if is_well:
        newest = max(filter(None, (last_day(part) for part in parts)))
        second = [_("Days are made until %(day)s") % {"day": newest.isoformat()}]
    return _place(_("Signals, day by day"), "layers", second, ok=is_well)


def _ago(at: datetime) -> Dict:
    return {"at": at, "style": "relative"}


def _place(title: str, icon: str, second: list[Any], *, ok: bool) -> Dict:
    chip = {"text": _("well"), "kind": "well"} if ok else {"text": _("look"), "kind": "soon"}
    return {"title": title, "glyph": {"icon": icon}, "second": second, "end_chip": chip}


def _finding(row: Finding, named: bool) -> Dict:
    """What was found; the names of machines are for those who configure them."""
    sentence = said(row.check_name)
    about = [row.about, "; "] if named or row.check_name != Check.LOOP_STANDS else []
    second: list[Any] = [*about, _("found "), _ago(row.found_at)]
    if row.mended_at is not None:
        second += ["; ", _("put right "), _ago(row.mended_at)]
    return {
        "title": f"{sentence[0].upper()}{sentence[1:]}",
        "glyph": {"icon": "wrench" if row.mended_at is not None else "triangle-alert"},
        "second": second,
    }


def _jump(row: ClockJump) -> Dict:
    seconds = round(row.by.total_seconds(), 1)
    words = _("Forward by %(n)s s") if seconds > 0 else _("Back by %(n)s s")
    return {
        "title": words % {"n": abs(seconds)},
        "glyph": {"icon": "clock-alert"},
        "second": [_ago(row.jumped_at)],
    }
