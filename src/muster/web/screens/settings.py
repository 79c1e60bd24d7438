"""Settings: the way to each of them, and the escalation policies with what they would do now."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.escalation import PlannedStep
from muster.core.permissions import Actor
from muster.core.wallclock import instant, parse_moment, zone
from muster.detect.queries import integrations
from muster.evaluate.queries import silences
from muster.foundation.access.models import Person
from muster.foundation.access.queries import active_people
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import every
from muster.foundation.standard.queries import current
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.queries import handles_of_targets, policies, policy_of, preview
from muster.mobilize.escalation.showing import shown_weaknesses
from muster.web.screens.home import reach
from muster.web.screens.parts import names, person_of


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
        _place(_("Escalation policies"), "/settings/policies", "waypoints", _policies(actor)),
        _place(
            _("Silences"),
            "/settings/silences",
            "bell-off",
            ngettext("%(n)s in force or coming", "%(n)s in force or coming", held) % {"n": held},
        ),
        _place(
            _("The Standard"), "/settings/standard", "book-open", _("version %(n)s in force") % {"n": number}
        ),
    ]


def _policies(actor: Actor) -> str:
    count = policies(actor).count()
    return ngettext("%(n)s policy", "%(n)s policies", count) % {"n": count}


@require_safe
def policies_overview(request: Request) -> HttpResponse:
    """The policies in use, those that would reach nobody first."""
    actor, at = request.arrival.actor, request.arrival.at
    rows = [_policy_row(policy, at) for policy in policies(actor)]
    rows.sort(key=lambda row: not row["problem"])
    bad = sum(1 for row in rows if row["problem"])
    title = ngettext("%(n)s policy has a step with nobody.", "%(n)s policies have a step with nobody.", bad)
    context = {
        "head": {
            "title": title % {"n": bad} if bad else _("Every policy reaches somebody now."),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Escalation policies")}],
        },
        "banners": [],
        "search": None,
        "groups": [{"rows": rows}] if rows else [],
        "empty": {
            "title": _("No policy yet."),
            "fact": _("A policy says who is paged next. Write one in a file and run muster apply."),
        },
    }
    return render(request, "settings/list.html", context)


def _policy_row(policy: Policy, at: datetime) -> dict[str, Any]:
    plan = preview(policy, at)
    problem = any(not step.people or step.unreachable for step in plan)
    first = Person.objects.filter(pk__in=[int(person) for person in plan[0].people]) if plan else []
    second = _("now: %(who)s first") % {"who": names(first)} if first else _("now: nobody first")
    row: dict[str, Any] = {
        "title": policy.name,
        "url": f"/settings/policies/{policy.handle}",
        "second": second,
        "glyph": {"icon": "waypoints"},
        "chevron": True,
        "problem": problem,
    }
    if problem:
        row["end_chip"] = {"text": _("a step with nobody"), "kind": "now", "icon": "triangle-alert"}
    return row


@require_safe
def policy(request: Request, handle: str) -> HttpResponse:
    """A policy's ladder if it began now, or at the instant that `at` gives (UTC).

    Raises:
        Refused: there is no such policy.
    """
    actor, now = request.arrival.actor, request.arrival.at
    row = policy_of(actor, handle)
    at = _asked(request.GET.get("at", ""), now)
    plan = preview(row, at)
    services = Service.objects.visible_to(actor).filter(policy=row.handle, retired_at__isnull=True)
    context = {
        "head": {
            "title": _("%(policy)s, step by step") % {"policy": row.name},
            "trail": [
                {"word": _("Escalation policies"), "url": "/settings/policies"},
                {"word": row.name},
            ],
        },
        "banners": [
            {"bold": one["sentence"], "text": "", "kind": "soon"} for one in shown_weaknesses(row, now)
        ],
        "at": at,
        "steps": _steps(plan, actor),
        "after": _("After its last step the organisation's fallback is paged. Nobody is never the end."),
        "preview_url": f"/settings/policies/{row.handle}",
        "preview": {"name": "at", "label": _("If it began at (UTC)"), "kind": "datetime-local"},
        "used_by": [
            {"title": one.name, "url": f"/services/{one.handle}", "glyph": {"icon": "boxes"}}
            for one in services.order_by("name")
        ],
        "versions": [],
    }
    return render(request, "settings/policy.html", context)


def _asked(written: str, now: datetime) -> datetime:
    if not written:
        return now
    try:
        return instant(parse_moment(written), zone("UTC"))
    except (ValueError, OverflowError):
        return now


def _steps(plan: tuple[PlannedStep, ...], actor: Actor) -> list[dict[str, Any]]:
    people = Person.objects.in_bulk({int(person) for step in plan for person in step.people})
    spelled = handles_of_targets()
    shown = []
    for step in plan:
        found = [people[int(person)] for person in step.people if int(person) in people]
        targets = ", ".join(spelled.get(str(target), str(target)) for target in step.targets)
        shown.append(
            {
                "at": step.due_at,
                "people": [person_of(person, actor) for person in found],
                "word": names(found) or _("Nobody"),
                "second": targets or _("the organisation's fallback"),
                "problem": not found,
            }
        )
    return shown
