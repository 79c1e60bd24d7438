"""Silences: what is held back, by whom, why and until when."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.permissions import Right
from muster.core.refusal import Refused
from muster.core.silence import SilenceRefusal, SilenceState
from muster.core.wallclock import parse_duration
from muster.evaluate import commands
from muster.evaluate.commands.silences import parsed
from muster.evaluate.matching import Matched, matching_now
from muster.evaluate.models import Silence
from muster.evaluate.queries import silence_of, silences
from muster.evaluate.reasons import Evaluate
from muster.evaluate.rulebook import silence_facts
from muster.evaluate.trial import Trial, try_silence
from muster.foundation.access.requests import Request
from muster.web.screens.parts import count_words, may
from muster.web.screens.refused import Wrong, drawn_again, wrong_at
from muster.web.screens.trials import DAYS, trial_section

_OVER = 20
_FIELDS = {
    Evaluate.BAD_MATCHER: "matchers",
    SilenceRefusal.NO_MATCHER: "matchers",
    SilenceRefusal.MATCHES_EVERYTHING: "matchers",
    SilenceRefusal.NO_REASON: "why",
    Evaluate.END_NEEDED: "for",
    SilenceRefusal.ENDS_BEFORE_IT_STARTS: "for",
    SilenceRefusal.ENDS_IN_THE_PAST: "for",
    SilenceRefusal.TOO_LONG: "for",
}
"""Which field each refusal is about."""
_LENGTHS = ("30m", "1h", "2h", "4h", "8h", "24h", "72h")


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: Request) -> HttpResponse:
    """The silences, those in force first; POST makes one.

    Raises:
        Refused: not a responder. What is wrong with the form is said at its field.
    """
    if request.method != "POST":
        return _shown(request)
    try:
        if request.POST.get("do") == "try":
            return _shown(request, Wrong(200, "", "", request.POST), _try(request), _now(request))
        _create(request)
    except Refused as refused:
        return _shown(request, wrong_at(request, refused, _FIELDS))
    messages.success(request, _("Silenced. What it matches pages nobody until it ends."))
    return HttpResponseRedirect("/settings/silences")


def _shown(
    request: Request, wrong: Wrong | None = None, trial: Trial | None = None, now: Matched | None = None
) -> HttpResponse:
    actor, at = request.arrival.actor, request.arrival.at
    still = list(silences(actor).filter(ended_at__isnull=True, ends_at__gt=at).select_related("made_by"))
    over = silences(actor).exclude(pk__in=[row.pk for row in still]).select_related("made_by")[:_OVER]
    allowed = may(actor, Right.RESPOND)
    groups = [
        {"title": _("Now and coming"), "rows": [_row(row, at, allowed) for row in still]},
        {"title": _("Over"), "rows": [_row(row, at, allowed) for row in over]},
    ]
    title = count_words(len(still), _("silence holds alerts back."), _("silences hold alerts back."))
    context = {
        "head": {
            "title": title if still else _("Nothing is silenced."),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Silences")}],
            "actions": [
                {"label": _("Calendar"), "url": "/alerts/muted", "method": "get", "icon": "calendar"}
            ],
        },
        "banners": [],
        "search": None,
        "groups": [group for group in groups if group["rows"]],
        "empty": {
            "title": _("No silence has ever been made."),
            "fact": _("A silence holds back the pages of what it matches, until it ends."),
        },
        "form": _form(wrong, trial, now) if allowed else None,
    }
    status = wrong.status if wrong is not None else 200
    return render(request, "settings/list.html", context, status=status)


def _row(row: Silence, at: datetime, allowed: bool) -> dict[str, Any]:
    facts = silence_facts(row)
    state = facts.state(at)
    words: dict[SilenceState, list[Any]] = {
        SilenceState.PENDING: [_("begins "), {"at": row.starts_at, "style": "full"}],
        SilenceState.ACTIVE: [_("until "), {"at": row.ends_at, "style": "full"}],
        SilenceState.OVER: [_("ended "), {"at": facts.over_at, "style": "short"}],
    }
    shown: dict[str, Any] = {
        "title": ", ".join(str(one) for one in facts.matchers),
        "second": [f"{row.why} ({row.made_by.name}), ", *words[state]],
        "glyph": {"icon": "bell" if state is SilenceState.OVER else "bell-off"},
    }
    if allowed and state is not SilenceState.OVER:
        shown["actions"] = [{"label": _("End it now"), "url": f"/settings/silences/{row.pk}/end"}]
    return shown


def _form(wrong: Wrong | None, trial: Trial | None, now: Matched | None) -> dict[str, Any]:
    lengths = [{"value": one, "word": one, "chosen": one == "2h"} for one in _LENGTHS]
    fields: list[dict[str, Any]] = [
        {
            "name": "matchers",
            "label": _("What, one matcher a line; all must match"),
            "kind": "textarea",
            "rows": 3,
            "code": True,
            "required": True,
            "placeholder": 'service="checkout"\nseverity="warning"',
            "hint": _("Fields: service, severity, summary, source, and labels. Also !=, =~ and !~."),
        },
        {"name": "why", "label": _("Why"), "required": True},
        {"name": "for", "label": _("For how long"), "kind": "select", "options": lengths},
    ]
    return {
        "title": _("Silence alerts"),
        "url": "/settings/silences",
        "label": _("Silence them"),
        "try": _("What would it match?"),
        "trial": trial_section(trial, now) if trial is not None else None,
        "open": wrong is not None,
        "form": drawn_again(fields, wrong),
    }


def _try(request: Request) -> Trial:
    actor, at = request.arrival.actor, request.arrival.at
    return try_silence(actor=actor, at=at, matchers=_lines(request), days=DAYS)


def _now(request: Request) -> Matched:
    return matching_now(request.arrival.actor, parsed(_lines(request)), request.arrival.at)


def _lines(request: Request) -> list[str]:
    lines = [line.strip() for line in request.POST.get("matchers", "").splitlines() if line.strip()]
    return lines[:50]


def _create(request: Request) -> None:
    actor, at = request.arrival.actor, request.arrival.at
    try:
        length = parse_duration(request.POST.get("for", ""))
    except (ValueError, OverflowError):
        raise Refused(Evaluate.END_NEEDED) from None
    commands.create_silence(
        _lines(request),
        actor=actor,
        at=at,
        starts_at=at,
        ends_at=at + length,
        why=request.POST.get("why", "").strip()[:1000],
    )


@require_POST
def end(request: Request, silence_id: int) -> HttpResponse:
    """End it now; what it held back is decided anew."""
    arrival = request.arrival
    row = silence_of(arrival.actor, silence_id)
    commands.end_silence(row.pk, actor=arrival.actor, at=arrival.at)
    facts = {"by": f"silence:{row.pk}", "start": row.starts_at.isoformat(), "end": row.ends_at.isoformat()}
    undone = f"undo:/alerts/muted/undo?{urlencode(facts)}"
    messages.success(request, _("Ended. What it held back is decided anew."), extra_tags=undone)
    return HttpResponseRedirect("/settings/silences")
