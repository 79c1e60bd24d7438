"""Alerts: one act on many groups, those that were ticked or all that the list shows.

All are done some hundreds at a time, so that each step is short: the browser asks for the next ones and shows
how far it is; without its script, the button is pressed again.
"""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from muster.core.inbox import address
from muster.core.lifecycle import AlertState, Verb
from muster.core.permissions import Actor, Right
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import groups, number_of
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.mobilize.escalation import commands
from muster.web.screens.alert_lists import filtered, snooze_of
from muster.web.screens.parts import may

_STATES = {
    Verb.ACKNOWLEDGE: (AlertState.TRIGGERED,),
    Verb.UNACKNOWLEDGE: (AlertState.ACKNOWLEDGED,),
    Verb.SNOOZE: (AlertState.TRIGGERED, AlertState.ACKNOWLEDGED),
    Verb.RESOLVE: (AlertState.TRIGGERED, AlertState.ACKNOWLEDGED),
}
"""To what each verb applies, of all that a list shows."""


_SAID = 3
"""So many reasons why not are said: messages travel in a cookie."""


@require_POST
def act_on_many(request: Request) -> HttpResponse:
    """Do one thing to many groups; afterwards the list they came from, or where to go on for the script."""
    actor, at, said = request.arrival.actor, request.arrival.at, request.POST
    verb = next((one for one in commands.VERBS if one.value == said.get("verb")), None)
    if verb is None:
        return HttpResponseRedirect(_back(said))
    numbers = _next(said, verb, actor) if said.get("every") else _ticked(said)
    until = at + snooze_of(request) if verb is Verb.SNOOZE else None
    found = commands.act_on_groups(numbers, verb, actor=actor, at=at, until=until)
    left = _matching(said, verb, actor, numbers[-1]).count() if said.get("every") and numbers else 0
    if not left or "X-Bulk" not in request.headers:
        before = number_of(said.get("so_far", "")) or 0
        messages.success(request, _done(verb, len(found.done) + before, left))
        for refused in list(found.left.values())[:_SAID]:
            messages.warning(request, told(refused).sentence)
    if "X-Bulk" not in request.headers:
        return HttpResponseRedirect(_back(said))
    return JsonResponse({"done": len(found.done), "left": left, "after": numbers[-1] if left else None})


def toolbar(actor: Actor, state: str, words: str, count: int) -> dict[str, Any] | None:
    """What may be done to what is ticked; nothing for whoever may not, and where nothing is open."""
    if not count or state == "held" or not may(actor, Right.RESPOND):
        return None
    verbs = [
        (Verb.ACKNOWLEDGE, _("Acknowledge")),
        (Verb.SNOOZE, _("Snooze 1 h")),
        (Verb.RESOLVE, _("Resolve")),
    ]
    if state == "mine":
        verbs[0] = (Verb.UNACKNOWLEDGE, _("Give back"))
    return {
        "url": "/alerts/bulk",
        "state": state,
        "search": words,
        "count": count,
        "verbs": [
            {
                "name": verb.value,
                "label": label,
                "confirm": _("Resolve them? They cannot be opened again; what fires again opens another.")
                if verb is Verb.RESOLVE
                else "",
            }
            for verb, label in verbs
        ],
    }


def _ticked(said: QueryDict) -> list[int]:
    numbers = [number_of(text, "GRP-") for text in said.getlist("group")]
    return [one for one in dict.fromkeys(numbers) if one is not None][: commands.AT_ONCE]


def _next(said: QueryDict, verb: Verb, actor: Actor) -> list[int]:
    rows = _matching(said, verb, actor, number_of(said.get("after", "")))
    return list(rows.values_list("pk", flat=True)[: commands.AT_ONCE])


def _matching(said: QueryDict, verb: Verb, actor: Actor, after: int | None) -> "QuerySet[AlertGroup]":
    """All of the list to which this may be done, newest first, from where we are."""
    rows = filtered(groups(actor), said.get("state", "open"), said.get("q", ""), actor)
    rows = rows.filter(state__in=_STATES[verb])
    return rows.filter(pk__lt=after) if after is not None else rows


def _back(said: QueryDict) -> str:
    return address(said.get("state", "open"), said.get("q", ""))


def _done(verb: Verb, count: int, left: int) -> str:
    words = {
        Verb.ACKNOWLEDGE: ngettext("You have %(n)s group.", "You have %(n)s groups.", count),
        Verb.UNACKNOWLEDGE: ngettext("%(n)s group is given back.", "%(n)s groups are given back.", count),
        Verb.SNOOZE: ngettext("%(n)s group is snoozed.", "%(n)s groups are snoozed.", count),
        Verb.RESOLVE: ngettext("%(n)s group is resolved.", "%(n)s groups are resolved.", count),
    }
    done = words[verb] % {"n": count}
    return f"{done} {_('%(n)s are left: press again.') % {'n': left}}" if left else done
