"""Search, as a page and as the palette's hits: an id jumps, words find what the actor may see."""

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from muster.core.permissions import Actor, Right
from muster.detect.commands import META_SERVICE
from muster.detect.queries import alerts
from muster.evaluate.queries import incidents
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.web.screens.parts import may, person_of

_EACH = 8
_ID = re.compile(r"(INC|ALR|GRP|PG)-?(\d{1,12})", re.IGNORECASE)
_PLACES = {"INC": "/incidents/INC-", "ALR": "/alerts/ALR-", "GRP": "/alerts/GRP-", "PG": "/pages/PG-"}

Finder = Callable[[Actor, str], list[dict[str, Any]]]
"""Finds things as rows that also say `word`, `end` and their glyph for the palette."""


@require_safe
def search(request: Request) -> HttpResponse:
    """What matches; an id such as INC-7 leads straight there, `palette=1` asks for the palette's hits."""
    actor, words = request.arrival.actor, request.GET.get("q", "").strip()[:100]
    jump = place_of(words)
    if "palette" in request.GET:
        return render(request, "partials/palette_hits.html", {"hits": _hits(actor, words, jump)})
    if jump:
        return HttpResponseRedirect(jump)
    groups = _groups(actor, words) if words else []
    context = {
        "head": {"title": _("Results for “%(words)s”") % {"words": words} if words else _("Search")},
        "q": words,
        "hits": {"do": _verbs(actor, words), "go": []} if words else None,
        "groups": groups,
        "empty": None if groups else _nothing(words),
    }
    return render(request, "screens/search.html", context)


def place_of(words: str) -> str:
    """Where an id such as `INC-7` or `alr 7` leads; empty for anything else."""
    found = _ID.fullmatch(words.replace(" ", ""))
    return f"{_PLACES[found[1].upper()]}{int(found[2])}" if found else ""


def _nothing(words: str) -> dict[str, Any]:
    if not words:
        fact = _("Ids such as INC-42 or ALR-7 lead straight there.")
        return {"title": _("Write a name, a word or an id."), "fact": fact}
    fact = _("Try fewer letters, or an id like INC-42.")
    return {"title": _("Nothing matches."), "fact": fact}


def _groups(actor: Actor, words: str) -> list[dict[str, Any]]:
    finders: list[tuple[str, Finder]] = [
        (_("Incidents"), _incidents),
        (_("Alerts"), _alerts),
        (_("Services"), _services),
        (_("People"), _people),
    ]
    found = [{"title": title, "rows": find(actor, words)} for title, find in finders]
    return [group for group in found if group["rows"]]


def _hits(actor: Actor, words: str, jump: str) -> dict[str, Any] | None:
    if not words:
        return None
    go = [{"word": words.upper(), "url": jump, "end": _("open"), "icon": "arrow-right"}] if jump else []
    go += [row["hit"] | {"url": row["url"]} for group in _groups(actor, words) for row in group["rows"][:4]]
    return {"do": _verbs(actor, words), "go": go}


def _verbs(actor: Actor, words: str) -> list[dict[str, Any]]:
    """What may be done, by its first letters."""
    verbs = [
        (_("Declare an incident"), "/incidents/declare", "siren", may(actor, Right.DECLARE)),
        (_("See who is on call"), "/oncall", "phone", True),
        (_("Silence alerts"), "/settings/silences", "bell-off", may(actor, Right.RESPOND)),
        (_("Connect a sender"), "/settings/integrations", "plug", True),
        (_("See which jobs report"), "/settings/heartbeats", "heart-pulse", True),
        (_("How you are reached"), "/settings/me", "at-sign", True),
    ]
    return [
        {"word": word, "url": url, "icon": icon}
        for word, url, icon, allowed in verbs
        if allowed and words.lower() in word.lower()
    ]


def _incidents(actor: Actor, words: str) -> list[dict[str, Any]]:
    rows = incidents(actor).filter(title__icontains=words)
    found = sorted(rows[: _EACH * 4], key=lambda row: row.resolved_at is not None)[:_EACH]
    return [
        {
            "title": row.title,
            "url": f"/incidents/{row.public_id}",
            "second": [f"{row.public_id}, ", {"at": row.declared_at, "style": "short"}],
            "glyph": {"severity": row.severity, "open": row.resolved_at is None},
            "hit": {
                "word": row.title,
                "end": row.public_id,
                "severity": row.severity,
                "open": row.resolved_at is None,
            },
        }
        for row in found
    ]


def _alerts(actor: Actor, words: str) -> list[dict[str, Any]]:
    rows = alerts(actor).filter(summary__icontains=words)
    found = sorted(rows[: _EACH * 4], key=lambda row: row.state == "resolved")[:_EACH]
    return [
        {
            "title": row.summary,
            "url": f"/alerts/{row.public_id}",
            "second": [f"{row.public_id}, {row.service.name}, ", {"at": row.opened_at, "style": "short"}],
            "glyph": {"state": row.state},
            "hit": {"word": row.summary, "end": row.public_id, "icon": "bell"},
        }
        for row in found
    ]


def _services(actor: Actor, words: str) -> list[dict[str, Any]]:
    rows = Service.objects.visible_to(actor).filter(retired_at__isnull=True).exclude(handle=META_SERVICE)
    rows = rows.filter(Q(name__icontains=words) | Q(handle__icontains=words)).select_related("team")
    return [
        {
            "title": row.name,
            "url": f"/services/{row.handle}",
            "second": row.team.name if row.team is not None else "",
            "glyph": {"icon": "boxes"},
            "hit": {"word": row.name, "end": _("service"), "icon": "boxes"},
        }
        for row in rows.order_by("name")[:_EACH]
    ]


def _people(actor: Actor, words: str) -> list[dict[str, Any]]:
    rows = Person.objects.visible_to(actor).filter(retired_at__isnull=True)
    rows = rows.filter(Q(name__icontains=words) | Q(handle__icontains=words))
    return [
        {
            "title": row.name,
            "url": f"/people/{row.handle}",
            "second": row.timezone,
            "glyph": {"person": person_of(row, actor)},
            "hit": {"word": row.name, "end": _("person"), "person": person_of(row, actor)},
        }
        for row in rows.order_by("name")[:_EACH]
    ]
