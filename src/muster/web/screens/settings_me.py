"""How I am reached, and my API tokens."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from muster.core.plain_form import FormFault
from muster.core.policy_form import read_contact_rules
from muster.core.urgency import Urgency
from muster.core.wallclock import format_duration
from muster.foundation.access import commands
from muster.foundation.access.models import ApiToken, Person
from muster.foundation.access.queries import contacts_of
from muster.foundation.access.requests import Request
from muster.mobilize.reach.queries import readiness_of
from muster.web.screens.my_contacts import (
    Refusal,
    code_forms,
    contact_forms,
    contact_rows,
    lacks_of,
    test_actions,
    tests_of,
)
from muster.web.screens.my_rules import hours_sentence


@require_safe
def me(request: Request) -> HttpResponse:
    """My contact methods, my rules in a sentence, my tokens."""
    return shown(request)


def shown(
    request: Request, *, secret: dict[str, str] | None = None, refused: Refusal | None = None
) -> HttpResponse:
    """The whole screen; with a form that was refused, or a secret that is shown this once."""
    at = request.arrival.at
    person = Person.objects.get(pk=request.arrival.actor.id or 0)
    contacts = contacts_of([person.pk])[person.pk]
    [readiness] = readiness_of([person], at)
    tokens = (
        ApiToken.objects.visible_to(request.arrival.actor)
        .filter(person=person, revoked_at__isnull=True)
        .order_by("-id")
    )
    context = {
        "head": {
            "title": _title(readiness.reachable),
            "second": person.email or person.handle,
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("You")}],
            "actions": [
                *test_actions(contacts),
                {"label": _("Your page"), "url": f"/people/{person.handle}", "method": "get"},
            ],
        },
        "banners": lacks_of(readiness),
        "lead": code_forms(contacts, refused),
        "facts": [],
        "sections": [
            *([_once(secret)] if secret else []),
            {"title": _("Ways to reach you"), **_rows_or(contact_rows(contacts))},
            *tests_of(person.pk, request.arrival.actor, at),
            _paged(person),
            {"title": _("API tokens"), **_rows_or([_token(row) for row in tokens])},
        ],
        "aside": [{"title": _("Signing in"), "rows": _signing_in()}],
        "forms": [*contact_forms(refused), _token_form()],
        "entries": None,
        "scripts": ["push"],
    }
    return render(request, "settings/detail.html", context, status=422 if refused else 200)


def _paged(person: Person) -> dict[str, Any]:
    said = [*sentences(person.rules), hours_sentence(person.hours)]
    return {
        "title": _("When you are paged"),
        "text": " ".join(filter(None, said)),
        "action": {"label": _("Rules and quiet hours"), "url": "/settings/me/rules", "method": "get"},
    }


def _title(reachable: bool) -> str:
    return _("You can be reached.") if reachable else _("You can not be reached.")


def _rows_or(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"rows": rows} if rows else {"text": _("None yet.")}


def _once(secret: dict[str, str]) -> dict[str, Any]:
    return {"title": secret["word"], "second": _("shown this once"), "code": secret["value"]}


def sentences(rules: Any) -> list[str]:
    """A person's contact rules as sentences, one for each urgency."""
    try:
        read = read_contact_rules(rules)
    except FormFault:
        read = {}
    leads = {Urgency.HIGH: _("When it is urgent:"), Urgency.LOW: _("When it can wait:")}
    told = []
    for urgency, lead in leads.items():
        steps = [
            _step(rule.use, format_duration(rule.after), bool(rule.after)) for rule in read.get(urgency, ())
        ]
        told.append(f"{lead} {', '.join(steps) or _('every proved way at once')}.")
    return told


def _step(use: str, after: str, later: bool) -> str:
    return (
        _("%(use)s after %(after)s") % {"use": use, "after": after}
        if later
        else _("%(use)s at once") % {"use": use}
    )


def _token(row: ApiToken) -> dict[str, Any]:
    used: list[Any] = (
        [_(", used "), {"at": row.last_used_at, "style": "relative"}]
        if row.last_used_at
        else [_(", never used")]
    )
    return {
        "title": row.name,
        "second": [_("made "), {"at": row.created_at, "style": "short"}, *used],
        "glyph": {"icon": "key"},
        "actions": [
            {"label": _("Revoke"), "url": f"/settings/me/tokens/{row.pk}/revoke", "small": True},
        ],
    }


def _signing_in() -> list[dict[str, Any]]:
    return [
        {"title": _("Two-step sign-in"), "url": "/sign-in/2fa/", "glyph": {"icon": "shield-check"}},
        {
            "title": _("Change your password"),
            "url": "/sign-in/password/change/",
            "glyph": {"icon": "key-round"},
        },
        {"title": _("Sign out"), "url": "/sign-in/logout/", "glyph": {"icon": "log-out"}},
    ]


def _token_form() -> dict[str, Any]:
    return {
        "title": _("Make an API token"),
        "url": "/settings/me/tokens",
        "form": [{"name": "name", "label": _("What it is for"), "required": True}],
        "label": _("Make it"),
    }


@require_POST
def add_token(request: Request) -> HttpResponse:
    """Make a token of mine and show it this once."""
    arrival = request.arrival
    name = request.POST.get("name", "").strip()[:100] or "api"
    token = commands.create_token(arrival.actor.id or 0, actor=arrival.actor, at=arrival.at, name=name)
    return shown(request, secret={"word": _("Your new token"), "value": token})


@require_POST
def revoke_token(request: Request, token_id: int) -> HttpResponse:
    """Revoke a token of mine at once.

    Raises:
        Refused: it is not mine, and I am no admin.
    """
    arrival = request.arrival
    commands.revoke_token(token_id, actor=arrival.actor, at=arrival.at)
    messages.success(request, _("Revoked."))
    return HttpResponseRedirect("/settings/me")
