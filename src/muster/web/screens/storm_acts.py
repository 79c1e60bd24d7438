"""A storm: what people do to its groups, whole groups at a time, each with its undo."""

from collections.abc import Iterable, Mapping

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from muster.core.lifecycle import Verb
from muster.core.refusal import Refused
from muster.evaluate.commands import ATTACHED_AT_ONCE, attach_groups, detach_groups
from muster.evaluate.queries import incident_of, number_of
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.mobilize.escalation.commands import act_on_groups
from muster.web.screens.storm_rows import ADDRESS

_SAID = 3
"""So many reasons why not are said: messages travel in a cookie."""


@require_POST
def act(request: Request) -> HttpResponse:
    """Acknowledge whole groups or attach them to an incident; afterwards the list they came from."""
    actor, at, said = request.arrival.actor, request.arrival.at, request.POST
    numbers = _numbers(said.getlist("group"))
    if said.get("verb") == "attach":
        incident = incident_of(actor, said.get("incident", ""))
        attached = attach_groups(numbers, incident.pk, actor=actor, at=at)
        done, left = attached.done, attached.left
        words = ngettext(
            "%(n)s group belongs to %(to)s now.", "%(n)s groups belong to %(to)s now.", len(done)
        )
        sentence = words % {"n": len(done), "to": incident.public_id}
        undone = _undo("attach", done, incident=incident.public_id)
    else:
        taken = act_on_groups(numbers, Verb.ACKNOWLEDGE, actor=actor, at=at)
        done, left = taken.done, taken.left
        words = ngettext("You have %(n)s group. Nobody else is woken.", "You have %(n)s groups.", len(done))
        sentence, undone = words % {"n": len(done)}, _undo("acknowledge", done)
    _tell(request, sentence if done else "", undone, left)
    return HttpResponseRedirect(_back(said))


@require_POST
def undo(request: Request) -> HttpResponse:
    """Take back what was just done: give the groups back, or detach them."""
    actor, at, said = request.arrival.actor, request.arrival.at, request.GET
    numbers = _numbers(said.get("groups", "").split("-"))
    if said.get("verb") == "attach":
        incident = incident_of(actor, said.get("incident", ""))
        left = detach_groups(numbers, incident.pk, actor=actor, at=at).left
        sentence = _("They do not belong to %(incident)s any more.") % {"incident": incident.public_id}
    else:
        left = act_on_groups(numbers, Verb.UNACKNOWLEDGE, actor=actor, at=at).left
        sentence = _("Given back. It pages again from the first step.")
    _tell(request, sentence if len(left) < len(numbers) else "", "", left)
    return HttpResponseRedirect(ADDRESS)


def _numbers(said: Iterable[str]) -> list[int]:
    found = [number_of(text, "GRP-") for text in said]
    return [one for one in dict.fromkeys(found) if one is not None][:ATTACHED_AT_ONCE]


def _undo(verb: str, done: Iterable[int], **more: str) -> str:
    """What the toast's Undo posts to: it names what was done, so that nothing else is undone."""
    facts = {"verb": verb, "groups": "-".join(str(one) for one in done)} | more
    return f"undo:{ADDRESS}/undo?{urlencode(facts)}"


def _tell(request: Request, sentence: str, undone: str, left: Mapping[int, Refused]) -> None:
    if sentence:
        messages.success(request, sentence, extra_tags=undone)
    for refused in list(left.values())[:_SAID]:
        messages.warning(request, told(refused).sentence)


def _back(said: QueryDict) -> str:
    """The list they came from: an address of this screen, whatever the form says."""
    back = said.get("back", "")
    return back if back == ADDRESS or back.startswith(f"{ADDRESS}?") else ADDRESS
