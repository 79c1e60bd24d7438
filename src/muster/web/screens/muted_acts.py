"""What is muted ends early or later, by a press and with its undo."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.evaluate import commands
from muster.evaluate.models import Rule, Silence
from muster.evaluate.muted import Muting, muted_now
from muster.evaluate.queries import number_of, rule_of, silence_of
from muster.evaluate.reasons import Evaluate
from muster.foundation.access.requests import Request

ADDRESS = "/alerts/muted"
_LONGER = timedelta(hours=1)


def actions_of(one: Muting) -> list[dict[str, Any]]:
    """An hour longer, or no longer."""
    fields = {"by": one.by, "start": one.start.isoformat()}
    return [
        {"label": word, "url": f"{ADDRESS}/act", "small": True, "fields": fields | {"verb": verb}}
        for verb, word in (("extend", _("1 h longer")), ("end", _("End it now")))
    ]


@require_POST
def act(request: Request) -> HttpResponse:
    """End what is in force now, or let it go on for an hour more.

    Raises:
        Refused: not a responder; it is over already.
    """
    actor, at, said = request.arrival.actor, request.arrival.at, request.POST
    start = _moment(said, "start")
    going = [one for one in muted_now(actor, at) if one.by == said.get("by") and one.start == start]
    if not going:
        raise Refused(Evaluate.MUTING_OVER)
    one = going[0]
    row: Rule | Silence
    if said.get("verb") == "extend":
        row = _move(_row(one.by, actor), one.start, one.end + _LONGER, actor, at)
        sentence = _("It goes on for an hour more.")
    else:
        if one.is_silence:
            row = commands.end_silence(int(one.key), actor=actor, at=at)
        else:
            row = _move(_row(one.by, actor), one.start, at, actor, at)
        sentence = _("Ended. What it held back is decided anew.")
    undone = f"undo:{ADDRESS}/undo?{urlencode(_facts(one, row))}"
    messages.success(request, sentence, extra_tags=undone)
    return HttpResponseRedirect(ADDRESS)


@require_POST
def undo(request: Request) -> HttpResponse:
    """Let it end when it would have.

    Raises:
        Refused: not a responder; that time is past, or somebody has changed it since.
    """
    actor, at, said = request.arrival.actor, request.arrival.at, request.GET
    row = _row(said.get("by", ""), actor)
    if str(row.last_event_id) != said.get("left"):
        raise Refused(Evaluate.MUTING_OVER)
    if isinstance(row, Silence) and row.ended_at is not None:
        commands.restore_silence(row.pk, actor=actor, at=at)
    else:
        _move(row, _moment(said, "start"), _moment(said, "end"), actor, at)
    messages.success(request, _("It ends when it would have."))
    return HttpResponseRedirect(ADDRESS)


def _facts(one: Muting, row: Rule | Silence) -> dict[str, str]:
    """What it was, and the event that the act left: undo takes back that one and nobody else's."""
    left = str(row.last_event_id)
    return {"by": one.by, "start": one.start.isoformat(), "end": one.end.isoformat(), "left": left}


def _row(by: str, actor: Actor) -> Rule | Silence:
    kind, _colon, key = by.partition(":")
    return silence_of(actor, number_of(key) or 0) if kind == "silence" else rule_of(actor, key)


def _move(row: Rule | Silence, start: datetime, end: datetime, actor: Actor, at: datetime) -> Rule | Silence:
    if isinstance(row, Silence):
        return commands.move_silence_end(row.pk, end, actor=actor, at=at)
    return commands.move_work_end(row.pk, start, end, actor=actor, at=at)


def _moment(said: QueryDict, name: str) -> datetime:
    """A moment that our own form said; anything else is of nothing that is in force."""
    try:
        found = datetime.fromisoformat(said.get(name, ""))
    except ValueError:
        raise Refused(Evaluate.MUTING_OVER) from None
    if found.tzinfo is None:
        raise Refused(Evaluate.MUTING_OVER)
    return found
