"""What the lists of alerts show, and for how long a person may snooze from them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from muster.core.inbox import InboxState, asked_of
from muster.core.permissions import Actor
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import incidents, number_of
from muster.foundation.access.requests import Request
from muster.web.screens.parts import person_of

RowT = TypeVar("RowT", bound=Model)

_SNOOZES = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "1d": timedelta(days=1)}
_OF_GROUPS = {
    "service": "service__handle",
    "team": "service__team__handle",
    "urgency": "urgency",
    "incident": "incident",
}
OF_ALERTS = {
    "service": "service__handle",
    "team": "service__team__handle",
    "urgency": "decision__urgency",
    "incident": "decision__group__incident",
}
"""Where the terms of a search stand, for alerts instead of groups."""

STATE_WORDS: Mapping[InboxState, Any] = {
    InboxState.OPEN: _("Open"),
    InboxState.TRIGGERED: _("Needs somebody"),
    InboxState.MINE: _("Mine"),
    InboxState.HELD: _("Held back"),
    InboxState.ALL: _("All"),
}
"""The lists of the inbox."""


def searched(
    rows: "QuerySet[RowT]", words: str, actor: Actor, places: Mapping[str, str] = _OF_GROUPS
) -> "QuerySet[RowT]":
    """Of these rows, what a search asks for: `service:checkout timeout`, or `INC-7`."""
    asked = asked_of(words)
    for term, values in asked.terms.items():
        rows = rows.filter(**{f"{places[term]}__in": values})
    for word in asked.words:
        number = number_of(word, "INC-") if word.upper().startswith("INC-") else None
        if number is None:
            rows = rows.filter(summary__icontains=word)
        else:
            rows = rows.filter(**{f"{places['incident']}__in": incidents(actor).filter(pk=number).order_by()})
    return rows


def filtered(rows: "QuerySet[AlertGroup]", state: str, words: str, actor: Actor) -> "QuerySet[AlertGroup]":
    """What a list of this name shows, of these rows."""
    rows = searched(rows, words, actor)
    if state == "triggered":
        return rows.filter(state="triggered", held_back=False)
    if state == "mine":
        return rows.filter(acknowledged_by_id=actor.id).exclude(state="resolved")
    return rows if state == "all" else rows.exclude(state="resolved")


def group_row(group: AlertGroup, alerts: int, actor: Actor, *, in_shown: bool) -> dict[str, Any]:
    """What every list says of a group with so many alerts; `in_shown`: its incident may be named."""
    reasons: list[dict[str, Any]] = []
    if in_shown:
        url = f"/incidents/INC-{group.incident_id}"
        reasons.append({"text": _("in INC-%(n)s") % {"n": group.incident_id}, "icon": "flame", "url": url})
    if alerts > 1:
        text = ngettext("%(n)s alert, one page", "%(n)s alerts, one page", alerts) % {"n": alerts}
        reasons.append({"text": text, "kind": "reason", "icon": "layers"})
    return {
        "key": group.public_id,
        "state": "suppressed" if group.held_back and group.state == "triggered" else group.state,
        "title": group.summary,
        "url": f"/alerts/{group.public_id}",
        "service": group.service.handle,
        "team": group.service.team.name if group.service.team is not None else "",
        "reasons": reasons,
        "owner": person_of(group.acknowledged_by, actor),
    }


def snooze_of(request: Request) -> timedelta:
    """For how long, of the few choices there are."""
    return _SNOOZES.get(request.POST.get("for", ""), timedelta(hours=1))
