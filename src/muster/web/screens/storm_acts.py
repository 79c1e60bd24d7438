"""A storm: what people do to its groups, whole groups at a time, each with its undo."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from muster.core.lifecycle import AlertState, Verb
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.evaluate.commands import ATTACHED_AT_ONCE, attach_groups, detach_groups
from muster.evaluate.queries import groups, incident_of, number_of
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.mobilize.escalation.commands import act_on_groups, already_acknowledged
from muster.mobilize.escalation.queries import latest_of
from muster.mobilize.escalation.showing import people_missing
from muster.web.screens.parts import names
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
        mine = set(_held_by_them(actor, taken.done))
        done, left = tuple(one for one in taken.done if one in mine), taken.left
        words = ngettext("You have %(n)s group. Nobody else is woken.", "You have %(n)s groups.", len(done))
        sentence, undone = words % {"n": len(done)}, _undo("acknowledge", done)
        _tell_of_others(request, [one for one in taken.done if one not in mine])
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
        others = _of_others(actor, numbers)
        own = [one for one in numbers if one not in others]
        left = others | dict(act_on_groups(own, Verb.UNACKNOWLEDGE, actor=actor, at=at).left)
        sentence = _("Given back. It pages again from the first step.")
    _tell(request, sentence if len(left) < len(numbers) else "", "", left)
    return HttpResponseRedirect(ADDRESS)


def _held_by_them(actor: Actor, numbers: Collection[int]) -> Iterable[int]:
    """Which of these groups this person has: not those that wait until all have acknowledged."""
    had = groups(actor).filter(pk__in=numbers, acknowledged_by_id=actor.id, state=AlertState.ACKNOWLEDGED)
    return had.values_list("pk", flat=True)


def _of_others(actor: Actor, numbers: Collection[int]) -> dict[int, Refused]:
    """Which of these groups somebody else has by now, and who: they are not ours to give back."""
    found = groups(actor).filter(pk__in=numbers, state=AlertState.ACKNOWLEDGED)
    return {one.pk: already_acknowledged(one) for one in found if one.acknowledged_by_id != actor.id}


def _tell_of_others(request: Request, numbers: Sequence[int]) -> None:
    """Where all must acknowledge: whose word is missing still."""
    if not numbers:
        return
    words = ngettext(
        "Your word is kept. All must acknowledge; %(n)s group waits for: %(names)s.",
        "Your word is kept. All must acknowledge; %(n)s groups wait for: %(names)s.",
        len(numbers),
    )
    still = latest_of(f"group:{one}" for one in numbers)
    people = {person.pk: person for row in still.values() for person in people_missing(row)}
    messages.success(request, words % {"n": len(numbers), "names": names(people.values())})


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
