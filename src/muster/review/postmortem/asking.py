"""What a postmortem's small forms ask for: a reason, a day, people, a word. One page for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from muster.core.permissions import Right, require
from muster.core.refusal import Refused
from muster.foundation.access.queries import active_people
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.review.postmortem import commands
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.queries import postmortem_of
from muster.review.postmortem.screen import url_of
from muster.review.showing import Dict, local_instant, local_text, zone_of

Run = Callable[[Postmortem, QueryDict, str, dict[str, Any]], object]
"""Does what a form says: the row, what was given, the writer's time zone, and `actor` and `at`."""


@dataclass(frozen=True, slots=True)
class Form:
    """One small form: its words, its parts, and what it does with what is given."""

    title: Any
    second: Any
    button: Any
    parts: Callable[[Postmortem, Mapping[str, str], str], Dict]
    run: Run


class Wrong(ValueError):
    """A field that says nothing we understand."""


@require_http_methods(["GET", "HEAD", "POST"])
def form(request: Request, incident_id: str, verb: str) -> HttpResponse:
    """Show a form, and do what it says when it is sent; what was refused is told above what was written."""
    actor, at = request.arrival.actor, request.arrival.at
    row = postmortem_of(actor, incident_id)
    asked, zone = FORMS[verb], zone_of(actor)
    require(actor, Right.COMMAND_INCIDENT if verb == "waive" else Right.REVIEW)
    given: Mapping[str, str] = request.POST.dict()
    banner, status = None, 200
    if request.method == "POST":
        try:
            asked.run(row, request.POST, zone, {"actor": actor, "at": at})
            return HttpResponseRedirect(url_of(row))
        except Refused as refused:
            answer = told(refused)
            banner, status = {"bold": answer.sentence}, answer.status
        except Wrong as wrong:
            banner, status = {"bold": str(wrong)}, 422
    context = {
        "trail": [{"word": row.incident.public_id, "url": url_of(row)}],
        "title": asked.title,
        "second": asked.second,
        "banner": banner,
        "url": f"{url_of(row)}/{verb}",
        "button": {"label": asked.button, "style": "filled"},
        "cancel_url": url_of(row),
        **asked.parts(row, given, zone),
    }
    return render(request, "respond/form.html", context, status=status)


def _why(row: Postmortem, given: Mapping[str, str], zone: str) -> Dict:
    field = {"name": "why", "label": _("Why"), "kind": "textarea", "rows": 3, "required": True}
    return {"form": [field | {"value": given.get("why", "")}]}


def _meeting(row: Postmortem, given: Mapping[str, str], zone: str) -> Dict:
    standing = local_text(row.meeting_at, zone)
    field = {"name": "meeting_at", "label": _("When"), "kind": "datetime-local", "required": True}
    hint = {"hint": _("In %(zone)s.") % {"zone": zone}}
    return {"form": [field | hint | {"value": given.get("meeting_at", standing)}]}


def _cause(row: Postmortem, given: Mapping[str, str], zone: str) -> Dict:
    field = {"name": "cause", "label": _("Cause"), "hint": _("One word: deploy, capacity, third party.")}
    return {"form": [field | {"value": given.get("cause", row.cause)}]}


def _reviewers(row: Postmortem, given: Mapping[str, str], zone: str) -> Dict:
    people = [
        {"value": str(one.pk), "word": one.name, "chosen": one.pk in row.reviewers} for one in active_people()
    ]
    return {
        "tiles": {
            "name": "people",
            "legend": _("Who reads it"),
            "options": people,
            "many": True,
            "wrap": True,
        }
    }


def _plan(row: Postmortem, given: QueryDict, zone: str, who: dict[str, Any]) -> object:
    return commands.plan_meeting(row.incident_id, _time(given.get("meeting_at", ""), zone), **who)


def _time(text: str, zone: str) -> datetime:
    try:
        found = local_instant(text, zone)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise Wrong(_("Say when: a day and a time."))
    return found


def _ask_reviewers(row: Postmortem, given: QueryDict, zone: str, who: dict[str, Any]) -> object:
    people = [
        int(one) for one in given.getlist("people") if one.isascii() and one.isdecimal() and len(one) < 19
    ]
    return commands.set_reviewers(row.incident_id, people, **who)


def _with_why(command: Callable[..., object]) -> Run:
    def run(row: Postmortem, given: QueryDict, zone: str, who: dict[str, Any]) -> object:
        return command(row.incident_id, why=given.get("why", ""), **who)

    return run


FORMS: Mapping[str, Form] = {
    "return": Form(
        gettext_lazy("Give it back"),
        gettext_lazy("Say what is missing, so that the author knows where to go on."),
        gettext_lazy("Give back"),
        _why,
        _with_why(commands.return_postmortem),
    ),
    "withdraw": Form(
        gettext_lazy("Withdraw the postmortem"),
        gettext_lazy("It becomes a draft again, and can be changed."),
        gettext_lazy("Withdraw"),
        _why,
        _with_why(commands.withdraw_postmortem),
    ),
    "waive": Form(
        gettext_lazy("Waive the postmortem"),
        gettext_lazy("It is no longer owed. The reason stays in the timeline."),
        gettext_lazy("Waive"),
        _why,
        _with_why(commands.waive_postmortem),
    ),
    "meeting": Form(
        gettext_lazy("Plan the review meeting"),
        gettext_lazy("It is owed until it was held."),
        gettext_lazy("Plan"),
        _meeting,
        _plan,
    ),
    "reviewers": Form(
        gettext_lazy("Who reviews it"),
        gettext_lazy("They read it before it is published."),
        gettext_lazy("Save"),
        _reviewers,
        _ask_reviewers,
    ),
    "cause": Form(
        gettext_lazy("The cause, for reports"),
        gettext_lazy("A short word of your own, so that reports can count causes. Never a person."),
        gettext_lazy("Save"),
        _cause,
        lambda row, given, zone, who: commands.name_cause(row.incident_id, given.get("cause", ""), **who),
    ),
}
