"""Integrations: who may send signals and to which service, and how each does; a key is shown once."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from muster.core.permissions import Actor, Right
from muster.core.ports.source_form import EXAMPLE_MAILBOX, KEY_PLACEHOLDER
from muster.core.refusal import Refused
from muster.detect import commands, source_kinds
from muster.detect.commands import META_SERVICE
from muster.detect.models import Integration
from muster.detect.queries import integrations
from muster.detect.queries_traffic import traffic_of
from muster.detect.reasons import Detect
from muster.foundation.access.requests import Request, base_url
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle, every
from muster.foundation.catalog.reasons import Invalid, NotFound, Taken
from muster.web.screens.parts import may
from muster.web.screens.refused import Wrong, drawn_again, wrong_at
from muster.web.screens.sender_health import row_of, title

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
    """The ways in, those gone quiet first; POST makes one and shows its key this once.

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
    actor, at = request.arrival.actor, request.arrival.at
    is_off = request.GET.get("off") == "1"
    every_one = list(integrations(actor))
    rows = [row for row in every_one if (row.retired_at is not None) == is_off]
    figures = traffic_of(rows, at)
    rows.sort(key=lambda row: (figures[row.pk].doing.rank, row.handle))
    services = _services(actor)
    context = {
        "head": {
            "title": _("Disconnected senders") if is_off else title([figures[row.pk] for row in rows]),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Integrations")}],
        },
        "filters": _filters(every_one, is_off=is_off),
        "rows": [row_of(row, figures[row.pk]) for row in rows],
        "empty": {
            "title": _("No sender is disconnected.") if is_off else _("No sender is connected."),
            "fact": _("Connect Alertmanager, or anything that can post JSON, to a service."),
        },
        "form": _form(services, wrong) if services and not is_off else None,
        "secret": secret,
    }
    status = wrong.status if wrong is not None else 200
    return render(request, "settings/integrations.html", context, status=status)


def _filters(rows: list[Integration], *, is_off: bool) -> list[dict[str, Any]]:
    off = sum(row.retired_at is not None for row in rows)
    if not off and not is_off:
        return []
    where = "/settings/integrations"
    return [
        {"word": _("In use"), "url": where, "count": len(rows) - off, "chosen": not is_off},
        {"word": _("Disconnected"), "url": f"{where}?off=1", "count": off, "chosen": is_off},
    ]


def _services(actor: Actor) -> list[Service]:
    """The services to which this actor may connect senders."""
    return [
        row
        for row in every(Service, actor=actor)
        if row.handle != META_SERVICE and may(actor, Right.EDIT_TEAM, team=row.team_id)
    ]


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
    return secret_of(row, key, request)


def secret_of(row: Integration, key: str, request: Request) -> dict[str, str]:
    """What to copy into the sender, with a new key: shown this once."""
    return {
        "word": _("Copy this into the sender"),
        "value": connect_text(row, request, key),
        "note": _("the key is shown this once"),
    }


def connect_text(row: Integration, request: Request, key: str | None = None) -> str:
    """The configuration to copy into a sender; without the key a placeholder stands in its place."""
    source = source_kinds.source_of(row.kind)
    if source is None:
        return ""
    mailbox = settings.ALERT_MAILBOX or EXAMPLE_MAILBOX
    return source.form.connect_text(base_url(request), key or KEY_PLACEHOLDER, mailbox)
