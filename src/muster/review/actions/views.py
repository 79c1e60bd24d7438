"""Action items: mine that are overdue, mine, then the others'; each with its incident (R57)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from muster.core.action_items import ActionState
from muster.core.permissions import Actor, Right
from muster.core.refusal import Refused
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.respond.warroom.queries import standard_of
from muster.review.actions import commands
from muster.review.actions.forms import Unreadable, errors_of, latest_day, wanted
from muster.review.actions.models import ActionItem
from muster.review.actions.queries import action_item_of, action_items, open_action_items
from muster.review.actions.showing import action_dicts, due_word, fields
from muster.review.lengths import number_word
from muster.review.showing import Dict, local_text, may, person_dict, zone_of

_MOST = 200


@require_safe
def actions(request: Request) -> HttpResponse:
    """What is to do, overdue first."""
    actor, at = request.arrival.actor, request.arrival.at
    chosen = request.GET.get("show", "open")
    todo = open_action_items(actor)
    over = todo.filter(due_at__lt=at)
    groups = _closed(actor) if chosen == "closed" else _open(todo, actor, at, mine=chosen == "mine")
    context = {
        "head": _head(over, todo, actor),
        "filters": _filters(todo, actor, chosen),
        "groups": [group for group in groups if group["actions"]],
        "empty": {
            "title": _("Nothing to do."),
            "fact": _("Action items are added to an incident's postmortem."),
        },
    }
    return render(request, "review/actions.html", context)


def _open(todo: "QuerySet[ActionItem]", actor: Actor, at: datetime, *, mine: bool) -> list[Dict]:
    own, others = todo.filter(owner_id=actor.id), todo.exclude(owner_id=actor.id)
    groups = [
        (_("Mine, overdue"), own.filter(due_at__lt=at)),
        (_("Mine"), own.exclude(due_at__lt=at)),
    ]
    if not mine:
        groups += [
            (_("Others, overdue"), others.filter(due_at__lt=at)),
            (_("Others"), others.exclude(due_at__lt=at)),
        ]
    return [_group(title, rows, actor) for title, rows in groups]


def _closed(actor: Actor) -> list[Dict]:
    rows = action_items(actor)
    return [
        _group(_("Done"), rows.filter(state=ActionState.DONE), actor),
        _group(_("Dropped"), rows.filter(state=ActionState.DROPPED), actor),
    ]


def _group(title: str, rows: "QuerySet[ActionItem]", actor: Actor) -> Dict:
    shown = action_dicts(rows[:_MOST], actor, with_incident=True)
    return {"title": title, "second": str(len(shown)), "actions": shown}


def _head(over: "QuerySet[ActionItem]", todo: "QuerySet[ActionItem]", actor: Actor) -> Dict:
    mine, late, total = over.filter(owner_id=actor.id).count(), over.count(), todo.count()
    if mine:
        title = ngettext("One of mine is overdue.", "%(n)s of mine are overdue.", mine)
    elif late:
        title = ngettext("One action item is overdue.", "%(n)s action items are overdue.", late)
    else:
        title = _("No action item is overdue.")
    second = ngettext("%(n)s is open.", "%(n)s are open.", total) % {"n": number_word(total)}
    second = second if total else _("None is open.")
    return {"title": title % {"n": number_word(mine or late)}, "second": second}


def _filters(todo: "QuerySet[ActionItem]", actor: Actor, chosen: str) -> list[Dict]:
    counts = {"open": todo.count(), "mine": todo.filter(owner_id=actor.id).count()}
    named = {"open": _("Open"), "mine": _("Mine"), "closed": _("Done or dropped")}
    return [
        {"word": word, "url": f"?show={name}", "count": counts.get(name), "chosen": name == chosen}
        for name, word in named.items()
    ]


@require_POST
def done(request: Request, public_id: str) -> HttpResponse:
    """Mark it done, and go back to where the button was."""
    actor, at = request.arrival.actor, request.arrival.at
    row = commands.complete_action_item(action_item_of(actor, public_id).pk, actor=actor, at=at)
    messages.success(request, _("%(id)s is done.") % {"id": row.public_id})
    if request.GET.get("next") == "postmortem":
        return HttpResponseRedirect(f"/incidents/{row.incident.public_id}/postmortem#actions")
    return HttpResponseRedirect("/actions")


@require_http_methods(["GET", "HEAD", "POST"])
def action(request: Request, public_id: str) -> HttpResponse:
    """One action item, to read, and for whoever may, to change."""
    actor = request.arrival.actor
    row = action_item_of(actor, public_id)
    zone = zone_of(actor)
    if request.method != "POST":
        if not may(actor, Right.REVIEW, own=row.owner_id):
            return HttpResponseRedirect(f"/incidents/{row.incident.public_id}/postmortem#actions")
        return render(request, "respond/form.html", _form(row, actor, zone, _given(row, zone), {}))
    given = request.POST.dict()
    try:
        _change(row, given, zone, request)
    except Unreadable as unreadable:
        return _again(request, row, zone, given, unreadable.errors)
    except Refused as refused:
        return _again(request, row, zone, given, errors_of(refused), told(refused).status)
    return HttpResponseRedirect(f"/incidents/{row.incident.public_id}/postmortem#actions")


def _again(
    request: Request,
    row: ActionItem,
    zone: str,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 422,
) -> HttpResponse:
    context = _form(row, request.arrival.actor, zone, given, errors)
    return render(request, "respond/form.html", context, status=status)


def _change(row: ActionItem, given: Mapping[str, str], zone: str, request: Request) -> None:
    who: dict[str, Any] = {"actor": request.arrival.actor, "at": request.arrival.at}
    why = given.get("why", "")
    verbs: Mapping[str, Callable[..., ActionItem]] = {
        "drop": commands.drop_action_item,
        "reopen": commands.reopen_action_item,
    }
    if given.get("act") in verbs:
        verbs[given["act"]](row.pk, why=why, **who)
        return
    latest = latest_day(row.incident, row.created_at)
    said = wanted(given, timezone=zone, latest=latest)
    changes: dict[str, Any] = {
        "title": said.title,
        "owner": said.owner,
        "tag": said.tag,
        "ticket": said.ticket,
    }
    if given.get("due", "") != local_text(row.due_at, zone)[:10]:
        changes["due_at"] = said.due_at
    commands.change_action_item(row.pk, changes, why=why, **who)


def _given(row: ActionItem, zone: str) -> dict[str, str]:
    return {
        "what": row.title,
        "owner": str(row.owner_id),
        "kind": row.tag,
        "due": local_text(row.due_at, zone)[:10],
        "ticket": row.ticket,
    }


def _form(
    row: ActionItem, actor: Actor, zone: str, given: Mapping[str, str], errors: Mapping[str, str]
) -> Dict:
    url = f"/incidents/{row.incident.public_id}/postmortem"
    owner = person_dict(row.owner, actor) or {}
    context: Dict = {
        "trail": [
            {"word": _("Action items"), "url": "/actions"},
            {"word": row.incident.public_id, "url": url},
        ],
        "title": row.title,
        "second": [row.public_id, ", ", owner.get("name", ""), ", ", due_word(row.due_at)],
        "url": f"/actions/{row.public_id}",
        "cancel_url": f"{url}#actions",
        "form": [],
    }
    why: Dict = {
        "name": "why",
        "label": _("Why"),
        "kind": "textarea",
        "rows": 2,
        "error": errors.get("why", ""),
    }
    if row.state != ActionState.OPEN:
        act: Dict = {"name": "act", "label": _("What to do"), "kind": "select"}
        act["options"] = [{"value": "reopen", "word": _("Take it up again")}]
        return context | {"form": [act, why], "button": {"label": _("Reopen")}}
    act = {"name": "act", "label": _("What to do"), "kind": "select"}
    act["options"] = [
        {"value": "change", "word": _("Change it")},
        {"value": "drop", "word": _("Drop it"), "chosen": given.get("act") == "drop"},
    ]
    why["hint"] = _("Needed to move the day, or to drop it.")
    form = [*fields(standard_of(row.incident), given, errors, timezone=zone).values(), act, why]
    return context | {"form": form, "button": {"label": _("Save")}}
