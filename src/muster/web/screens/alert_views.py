"""Saved views of the alert inbox: saved from where one stands, renamed, the default, deleted with undo."""

from enum import StrEnum
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.inbox import InboxState, ViewRefusal
from muster.core.permissions import Actor, Right
from muster.core.refusal import Refused
from muster.evaluate import commands
from muster.evaluate.models import AlertView
from muster.evaluate.queries import alert_views, view_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import by_handle
from muster.web.screens.alert_lists import STATE_WORDS
from muster.web.screens.parts import may, teams_of
from muster.web.screens.refused import Wrong, drawn_again, wrong_at

Dict = dict[str, Any]
_WHERE = "/alerts/views"
_FIELDS: dict[StrEnum, str] = {
    ViewRefusal.NAME: "name",
    ViewRefusal.NAME_TAKEN: "name",
    ViewRefusal.STATE: "state",
    ViewRefusal.WORDS_TOO_LONG: "q",
}
"""Which field each refusal is about."""


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: Request) -> HttpResponse:
    """The views of a person and of their teams; POST saves one and opens it.

    Raises:
        Refused: it is for a team that is not theirs. What is wrong with the form is said at its field.
    """
    if request.method != "POST":
        return _listed(request)
    try:
        row = _saved(request)
    except Refused as refused:
        return _listed(request, wrong_at(request, refused, _FIELDS))
    messages.success(request, _("Saved as %(name)s.") % {"name": row.name})
    return HttpResponseRedirect(row.address)


def _saved(request: Request) -> AlertView:
    arrival, said = request.arrival, request.POST
    team = said.get("team", "")
    return commands.save_view(
        actor=arrival.actor,
        at=arrival.at,
        name=said.get("name", ""),
        state=said.get("state", InboxState.OPEN),
        words=said.get("q", ""),
        team_id=by_handle(Team, team, actor=arrival.actor).pk if team else None,
        is_default=said.get("default") == "1",
    )


def saving_form(actor: Actor, state: str, words: str) -> Dict | None:
    """The form that saves what the inbox shows; none for whoever only reads."""
    if not may(actor, Right.REPORT):
        return None
    return {
        "url": _WHERE,
        "state": state,
        "words": words,
        "name": {"name": "name", "label": _("Name"), "required": True, "placeholder": _("My night")},
        "team": {
            "name": "team",
            "label": _("Whose it is"),
            "kind": "select",
            "options": [{"value": "", "word": _("Mine")}, *_team_options(actor)],
        },
    }


def _team_options(actor: Actor) -> list[Dict]:
    mine = [team for team in teams_of(actor) if team.pk in actor.teams or team.pk in actor.manages]
    return [{"value": team.handle, "word": _("%(team)s's") % {"team": team.name}} for team in mine]


def shown_views(actor: Actor, state: str, words: str, chosen: str) -> list[Dict]:
    """The saved views as filters: the chosen one is that of the address, or what shows the same."""
    return [
        {
            "word": row.name,
            "url": row.address,
            "chosen": str(row.pk) == chosen and (row.state, row.words) == (state, words),
            "key": str(number) if number < 10 else "",
        }
        for number, row in enumerate(alert_views(actor), start=1)
    ]


def _listed(request: Request, wrong: Wrong | None = None) -> HttpResponse:
    actor = request.arrival.actor
    rows = [_row(row) for row in alert_views(actor)]
    form = saving_form(actor, "", "")
    fields: list[Dict] = []
    if form is not None:
        fields = [
            form["name"],
            {"name": "state", "label": _("Which alerts"), "kind": "select", "options": _states()},
            {"name": "q", "label": _("With"), "placeholder": "service:checkout-api timeout"},
            form["team"],
        ]
    context = {
        "head": {
            "title": _("Saved views of the inbox"),
            "trail": [{"word": _("Alerts"), "url": "/alerts"}, {"word": _("Views")}],
        },
        "url": _WHERE,
        "views": rows,
        "fields": drawn_again(fields, wrong),
        "open": wrong is not None or not rows,
        "empty": {
            "title": _("No view is saved."),
            "fact": _("Filter the inbox as you need it, then save it here under a name."),
        },
    }
    status = wrong.status if wrong is not None else 200
    return render(request, "screens/alert_views.html", context, status=status)


def _states() -> list[Dict]:
    return [{"value": state.value, "word": str(word)} for state, word in STATE_WORDS.items()]


def _row(row: AlertView) -> Dict:
    return {
        "key": row.public_id,
        "name": row.name,
        "address": row.address,
        "second": [
            str(STATE_WORDS[InboxState(row.state)]),
            f", {row.words}" if row.words else "",
            ", ",
            row.team.name if row.team is not None else _("only yours"),
        ],
        "is_default": row.is_default,
        "url": f"{_WHERE}/{row.pk}",
    }


@require_POST
def change(request: Request, view_id: int) -> HttpResponse:
    """Rename it, or make it the default or no longer.

    Raises:
        Refused: it is nobody's of theirs. A name that cannot be used is said in words.
    """
    arrival, said = request.arrival, request.POST
    row = view_of(arrival.actor, str(view_id))
    changes: Dict = {"name": said["name"]} if "name" in said else {}
    if "default" in said:
        changes["is_default"] = said["default"] == "1"
    try:
        commands.change_view(row.pk, changes, actor=arrival.actor, at=arrival.at)
    except Refused as refused:
        return _listed(request, wrong_at(request, refused, _FIELDS))
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(_WHERE)


@require_POST
def turn(request: Request, view_id: str, verb: str) -> HttpResponse:
    """Delete it (`retire`), or bring it back (`restore`)."""
    arrival = request.arrival
    row = view_of(arrival.actor, view_id)
    if verb == "retire":
        commands.retire_view(row.pk, actor=arrival.actor, at=arrival.at)
        undo = f"undo:{_WHERE}/{row.pk}/restore"
        messages.success(request, _("Deleted %(name)s.") % {"name": row.name}, extra_tags=undo)
    else:
        commands.restore_view(row.pk, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("%(name)s is back.") % {"name": row.name})
    return HttpResponseRedirect(_WHERE)
