"""The screens of incidents: the list, the room, and the buttons in it. No rule lives here."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from muster.core.permissions import Actor
from muster.core.phases import AFTER, ASIDE, Phase
from muster.core.standard import Room as Place
from muster.evaluate.models import Incident
from muster.evaluate.queries import incident_of, incidents, number_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.obligations.models import Obligation
from muster.mobilize.escalation.commands import Presence, be_responder
from muster.respond.warroom import commands
from muster.respond.warroom.room import Entries, entries, room
from muster.respond.warroom.screen import room_context, ticket_context
from muster.respond.warroom.showing import incident_rows, url_of

_PAGE = 50
_NUMBER = re.compile(r"(?:INC-)?(\d{1,18})", re.IGNORECASE | re.ASCII)
_SERVICE = re.compile(r"\bservice:([a-z0-9-]+)")
_KINDS = ("decision", "update", "say", "task")


@require_safe
def listing(request: Request) -> HttpResponse:
    """Incidents, newest first: open ones unless asked otherwise."""
    actor, at = request.arrival.actor, request.arrival.at
    state, words = request.GET.get("state", "open"), request.GET.get("q", "").strip()
    rows = _of_state(actor, state)
    if words:
        rows = _found(rows, words, actor)
    if request.GET.get("before", "").isdecimal():
        rows = rows.filter(pk__lt=int(request.GET["before"][:18]))
    found = list(rows[: _PAGE + 1])
    shown = found[:_PAGE]
    older = f"/incidents?state={state}&before={shown[-1].pk}" if len(found) > _PAGE else None
    still = incidents(actor, open_only=True).count()
    context = {
        "head": {"title": _title(still), "actions": []},
        "filters": _filters(actor, state, still),
        "search": words,
        "url": "/incidents",
        "incidents": incident_rows(shown, _due(actor, shown), actor, at),
        "empty": _("No incident is open.") if state == "open" else _("No incident here."),
        "pager": {"older_url": older} if older else None,
    }
    return render(request, "screens/incidents.html", context)


def _found(rows: Any, words: str, actor: Actor) -> Any:
    """The incidents that words, `INC-42` or `service:checkout` mean."""
    number = _NUMBER.fullmatch(words)
    if number is not None:
        return rows.filter(pk=int(number[1]))
    for service in _SERVICE.findall(words):
        ids = Service.objects.visible_to(actor).filter(handle=service).values_list("id", flat=True)
        rows = rows.filter(services__contains=list(ids)) if ids else rows.none()
    for word in _SERVICE.sub("", words).split()[:10]:
        rows = rows.filter(title__icontains=word[:100])
    return rows


def _of_state(actor: Actor, state: str) -> Any:
    if state == "resolved":
        return incidents(actor, phases=[phase.value for phase in AFTER])
    if state == "aside":
        return incidents(actor, phases=[phase.value for phase in ASIDE])
    return incidents(actor, open_only=state != "all")


def _title(still: int) -> str:
    if not still:
        return _("No incident is open.")
    return _("One incident is open.") if still == 1 else _("%(n)d incidents are open.") % {"n": still}


def _filters(actor: Actor, state: str, still: int) -> list[dict[str, Any]]:
    choices = (
        ("open", _("Open"), still),
        ("resolved", _("Resolved"), _of_state(actor, "resolved").count()),
        ("aside", _("Set aside"), _of_state(actor, "aside").count()),
        ("all", _("All"), incidents(actor).count()),
    )
    return [
        {"word": word, "url": f"/incidents?state={key}", "count": count, "chosen": key == state}
        for key, word, count in choices
    ]


def _due(actor: Actor, shown: list[Incident]) -> dict[int, Obligation]:
    owed = Obligation.objects.visible_to(actor).select_related("person")
    rows = owed.filter(incident__in=[one.pk for one in shown], state="armed", due_at__isnull=False)
    return {row.incident: row for row in rows.order_by("-due_at") if row.incident is not None}


@require_safe
def one(request: Request, incident_id: str) -> HttpResponse:
    """The war room, or the ticket for the mild ones; `before` scrolls the timeline back."""
    actor, at = request.arrival.actor, request.arrival.at
    incident = incident_of(actor, incident_id)
    kind = request.GET.get("kind", "")
    kind = kind if kind in _KINDS else ""
    before = number_of(request.GET.get("before", ""))
    found = room(actor, incident, at)
    told = entries(actor, incident, kind=kind, before=before)
    is_ticket = found.standard.severity(incident.severity).room is Place.TICKET
    context = (ticket_context if is_ticket else room_context)(found, told.lines, actor, kind=kind)
    template = "respond/ticket.html" if is_ticket else "respond/room.html"
    return render(request, template, context | {"scroll": _scroll(told, kind, before)})


def _scroll(told: Entries, kind: str, before: int | None) -> dict[str, str]:
    """Where the timeline goes on: further back, and from there to its end again."""
    asked = f"kind={kind}&" if kind else ""
    older = {"older_url": f"?{asked}before={told.older}"} if told.older is not None else {}
    return older | ({"newest_url": f"?{asked}"} if before is not None else {})


def back_to(incident: Incident) -> HttpResponse:
    """Return to the room after a button."""
    return HttpResponseRedirect(url_of(incident))


def _button(act: Callable[[Request, Incident], str]) -> Callable[..., HttpResponse]:
    """A view that does one thing to an incident, says so in the past tense and returns to the room."""

    @require_POST
    def view(request: Request, incident_id: str, **more: str) -> HttpResponse:
        incident = incident_of(request.arrival.actor, incident_id)
        said = act(request, incident, **more)
        if said:
            messages.success(request, said)
        return back_to(incident)

    return view


@_button
def claim(request: Request, incident: Incident) -> str:
    """Take command."""
    commands.claim_command(incident.pk, actor=request.arrival.actor, at=request.arrival.at)
    return _("You command.")


@_button
def move_phase(request: Request, incident: Incident) -> str:
    """Move on to the next phase."""
    word = request.POST.get("phase", "")
    if word not in set(Phase):
        return ""
    why = request.POST.get("why", "")
    commands.move_phase(incident.pk, Phase(word), actor=request.arrival.actor, at=request.arrival.at, why=why)
    return ""


@_button
def add_task(request: Request, incident: Incident) -> str:
    """Order a task."""
    title = request.POST.get("title", "")
    commands.add_task(incident.pk, title, actor=request.arrival.actor, at=request.arrival.at)
    return ""


@_button
def complete_task(request: Request, incident: Incident, task_id: str = "0") -> str:
    """A task is done."""
    commands.complete_task(int(task_id), actor=request.arrival.actor, at=request.arrival.at)
    return ""


@_button
def tick(request: Request, incident: Incident, checklist: str = "", item: str = "") -> str:
    """An item of a checklist is done."""
    commands.tick(incident.pk, checklist, item, actor=request.arrival.actor, at=request.arrival.at)
    return ""


@_button
def presence(request: Request, incident: Incident, state: str = "") -> str:
    """I join, am ready, or leave."""
    arrival = request.arrival
    be_responder(incident.pk, arrival.actor.id or 0, Presence(state), actor=arrival.actor, at=arrival.at)
    return ""
