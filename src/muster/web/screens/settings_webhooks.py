"""Webhooks: machines that a step of a policy tells; a secret is shown once."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.delivery import DeliveryState
from muster.core.permissions import Right
from muster.core.refusal import Refused
from muster.foundation.access.requests import Request
from muster.foundation.catalog import pointers
from muster.foundation.catalog.commands import restore, retire
from muster.foundation.catalog.reasons import Invalid, Taken
from muster.foundation.timeline.queries import events_of
from muster.mobilize.paging import commands, words
from muster.mobilize.paging.models import Post, Webhook
from muster.mobilize.paging.queries import posts_to, webhook_of, webhooks
from muster.mobilize.paging.reasons import Paging
from muster.web.screens.entries import entries
from muster.web.screens.parts import count_words, may
from muster.web.screens.refused import Wrong, drawn_again, wrong_at

_SHOWN = 12
_FIELDS = {
    Invalid.HANDLE: "handle",
    Taken.HANDLE: "handle",
    Invalid.NAME: "name",
    Paging.WEBHOOK_INVALID: "url",
}
"""Which field each refusal is about."""


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: Request) -> HttpResponse:
    """The webhooks; POST makes one and shows its secret this once.

    Raises:
        Refused: not an admin. What is wrong with the form is said at its field.
    """
    if request.method != "POST":
        return _listed(request)
    said, arrival = request.POST, request.arrival
    try:
        row = commands.add_webhook(
            actor=arrival.actor,
            at=arrival.at,
            handle=said.get("handle", "").strip(),
            name=said.get("name", "").strip(),
            url=said.get("url", "").strip(),
        )
    except Refused as refused:
        return _listed(request, wrong=wrong_at(request, refused, _FIELDS))
    return _listed(request, secret=str(row.target["secret"]))


def _listed(request: Request, *, secret: str | None = None, wrong: Wrong | None = None) -> HttpResponse:
    actor = request.arrival.actor
    rows = list(webhooks(actor))
    live = [row for row in rows if row.retired_at is None]
    groups = [
        {"title": _("In use"), "rows": [_row(row) for row in live]},
        {"title": _("Out of use"), "rows": [_row(row) for row in rows if row.retired_at is not None]},
    ]
    title = count_words(len(live), _("webhook can be told."), _("webhooks can be told."))
    context = {
        "head": {
            "title": title,
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Webhooks")}],
        },
        "banners": [],
        "search": None,
        "groups": [group for group in groups if group["rows"]],
        "empty": {
            "title": _("No machine is told anything."),
            "fact": _("A step of a policy may tell one that restarts a service, or switches a light on."),
        },
        "form": _new(wrong) if may(actor, Right.CONFIGURE) else None,
        "secret": _once(secret) if secret is not None else None,
    }
    return render(request, "settings/list.html", context, status=wrong.status if wrong is not None else 200)


def _row(row: Webhook) -> dict[str, Any]:
    return {
        "title": row.name,
        "url": f"/settings/webhooks/{row.handle}",
        "second": f"webhook:{row.handle}, {row.host}",
        "glyph": {"icon": "webhook"},
        "chevron": True,
    }


def _once(secret: str) -> dict[str, str]:
    return {
        "word": _("Give this secret to the receiver"),
        "value": secret,
        "note": _("it is shown this once"),
    }


def _new(wrong: Wrong | None) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {
            "name": "name",
            "label": _("Name"),
            "required": True,
            "placeholder": _("Restart the worker"),
        },
        {
            "name": "handle",
            "label": _("Handle"),
            "required": True,
            "placeholder": "restart-worker",
            "hint": _("Its name in policies and files, for ever: a-z, 0-9 and -."),
        },
        _address(required=True),
    ]
    return {
        "title": _("Add a webhook"),
        "url": "/settings/webhooks",
        "label": _("Add it"),
        "open": wrong is not None,
        "form": drawn_again(fields, wrong),
    }


def _address(*, required: bool) -> dict[str, Any]:
    hint = _("Each post is signed, in the form of Standard Webhooks.")
    return {
        "name": "url",
        "label": _("Address"),
        "kind": "url",
        "required": required,
        "placeholder": "https://example.com/muster",
        "hint": hint if required else _("Only if it changes: the present one is not shown."),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, handle: str) -> HttpResponse:
    """One webhook: who names it, what it was told; POST changes it.

    Raises:
        Refused: there is no such webhook, or not an admin. What is wrong is said at its field.
    """
    arrival = request.arrival
    row = webhook_of(arrival.actor, handle)
    if request.method != "POST":
        return _shown(request, row)
    changes = {name: said for name in ("name", "url") if (said := request.POST.get(name, "").strip())}
    try:
        commands.change_webhook(row.pk, changes, actor=arrival.actor, at=arrival.at)
    except Refused as refused:
        return _shown(request, row, wrong=wrong_at(request, refused, _FIELDS))
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(f"/settings/webhooks/{row.handle}")


def _shown(
    request: Request, row: Webhook, *, secret: str | None = None, wrong: Wrong | None = None
) -> HttpResponse:
    actor = request.arrival.actor
    allowed = may(actor, Right.CONFIGURE)
    told = [_told(post) for post in posts_to(actor, row)[:_SHOWN]]
    once = _once(secret) if secret is not None else None
    context = {
        "head": {
            "title": row.name,
            "trail": [{"word": _("Webhooks"), "url": "/settings/webhooks"}, {"word": row.handle}],
        },
        "banners": _retired(row),
        "facts": [
            {"word": _("Host"), "value": row.host},
            {"word": _("In a policy"), "value": f"webhook:{row.handle}", "code": True},
            {"word": _("Named by"), "value": ", ".join(pointers.pointing_at(row)) or _("no policy yet")},
        ],
        "sections": [
            *([{"title": once["word"], "second": once["note"], "code": once["value"]}] if once else []),
            {"title": _("What it was told"), "rows": told, "text": "" if told else _("Nothing yet.")},
        ],
        "aside": [],
        "lead": _back(row) if allowed and row.retired_at is not None else [],
        "forms": _forms(row, wrong) if allowed and row.retired_at is None else [],
        "entries": entries(events_of(f"webhook:{row.pk}", actor).order_by("-id")[:_SHOWN], actor),
    }
    return render(request, "settings/detail.html", context, status=wrong.status if wrong is not None else 200)


def _told(post: Post) -> dict[str, Any]:
    why = f" ({words.said(post.reason)})" if post.reason else ""
    return {
        "title": _("Step %(n)s about %(about)s") % {"n": post.step, "about": post.about.replace(":", " ")},
        "second": f"{words.STATES[DeliveryState(post.state)]}{why}",
        "glyph": {"icon": "webhook"},
        "end": [{"at": post.created_at, "style": "relative"}],
    }


def _retired(row: Webhook) -> list[dict[str, Any]]:
    if row.retired_at is None:
        return []
    return [{"bold": _("Out of use."), "text": _("It is told nothing."), "kind": "line"}]


def _back(row: Webhook) -> list[dict[str, Any]]:
    label = _("Bring it back")
    return [{"title": label, "url": f"/settings/webhooks/{row.handle}/restore", "form": [], "label": label}]


def _forms(row: Webhook, wrong: Wrong | None) -> list[dict[str, Any]]:
    where = f"/settings/webhooks/{row.handle}"
    fields = [{"name": "name", "label": _("Name"), "value": row.name}, _address(required=False)]
    return [
        {
            "title": _("Change it"),
            "url": where,
            "form": drawn_again(fields, wrong),
            "label": _("Save"),
            "open": wrong is not None,
        },
        {
            "title": _("Make a new secret"),
            "url": f"{where}/rotate",
            "form": [],
            "notes": [_("What is told from then on is signed with the new one only.")],
            "label": _("Make a new secret"),
        },
        {
            "title": _("Take it out of use"),
            "url": f"{where}/retire",
            "form": [],
            "notes": [_("It can be brought back. Not while a policy names it.")],
            "label": _("Take it out of use"),
        },
    ]


@require_POST
def rotate_secret(request: Request, handle: str) -> HttpResponse:
    """Make a new secret, shown this once."""
    arrival = request.arrival
    row = webhook_of(arrival.actor, handle)
    return _shown(request, row, secret=commands.rotate_secret(row.pk, actor=arrival.actor, at=arrival.at))


@require_POST
def turn(request: Request, handle: str, verb: str) -> HttpResponse:
    """Take it out of use (`retire`), or bring it back (`restore`)."""
    arrival = request.arrival
    act, said = (retire, _("Out of use.")) if verb == "retire" else (restore, _("It is back."))
    act(Webhook, webhook_of(arrival.actor, handle).pk, actor=arrival.actor, at=arrival.at)
    messages.success(request, said)
    return HttpResponseRedirect(f"/settings/webhooks/{handle}")
