"""Settings: the way to each of them."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.permissions import Actor
from muster.detect.queries import heartbeats, integrations
from muster.evaluate.queries import rules, silences
from muster.foundation.access.queries import active_people
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import every
from muster.foundation.standard.queries import current
from muster.mobilize.escalation.queries import policies
from muster.web.screens.home import reach


@require_safe
def index(request: Request) -> HttpResponse:
    """Mine first, then the organisation's."""
    actor, at = request.arrival.actor, request.arrival.at
    proved = [one for one in reach(actor) if one["state"] == "met"]
    mine = ngettext("%(n)s proved way to reach you", "%(n)s proved ways to reach you", len(proved))
    groups = [
        {
            "title": _("Yours"),
            "rows": [_place(_("How you are reached"), "/settings/me", "at-sign", mine % {"n": len(proved)})],
        },
        {"title": _("Your organisation's"), "rows": _organisation(actor, at)},
    ]
    context = {
        "head": {"title": _("Settings")},
        "groups": groups,
        "theme": request.COOKIES.get("theme", ""),
        "sign_out_url": "/sign-in/logout/",
    }
    return render(request, "settings/index.html", context)


def _place(word: str, url: str, icon: str, second: str) -> dict[str, Any]:
    return {"title": word, "url": url, "glyph": {"icon": icon}, "second": second, "chevron": True}


def _organisation(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    teams = len(every(Team, actor=actor))
    people = len(active_people())
    senders = integrations(actor).filter(retired_at__isnull=True).count()
    jobs = heartbeats(actor).filter(integration__retired_at__isnull=True).count()
    held = silences(actor).filter(ended_at__isnull=True, ends_at__gt=at).count()
    number = current().number
    return [
        _place(
            _("People"), "/people", "user", ngettext("%(n)s person", "%(n)s people", people) % {"n": people}
        ),
        _place(_("Readiness"), "/readiness", "heart-pulse", _("who can be reached, and how well proved")),
        _place(_("Health"), "/health", "shield-check", _("who watches that nobody is missed")),
        _place(_("Delivery log"), "/deliveries", "send", _("what became of every message")),
        _place(
            _("Teams"),
            "/settings/teams",
            "users",
            ngettext("%(n)s team", "%(n)s teams", teams) % {"n": teams},
        ),
        _place(
            _("Integrations"),
            "/settings/integrations",
            "plug",
            ngettext("%(n)s sender", "%(n)s senders", senders) % {"n": senders},
        ),
        _place(
            _("Heartbeats"),
            "/settings/heartbeats",
            "heart-pulse",
            ngettext("%(n)s job ought to report", "%(n)s jobs ought to report", jobs) % {"n": jobs},
        ),
        _place(_("Escalation policies"), "/settings/policies", "waypoints", _policies(actor)),
        _place(_("Webhooks"), "/settings/webhooks", "webhook", _("machines that a step may tell")),
        _place(
            _("Silences"),
            "/settings/silences",
            "bell-off",
            ngettext("%(n)s in force or coming", "%(n)s in force or coming", held) % {"n": held},
        ),
        _place(_("Muted"), "/alerts/muted", "calendar", _("silences and planned work, by day")),
        _place(_("Rules"), "/settings/rules", "split", _rules(actor, at)),
        _place(
            _("The Standard"), "/settings/standard", "book-open", _("version %(n)s in force") % {"n": number}
        ),
    ]


def _rules(actor: Actor, at: datetime) -> str:
    count = rules(actor).filter(retired_at__isnull=True).exclude(ends_at__lte=at).count()
    return ngettext("%(n)s rule", "%(n)s rules", count) % {"n": count}


def _policies(actor: Actor) -> str:
    count = policies(actor).count()
    return ngettext("%(n)s policy", "%(n)s policies", count) % {"n": count}
