"""Integrations: who may send signals and to which service; a key is shown once."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.permissions import Actor, Right
from muster.core.ports.source_form import EXAMPLE_MAILBOX, KEY_PLACEHOLDER, Setting, SourceForm
from muster.core.refusal import Refused
from muster.detect import commands, source_kinds
from muster.detect.commands import META_SERVICE
from muster.detect.models import Integration
from muster.detect.queries import integration_of, integrations, shown_mapping
from muster.detect.reasons import Detect
from muster.foundation.access.requests import Request, base_url
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle, every
from muster.foundation.catalog.reasons import Invalid, NotFound, Taken
from muster.foundation.timeline.queries import events_of
from muster.web.screens.entries import entries
from muster.web.screens.parts import may
from muster.web.screens.refused import Wrong, drawn_again, wrong_at

_EVENTS = 12
_FIELDS = {
    Invalid.HANDLE: "handle",
    Taken.HANDLE: "handle",
    Detect.INTEGRATION_KIND: "kind",
    Detect.SERVICE_RETIRED: "service",
    NotFound.SERVICE: "service",
}
"""Which field each refusal is about."""


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: Request) -> HttpResponse:
    """The ways in, those never heard from first; POST makes one and shows its key this once.

    Raises:
        Refused: not the service's team manager or an admin. What is wrong with the form is said at its field.
    """
    if request.method != "POST":
        return _listed(request)
    try:
        return _listed(request, secret=_add(request))
    except Refused as refused:
        return _listed(request, wrong=wrong_at(request, refused, _FIELDS))


def _listed(
    request: Request, *, secret: dict[str, str] | None = None, wrong: Wrong | None = None
) -> HttpResponse:
    actor = request.arrival.actor
    rows = integrations(actor).select_related("service").filter(retired_at__isnull=True)
    quiet = [row for row in rows if row.last_seen_at is None]
    heard = [row for row in rows if row.last_seen_at is not None]
    groups = [
        {"title": _("Never heard from"), "rows": [_row(row) for row in quiet]},
        {"title": _("Sending"), "rows": [_row(row) for row in heard]},
    ]
    count = len(quiet) + len(heard)
    services = _services(actor)
    context = {
        "head": {
            "title": ngettext("%(n)s sender is connected.", "%(n)s senders are connected.", count)
            % {"n": count},
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Integrations")}],
        },
        "banners": [],
        "search": None,
        "groups": [group for group in groups if group["rows"]],
        "empty": {
            "title": _("No sender is connected."),
            "fact": _("Connect Alertmanager, or anything that can post JSON, to a service."),
        },
        "form": _form(services, wrong) if services else None,
        "secret": secret,
    }
    status = wrong.status if wrong is not None else 200
    return render(request, "settings/list.html", context, status=status)


def _services(actor: Actor) -> list[Service]:
    """The services to which this actor may connect senders."""
    return [
        row
        for row in every(Service, actor=actor)
        if row.handle != META_SERVICE and may(actor, Right.EDIT_TEAM, team=row.team_id)
    ]


def _row(row: Integration) -> dict[str, Any]:
    seen: Any = (
        [_("heard "), {"at": row.last_seen_at, "style": "relative"}] if row.last_seen_at else _("nothing yet")
    )
    return {
        "title": f"{_kind(row.kind)}: {row.service.name}",
        "url": f"/settings/integrations/{row.handle}",
        "second": row.handle,
        "glyph": {"icon": "plug"},
        "end": seen,
        "chevron": True,
    }


def _kind(kind: str) -> str:
    source = source_kinds.source_of(kind)
    return _(source.form.name) if source is not None else kind


def _form(services: list[Service], wrong: Wrong | None) -> dict[str, Any]:
    kinds = [{"value": one.form.kind, "word": _(one.form.name)} for one in source_kinds.known()]
    homes = [{"value": row.handle, "word": row.name} for row in services]
    fields: list[dict[str, Any]] = [
        {"name": "kind", "label": _("What sends"), "kind": "select", "options": kinds},
        {"name": "service", "label": _("Its home service"), "kind": "select", "options": homes},
        {
            "name": "handle",
            "label": _("Handle"),
            "required": True,
            "placeholder": "checkout-alertmanager",
            "hint": _("Its name in files and addresses, for ever: a-z, 0-9 and -."),
        },
    ]
    return {
        "title": _("Connect a sender"),
        "url": "/settings/integrations",
        "label": _("Connect it"),
        "open": wrong is not None,
        "form": drawn_again(fields, wrong),
    }


def _add(request: Request) -> dict[str, str]:
    arrival = request.arrival
    service = by_handle(Service, request.POST.get("service", ""), actor=arrival.actor)
    row, key = commands.add_integration(
        actor=arrival.actor,
        at=arrival.at,
        handle=request.POST.get("handle", "").strip(),
        kind=request.POST.get("kind", ""),
        service_id=service.pk,
    )
    return _secret(row, key, request)


def _secret(row: Integration, key: str, request: Request) -> dict[str, str]:
    return {
        "word": _("Copy this into the sender"),
        "value": _config(row, request, key),
        "note": _("the key is shown this once"),
    }


def _config(row: Integration, request: Request, key: str | None = None) -> str:
    source = source_kinds.source_of(row.kind)
    base = base_url(request)
    if source is None:
        return ""
    mailbox = settings.ALERT_MAILBOX or EXAMPLE_MAILBOX
    return source.form.connect_text(base, key or KEY_PLACEHOLDER, mailbox)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, handle: str) -> HttpResponse:
    """One way in, with what to copy into the sender; POST tells it what it needs beside the key.

    Raises:
        Refused: there is no such integration, or somebody else manages it. What is wrong is said in the form.
    """
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    if request.method != "POST":
        return _shown(request, row, [])
    try:
        commands.change_integration(
            row.pk, {"mapping": _mapping(request, row)}, actor=arrival.actor, at=arrival.at
        )
    except Refused as refused:
        first = next((one.name for one in _settings(row)), "")
        return _shown(request, row, [], wrong_at(request, refused, {Detect.MAPPING_INVALID: first}))
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(f"/settings/integrations/{row.handle}")


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


def _telling(row: Integration, wrong: Wrong | None) -> list[dict[str, Any]]:
    """The form for what a kind may be told; none where the key is all."""
    told = shown_mapping(row)
    fields: list[dict[str, Any]] = [
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
            "url": f"/settings/integrations/{row.handle}",
            "form": drawn_again(fields, wrong),
            "label": _("Save"),
            "open": wrong is not None,
            "danger": False,
        }
    ]


def _shown(
    request: Request, row: Integration, secrets: list[dict[str, Any]], wrong: Wrong | None = None
) -> HttpResponse:
    actor = request.arrival.actor
    source = source_kinds.source_of(row.kind)
    allowed = may(actor, Right.EDIT_TEAM, team=row.service.team_id)
    config = {
        "title": _("What to copy into the sender"),
        "second": _("put the key in its place"),
        "text": _told(source.form) if source is not None else "",
        "code": _config(row, request),
    }
    context = {
        "head": {
            "title": f"{_kind(row.kind)}: {row.service.name}",
            "trail": [{"word": _("Integrations"), "url": "/settings/integrations"}, {"word": row.handle}],
        },
        "banners": _retired(row),
        "facts": [
            {"word": _("Service"), "value": row.service.name, "url": f"/services/{row.service.handle}"},
            {
                "word": _("Last heard"),
                "value": [{"at": row.last_seen_at, "style": "relative"}] if row.last_seen_at else _("never"),
            },
            {"word": _("Handle"), "value": row.handle, "code": True},
        ],
        "sections": secrets or [config],
        "aside": [],
        "forms": [*_telling(row, wrong), *_forms(row)] if allowed and row.retired_at is None else [],
        "entries": entries(events_of(f"integration:{row.pk}", actor).order_by("-id")[:_EVENTS], actor),
    }
    return render(request, "settings/detail.html", context, status=wrong.status if wrong is not None else 200)


def _retired(row: Integration) -> list[dict[str, Any]]:
    if row.retired_at is None:
        return []
    return [{"bold": _("Disconnected."), "text": _("Its key is refused."), "kind": "line"}]


def _forms(row: Integration) -> list[dict[str, Any]]:
    where = f"/settings/integrations/{row.handle}"
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
            "danger": True,
        },
    ]


@require_POST
def rotate(request: Request, handle: str) -> HttpResponse:
    """Make a new key, shown this once."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    secret = _secret(row, commands.rotate_key(row.pk, actor=arrival.actor, at=arrival.at), request)
    shown = {"title": secret["word"], "second": secret["note"], "code": secret["value"]}
    return _shown(request, row, [shown])


@require_POST
def retire(request: Request, handle: str) -> HttpResponse:
    """Disconnect the sender at once."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    commands.retire_integration(row.pk, actor=arrival.actor, at=arrival.at)
    messages.success(request, _("Disconnected."))
    return HttpResponseRedirect(f"/settings/integrations/{row.handle}")
