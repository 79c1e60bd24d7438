"""People: who is here, one person, and the teams they form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from muster.core.permissions import Actor, Right
from muster.core.refusal import Refused
from muster.foundation.access import commands
from muster.foundation.access.models import Account, Contact, Grant, Person
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request, base_url
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import every, manager, members
from muster.foundation.timeline.queries import events_of
from muster.mobilize.oncall.queries import schedules
from muster.mobilize.reach.leaving import leaving
from muster.mobilize.reach.leaving_words import left_behind
from muster.web.screens.entries import entries
from muster.web.screens.home import my_shifts, reach
from muster.web.screens.parts import may, names, person_of

_EVENTS = 12


@require_safe
def overview(request: Request) -> HttpResponse:
    """Everybody whose access has not ended; those who can not be reached come first."""
    actor, words = request.arrival.actor, request.GET.get("q", "").strip()[:100]
    rows = Person.objects.visible_to(actor).filter(retired_at__isnull=True)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(handle__icontains=words))
    people = list(rows.order_by("name", "id"))
    proved = set(_proved(actor).values_list("person_id", flat=True))
    silent = [person for person in people if person.pk not in proved]
    groups = [
        {
            "title": _("Nobody can wake them"),
            "second": _("no proved contact method"),
            "rows": [_row(person, actor) for person in silent],
        },
        {"title": _("Everybody else"), "rows": [_row(one, actor) for one in people if one.pk in proved]},
    ]
    count = len(people)
    context = {
        "head": {
            "title": ngettext("%(n)s person is here.", "%(n)s people are here.", count) % {"n": count},
            "trail": _trail(_("People")),
        },
        "banners": [],
        "search": words,
        "url": "/people",
        "groups": [group for group in groups if group["rows"]],
        "empty": {"title": _("Nobody by that name.")},
    }
    return render(request, "settings/list.html", context)


def _proved(actor: Actor) -> Any:
    return Contact.objects.visible_to(actor).filter(retired_at__isnull=True, verified_at__isnull=False)


def _trail(word: str) -> list[dict[str, str]]:
    return [{"word": _("Settings"), "url": "/settings"}, {"word": word}]


def _row(person: Person, actor: Actor) -> dict[str, Any]:
    return {
        "title": person.name,
        "url": f"/people/{person.handle}",
        "second": f"{_role(person.role)}, {person.timezone}",
        "glyph": {"person": person_of(person, actor)},
        "chevron": True,
    }


def _role(role: str) -> str:
    words = {
        "stakeholder": _("Stakeholder"),
        "responder": _("Responder"),
        "manager": _("Manager"),
        "process_owner": _("Process owner"),
        "admin": _("Admin"),
        "auditor": _("Auditor"),
    }
    return words.get(role, role)


@require_safe
def one(request: Request, handle: str) -> HttpResponse:
    """One person: their teams, their shifts, and whether they can be reached.

    Raises:
        Refused: nobody here has this handle.
    """
    return _shown(request, _person(request, handle))


@require_POST
def invite(request: Request, handle: str) -> HttpResponse:
    """Make a one-time link for somebody's account, or new password; it is shown this once.

    Raises:
        Refused: nobody here has this handle, or the actor is no admin.
    """
    person, arrival = _person(request, handle), request.arrival
    secret = commands.invite(person.pk, actor=arrival.actor, at=arrival.at)
    link = {
        "title": _("Send them this link"),
        "second": _("it works once, for seven days; shown this once"),
        "code": base_url(request) + reverse("set_up", args=[secret]),
    }
    return _shown(request, person, [link])


@require_POST
def end_access(request: Request, handle: str) -> HttpResponse:
    """End somebody's access; what they leave stood beside the button.

    Raises:
        Refused: nobody here has this handle, or the actor is no admin.
    """
    person, arrival = _person(request, handle), request.arrival
    commands.end_access(person.pk, actor=arrival.actor, at=arrival.at)
    messages.success(request, _("Access ended."))
    return redirect("person", handle=person.handle)


@require_POST
def restore_access(request: Request, handle: str) -> HttpResponse:
    """Let somebody in again.

    Raises:
        Refused: nobody here has this handle, or the actor is no admin.
    """
    person, arrival = _person(request, handle), request.arrival
    commands.restore_access(person.pk, actor=arrival.actor, at=arrival.at)
    messages.success(request, _("Access given again. Tokens and teams are given anew."))
    return redirect("person", handle=person.handle)


def _person(request: Request, handle: str) -> Person:
    person = Person.objects.visible_to(request.arrival.actor).filter(handle=handle).first()
    if person is None:
        raise Refused(NotFound.PERSON, {"handle": handle[:80]})
    return person


def _shown(request: Request, person: Person, links: Sequence[dict[str, Any]] = ()) -> HttpResponse:
    actor, at = request.arrival.actor, request.arrival.at
    theirs = Actor(kind=actor.kind, id=person.pk, role=actor.role)
    shifts = my_shifts(list(schedules(actor)), theirs, at) if person.retired_at is None else []
    facts = [
        {"word": _("Role"), "value": _role(person.role)},
        {"word": _("Time zone"), "value": person.timezone},
        {"word": _("Handle"), "value": person.handle, "code": True},
    ]
    if person.email and may(actor, Right.RESPOND, own=person.pk):
        facts.insert(1, {"word": _("E-mail"), "value": person.email})
    context = {
        "head": {
            "title": person.name,
            "trail": [{"word": _("People"), "url": "/people"}, {"word": person.name}],
            "actions": _mine(person, actor),
        },
        "banners": _ended(person),
        "facts": facts,
        "sections": [
            *links,
            {"title": _("Next shifts"), "rows": [_shift(row) for row in shifts], **_none(shifts)},
        ],
        "aside": [_teams(person, actor), *_reach(person, theirs, actor)],
        "forms": _forms(person, actor, at),
        "entries": entries(events_of(f"person:{person.pk}", actor).order_by("-id")[:_EVENTS], actor),
    }
    return render(request, "settings/detail.html", context)


def _forms(person: Person, actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """An admin lets somebody in, the same link sets a new password; and ends their access."""
    if not may(actor, Right.EDIT_PEOPLE):
        return []
    if person.retired_at is not None:
        return [_form(person, _("Give access again"), "restore", left_behind(leaving(person, at)))]
    known = Account.objects.filter(person=person).exists()
    return [
        {
            "title": _("Let them set a new password") if known else _("Let them sign in"),
            "url": f"/people/{person.handle}/invite",
            "form": [],
            "label": _("Make a one-time link"),
            "danger": False,
        },
        _form(person, _("End access"), "end", left_behind(leaving(person, at)), danger=True),
    ]


def _form(person: Person, title: str, verb: str, notes: list[str], *, danger: bool = False) -> dict[str, Any]:
    url = f"/people/{person.handle}/{verb}"
    nothing = [_("Nothing is left uncovered.")]
    return {
        "title": title,
        "url": url,
        "form": [],
        "label": title,
        "danger": danger,
        "notes": notes or nothing,
    }


def _mine(person: Person, actor: Actor) -> list[dict[str, Any]]:
    if person.pk != actor.id:
        return []
    return [{"label": _("Change how you are reached"), "url": "/settings/me", "method": "get"}]


def _ended(person: Person) -> list[dict[str, Any]]:
    if person.retired_at is None:
        return []
    return [
        {
            "bold": _("Their access has ended."),
            "text": [{"at": person.retired_at, "style": "short"}],
            "kind": "line",
        }
    ]


def _none(shifts: list[dict[str, Any]]) -> dict[str, Any]:
    return {} if shifts else {"text": _("None in the next four weeks.")}


def _shift(row: dict[str, Any]) -> dict[str, Any]:
    return {"title": row["end"], "second": row["when"], "end_chip": row["chip"], "glyph": {"icon": "phone"}}


def _teams(person: Person, actor: Actor) -> dict[str, Any]:
    grants = Grant.objects.visible_to(actor).filter(person=person, ended_at__isnull=True)
    held = grants.filter(scope__startswith="team:")
    managed = {int(grant.scope.partition(":")[2]) for grant in held if grant.role == "manager"}
    teams = Team.objects.visible_to(actor).filter(
        pk__in={int(grant.scope.partition(":")[2]) for grant in held}
    )
    rows = [
        {
            "title": team.name,
            "url": "/settings/teams",
            "second": _("manager") if team.pk in managed else _("member"),
            "glyph": {"icon": "users"},
        }
        for team in teams.order_by("name")
    ]
    return {"title": _("Teams"), "rows": rows, **({} if rows else {"text": _("In no team.")})}


def _reach(person: Person, theirs: Actor, actor: Actor) -> list[dict[str, Any]]:
    """Only they and an admin see by what they are reached."""
    if not may(actor, Right.EDIT_PEOPLE, own=person.pk):
        return []
    rows = [
        {"title": one["word"], "glyph": {"state": one["state"]}, "end": one.get("end") or _("not proved")}
        for one in reach(theirs)
    ]
    return [{"title": _("Can they be reached?"), "rows": rows}]


@require_safe
def teams(request: Request) -> HttpResponse:
    """The teams with their people and services; those without a manager first."""
    actor = request.arrival.actor
    services: dict[int, list[str]] = {}
    for service in Service.objects.visible_to(actor).filter(retired_at__isnull=True, team__isnull=False):
        services.setdefault(service.team_id or 0, []).append(service.name)
    found = [_team(team, services.get(team.pk, []), actor) for team in every(Team, actor=actor)]
    found.sort(key=lambda group: bool(group["managed"]))
    count = len(found)
    context = {
        "head": {
            "title": ngettext("%(n)s team", "%(n)s teams", count) % {"n": count},
            "trail": _trail(_("Teams")),
        },
        "banners": [],
        "search": None,
        "url": "/settings/teams",
        "groups": found,
        "empty": {
            "title": _("No team yet."),
            "fact": _(
                "A team owns services and takes turns on call. Write one in a file and run muster apply."
            ),
        },
    }
    return render(request, "settings/list.html", context)


def _team(team: Team, services: list[str], actor: Actor) -> dict[str, Any]:
    head = manager(team.pk)
    people = members(team.pk)
    rows: list[dict[str, Any]] = []
    if head is not None:
        rows.append(_row(head, actor) | {"second": _("Manager"), "chevron": False})
    else:
        rows.append({"title": _("Nobody manages this team."), "glyph": {"icon": "triangle-alert"}})
    if people:
        rows.append({"title": names(people), "second": _("Members"), "glyph": {"icon": "users"}})
    if services:
        rows.append({"title": ", ".join(services), "second": _("Services"), "glyph": {"icon": "boxes"}})
    return {"title": team.name, "second": team.handle, "rows": rows, "managed": head is not None}
