"""One integration: how it does, the path of a test signal, its key, what it is told, and on or off."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.permissions import Actor, Right
from muster.core.ports.source_form import Setting, SourceForm
from muster.core.refusal import Refused
from muster.detect import commands, source_kinds
from muster.detect.models import Integration
from muster.detect.queries import integration_of, shown_mapping
from muster.detect.queries_traffic import last_mistakes, last_test, traffic_of
from muster.detect.reasons import Detect
from muster.foundation.access.requests import Request
from muster.foundation.timeline.queries import events_of
from muster.web.screens.entries import entries
from muster.web.screens.parts import may
from muster.web.screens.refused import Wrong, drawn_again, wrong_at
from muster.web.screens.sender_health import count, curve, kind_word, mistake_rows, refused_rows, standing
from muster.web.screens.settings_integrations import connect_text, secret_of
from muster.web.screens.signal_path import path_of

Dict = dict[str, Any]
_EVENTS = 12
_WHERE = "/settings/integrations"


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, handle: str) -> HttpResponse:
    """One way in, with what to copy into the sender; POST tells it what it needs beside the key.

    Raises:
        Refused: there is no such integration, or somebody else manages it. What is wrong is said in the form.
    """
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    if request.method != "POST":
        return _shown(request, row)
    try:
        commands.change_integration(
            row.pk, {"mapping": _mapping(request, row)}, actor=arrival.actor, at=arrival.at
        )
    except Refused as refused:
        first = next((one.name for one in _settings(row)), "")
        return _shown(request, row, wrong=wrong_at(request, refused, {Detect.MAPPING_INVALID: first}))
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(f"{_WHERE}/{row.handle}")


def _told(form: SourceForm) -> str:
    """What a person does to connect such a sender; and to ourselves, where that is still to be done."""
    if "{mailbox}" not in form.connect or settings.ALERT_MAILBOX:
        return _(form.instructions)
    missing = _("No letter comes in yet: MUSTER_MAIL_IN names no mailbox for alerts.")
    return f"{_(form.instructions)} {missing}"


def _settings(row: Integration) -> Sequence[Setting]:
    return tuple(source_kinds.settings_of(row.kind).values())


def _mapping(request: Request, row: Integration) -> dict[str, str]:
    """What is told, by the form; a secret whose field is left empty stays as it is."""
    said = {one.name: request.POST.get(one.name, "").strip() for one in _settings(row)}
    kept = {one.name for one in _settings(row) if one.secret and not said[one.name]}
    return shown_mapping(row) | {name: text for name, text in said.items() if name not in kept}


def _telling(row: Integration, wrong: Wrong | None) -> list[Dict]:
    """The form for what a kind may be told; none where the key is all."""
    told = shown_mapping(row)
    fields: list[Dict] = [
        {"name": one.name, "label": _(one.label), "value": told.get(one.name, "")}
        if not one.secret
        else {
            "name": one.name,
            "label": _(one.label),
            "kind": "password",
            "autocomplete": "off",
            "hint": _("One is stored; write only another one.") if one.name in told else "",
        }
        for one in _settings(row)
    ]
    if not fields:
        return []
    return [
        {
            "title": _("What it needs beside the key"),
            "url": f"{_WHERE}/{row.handle}",
            "form": drawn_again(fields, wrong),
            "label": _("Save"),
            "open": wrong is not None,
            "danger": False,
        }
    ]


def _shown(
    request: Request, row: Integration, secret: Dict | None = None, wrong: Wrong | None = None
) -> HttpResponse:
    actor, at = request.arrival.actor, request.arrival.at
    source = source_kinds.source_of(row.kind)
    allowed = may(actor, Right.EDIT_TEAM, team=row.service.team_id)
    config = {
        "title": _("What to copy into the sender"),
        "second": _("put the key in its place"),
        "text": _told(source.form) if source is not None else "",
        "code": connect_text(row, request),
    }
    context = {
        "head": {
            "title": f"{kind_word(row.kind)}: {row.service.name}",
            "trail": [{"word": _("Integrations"), "url": _WHERE}, {"word": row.handle}],
        },
        "banners": _off(row, allowed=allowed),
        "above": "settings/sender.html",
        "health": _health(row, actor, at),
        "test": _test(row, actor, at, allowed=allowed and row.retired_at is None),
        "facts": _facts(row, at),
        "sections": [secret or config],
        "aside": _mapping_aside(row, source.form) if source is not None and allowed else [],
        "forms": [*_telling(row, wrong), *_forms(row)] if allowed and row.retired_at is None else [],
        "entries": entries(events_of(f"integration:{row.pk}", actor).order_by("-id")[:_EVENTS], actor),
    }
    return render(request, "settings/detail.html", context, status=wrong.status if wrong is not None else 200)


def _health(row: Integration, actor: Actor, at: datetime) -> Dict:
    figures = traffic_of([row], at)[row.pk]
    return {
        "standing": standing(figures),
        "seen": row.last_seen_at,
        "last_hour": count(figures.last_hour, figures),
        "last_day": count(figures.last_day, figures),
        "unreadable": figures.unreadable,
        "curve": curve(figures),
        "refused": refused_rows(figures),
        "mistakes": mistake_rows(last_mistakes(actor, row)),
    }


def _test(row: Integration, actor: Actor, at: datetime, *, allowed: bool) -> Dict:
    """The path of the last test, and what may be done: another, or to end this one."""
    last = last_test(actor, row)
    path = path_of(last, actor, at) if last is not None else None
    where = f"{_WHERE}/{row.handle}"
    send = {
        "label": _("Send another") if path and path["open"] else _("Send a test signal"),
        "url": f"{where}/test",
        "style": "edge",
        "icon": "send",
    }
    end = {"label": _("End the test"), "url": f"{where}/test/end", "style": "edge"}
    actions = [send, end] if path and path["open"] else [send]
    return {"path": path, "actions": actions if allowed else [], "url": where}


def _facts(row: Integration, at: datetime) -> list[Dict]:
    facts: list[Dict] = [
        {"word": _("Service"), "value": row.service.name, "url": f"/services/{row.service.handle}"},
        {"word": _("Handle"), "value": row.handle, "code": True},
    ]
    if row.old_key_until is not None and row.old_key_until > at:
        until = [_("works until "), {"at": row.old_key_until, "style": "short"}]
        facts.append({"word": _("The replaced key"), "value": until})
    return facts


def _off(row: Integration, *, allowed: bool) -> list[Dict]:
    if row.retired_at is None:
        return []
    back = {"label": _("Connect it again"), "url": f"{_WHERE}/{row.handle}/restore", "style": "line"}
    banner = {"bold": _("Disconnected."), "text": _("Its key is refused."), "kind": "line"}
    return [banner | ({"action": back} if allowed else {})]


def _mapping_aside(row: Integration, form: SourceForm) -> list[Dict]:
    """The way to the screen of the mapping, for kinds that have one."""
    if not form.mapping or row.retired_at is not None:
        return []
    number = len(row.mapping)
    said = _("The usual names are looked for.") if not number else ", ".join(sorted(row.mapping))
    action = {
        "label": _("Change and try it"),
        "url": f"{_WHERE}/{row.handle}/mapping",
        "method": "get",
        "style": "edge",
    }
    return [{"title": _("How its payloads are read"), "text": said, "action": action}]


def _forms(row: Integration) -> list[Dict]:
    where = f"{_WHERE}/{row.handle}"
    return [
        {
            "title": _("Make a new key"),
            "url": f"{where}/rotate",
            "form": [],
            "label": _("Make a new key"),
            "notes": [_("The old one works for 24 hours more.")],
            "danger": False,
        },
        {
            "title": _("Disconnect"),
            "url": f"{where}/retire",
            "form": [],
            "label": _("Disconnect this sender"),
            "notes": [_("Its key is refused at once. It can be connected again, with the key it has.")],
            "danger": True,
        },
    ]


@require_POST
def rotate(request: Request, handle: str) -> HttpResponse:
    """Make a new key, shown this once."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    secret = secret_of(row, commands.rotate_key(row.pk, actor=arrival.actor, at=arrival.at), request)
    shown = {"title": secret["word"], "second": secret["note"], "code": secret["value"], "copy": True}
    return _shown(request, integration_of(arrival.actor, handle), shown)


@require_POST
def turn(request: Request, handle: str, verb: str) -> HttpResponse:
    """Disconnect the sender at once (`retire`), or connect it again (`restore`)."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    where = f"{_WHERE}/{row.handle}"
    if verb == "retire":
        commands.retire_integration(row.pk, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("Disconnected."), extra_tags=f"undo:{where}/restore")
    else:
        commands.restore_integration(row.pk, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("Connected again, with the key it has."))
    return HttpResponseRedirect(where)


@require_POST
def test(request: Request, handle: str) -> HttpResponse:
    """Send a signal as its sender would, and show its path."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    commands.send_test_signal(row.pk, actor=arrival.actor, at=arrival.at)
    return HttpResponseRedirect(f"{_WHERE}/{row.handle}#path")


@require_POST
def end_test(request: Request, handle: str) -> HttpResponse:
    """Send the signal that ends the test."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    commands.end_test_signal(row.pk, actor=arrival.actor, at=arrival.at)
    return HttpResponseRedirect(f"{_WHERE}/{row.handle}#path")
