"""The delivery log: what became of every message, with its filters in the address."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.delivery import DeliveryState
from muster.core.hold import HoldReason
from muster.core.permissions import Actor, Right
from muster.foundation.access import contact_kinds
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.mobilize.paging.models import Delivery
from muster.mobilize.paging.queries import deliveries
from muster.mobilize.paging.words import STATES, said
from muster.web.screens.parts import may, person_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

Dict = dict[str, Any]
_PAGE = 50
_S = DeliveryState
_SHOWN: dict[str, tuple[DeliveryState, ...]] = {
    "waiting": (_S.QUEUED, _S.SENDING, _S.RETRYING),
    "accepted": (_S.ACCEPTED,),
    "delivered": (_S.DELIVERED,),
    "failed": (_S.FAILED,),
    "ended": (_S.FOLDED, _S.CANCELLED),
}
_OUT = (_S.ACCEPTED, _S.DELIVERED, _S.ACKNOWLEDGED)
"""What was sent, so that an answer can have followed it."""
_GLYPHS = {
    _S.ACCEPTED: "done",
    _S.DELIVERED: "done",
    _S.FAILED: "major",
    _S.RETRYING: "degraded",
    _S.FOLDED: "grouped",
    _S.CANCELLED: "suppressed",
}


@require_safe
def log(request: Request) -> HttpResponse:
    """What was sent, newest first. Who neither responds nor audits sees their own."""
    actor = request.arrival.actor
    asked = {name: request.GET.get(name, "")[:80] for name in ("state", "person", "channel", "before")}
    rows = deliveries(actor)
    if not may(actor, Right.RESPOND) and not may(actor, Right.READ_AUDIT):
        rows = rows.filter(page__person_id=actor.id or 0)
    rows = _narrowed(rows, asked)
    page = list(_of_state(rows, asked["state"], before=asked["before"])[: _PAGE + 1])
    failed = _of_state(rows, "failed").count()
    context = {
        "head": {
            "title": _title(failed),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Delivery log")}],
        },
        "filters": _filters(rows, asked),
        "choices": _choices(actor, asked),
        "kept": {"state": asked["state"]},
        "url": "/deliveries",
        "rows": [_row(row, actor, request.arrival.at) for row in page[:_PAGE]],
        "empty": {"title": _("Nothing was sent."), "fact": _("Messages appear here as they are sent.")},
        "pager": _pager(page, asked),
    }
    return render(request, "screens/deliveries.html", context)


def _narrowed(rows: "QuerySet[Delivery]", asked: dict[str, str]) -> "QuerySet[Delivery]":
    if asked["person"]:
        rows = rows.filter(page__person__handle=asked["person"])
    return rows.filter(kind=asked["channel"]) if asked["channel"] else rows


def _of_state(rows: "QuerySet[Delivery]", state: str, *, before: str = "") -> "QuerySet[Delivery]":
    if state == "answered":
        rows = rows.filter(page__acknowledged_at__isnull=False, state__in=_OUT)
    elif state in _SHOWN:
        rows = rows.filter(state__in=_SHOWN[state])
    return rows.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else rows


def _title(failed: int) -> str:
    if failed:
        return ngettext("%(n)s message failed.", "%(n)s messages failed.", failed) % {"n": failed}
    return _("No message failed.")


def _filters(rows: "QuerySet[Delivery]", asked: dict[str, str]) -> list[Dict]:
    words = [
        ("", _("All")),
        ("waiting", _("Waiting")),
        ("accepted", _("Accepted")),
        ("delivered", _("Delivered")),
        ("answered", _("Acknowledged")),
        ("failed", _("Failed")),
        ("ended", _("Not needed")),
    ]
    return [
        {
            "word": word,
            "url": _address(asked | {"state": state, "before": ""}),
            "count": _of_state(rows, state).count(),
            "chosen": state == asked["state"],
        }
        for state, word in words
    ]


def _address(asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/deliveries?{query}" if query else "/deliveries"


def _choices(actor: Actor, asked: dict[str, str]) -> list[Dict]:
    people = Person.objects.visible_to(actor).order_by("name").values_list("handle", "name")
    kinds = [(form.kind, _(form.name)) for form in contact_kinds.known()]
    listed = [
        ("person", _("Person"), [("", _("Everybody")), *people]),
        ("channel", _("Channel"), [("", _("Every channel")), *kinds]),
    ]
    return [
        {
            "name": name,
            "label": label,
            "kind": "select",
            "options": [{"value": v, "word": word, "chosen": v == asked[name]} for v, word in options],
        }
        for name, label, options in listed
    ]


def _row(row: Delivery, actor: Actor, at: datetime) -> Dict:
    state = DeliveryState(row.state)
    answered = row.page.acknowledged_at if state in _OUT else None
    reason = said(row.reason) if row.reason else ""
    waits = row.due_at if state in (_S.QUEUED, _S.RETRYING) and row.due_at > at else None
    return {
        "key": row.public_id,
        "glyph": "met" if answered else _GLYPHS.get(state, "todo"),
        "person": person_of(row.page.person, actor),
        "contact": row.contact.name,
        "url": f"/pages/{row.page.public_id}",
        "page": row.page.public_id,
        "state": _("acknowledged") if answered else str(STATES[state]),
        "reason": reason,
        "waits_until": waits,
        "held": _held(row) if not waits and state in _OUT else None,
        "created_at": row.created_at,
        "accepted_at": row.accepted_at,
        "answered_at": answered,
        "attempts": row.attempts,
    }


def _held(row: Delivery) -> Any:
    """That the person's hours held it, where they did: a late message is explained, not excused."""
    if row.page.begins_at is None:
        return None
    why = {
        HoldReason.QUIET_HOURS: _("held until their quiet hours ended, "),
        HoldReason.OUTSIDE_WORKING_HOURS: _("held until their working hours began, "),
    }
    words = why.get(HoldReason(row.page.held), "")
    return [words, {"at": row.page.begins_at, "style": "short"}]


def _pager(page: list[Delivery], asked: dict[str, str]) -> Dict | None:
    if len(page) <= _PAGE:
        return None
    return {"older_url": _address(asked | {"before": str(page[_PAGE - 1].pk)})}
