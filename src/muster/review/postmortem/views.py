"""The postmortem's screens: what is owed, one postmortem, and saving a section without losing a word."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from muster.core.permissions import Actor, Right
from muster.core.phases import AFTER
from muster.core.refusal import Refused
from muster.core.review import PostmortemState
from muster.evaluate.queries import incident_of
from muster.foundation.access.requests import Request
from muster.foundation.obligations.models import Obligation
from muster.foundation.timeline.refusals import told
from muster.review.actions.commands import add_action_item
from muster.review.actions.forms import Unreadable, errors_of, latest_day, wanted
from muster.review.lengths import number_word
from muster.review.postmortem import commands
from muster.review.postmortem.facts import clock_label
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.outline import is_written
from muster.review.postmortem.queries import owed_clocks, postmortem_of, postmortems, section_counts
from muster.review.postmortem.reasons import Reviewing
from muster.review.postmortem.screen import Unsaved, screen, url_of
from muster.review.postmortem.words import state_word
from muster.review.showing import Dict, clock_dict, may, person_dict, zone_of

_PAGE = 50


@require_safe
def listing(request: Request) -> HttpResponse:
    """What is owed first, then what was published."""
    actor, chosen = request.arrival.actor, request.GET.get("state", "owed")
    rows = postmortems(actor)
    groups = {
        "owed": rows.exclude(state=PostmortemState.PUBLISHED).filter(waived_at__isnull=True),
        "published": rows.filter(state=PostmortemState.PUBLISHED),
        "waived": rows.filter(waived_at__isnull=False),
    }
    chosen = chosen if chosen in groups else "owed"
    before = request.GET.get("before", "")
    page = groups[chosen].filter(pk__lt=int(before)) if _is_number(before) else groups[chosen]
    found = list(page[: _PAGE + 1])
    older = {"older_url": f"?state={chosen}&before={found[_PAGE - 1].pk}"} if len(found) > _PAGE else None
    context = {
        "head": _list_head(groups["owed"], actor, request.arrival.at),
        "filters": _filters(groups, chosen),
        "postmortems": _rows(found[:_PAGE], actor),
        "empty": {
            "title": _("No postmortem here."),
            "fact": _("One is drafted as soon as an incident that needs it is resolved."),
        },
        "pager": older,
    }
    return render(request, "review/postmortems.html", context)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _list_head(owed: "QuerySet[Postmortem]", actor: Actor, at: datetime) -> Dict:
    count = owed.count()
    late = sum(row.due_at is not None and row.due_at < at for row in owed_clocks(actor, owed).values())
    if late:
        title = ngettext("One postmortem is overdue.", "%(n)s postmortems are overdue.", late)
    elif count:
        title = ngettext("One postmortem is owed.", "%(n)s postmortems are owed.", count)
    else:
        title = _("No postmortem is owed.")
    waiting = owed.filter(state=PostmortemState.IN_REVIEW).count()
    second = _("None waits for its review.")
    if waiting:
        second = ngettext("%(n)s waits for its review.", "%(n)s wait for their review.", waiting)
    return {
        "title": title % {"n": number_word(late or count)},
        "second": second % {"n": number_word(waiting)},
    }


def _filters(groups: dict[str, "QuerySet[Postmortem]"], chosen: str) -> list[Dict]:
    names = {"owed": _("Owed"), "published": _("Published"), "waived": _("Waived")}
    return [
        {"word": word, "url": f"?state={name}", "count": groups[name].count(), "chosen": name == chosen}
        for name, word in names.items()
    ]


def _rows(found: list[Postmortem], actor: Actor) -> list[Dict]:
    clocks, counts = owed_clocks(actor, found), section_counts(actor, found, is_written)
    return [_row(row, clocks.get(row.incident_id), counts.get(row.pk, (0, 0)), actor) for row in found]


def _row(row: Postmortem, owed: Obligation | None, written: tuple[int, int], actor: Actor) -> Dict:
    author = person_dict(row.author, actor)
    kinds = {"draft": "reason", "in_review": "you", "published": "well"}
    chip = {"text": state_word(row.state), "kind": kinds.get(row.state, "")}
    if row.waived_at is not None:
        chip = {"text": _("waived"), "kind": ""}
    clock = None
    if owed is not None and owed.due_at is not None:
        clock = clock_dict(clock_label(owed.kind), owed.due_at, owed.armed_at)
    return {
        "incident_id": row.incident.public_id,
        "title": row.incident.title,
        "url": url_of(row),
        "severity": row.incident.severity,
        "second": _("%(done)s of %(n)s sections") % {"done": written[0], "n": written[1]},
        "authors": [author] if author else [],
        "state_chip": chip,
        "clock": clock,
    }


@require_safe
def one(request: Request, incident_id: str) -> HttpResponse:
    """One postmortem, read, or with `?edit=section` written; where there is none, why and what to do."""
    try:
        row = postmortem_of(request.arrival.actor, incident_id)
    except Refused as refused:
        if refused.reason is not Reviewing.NOT_FOUND:
            raise
        return _none(request, incident_id)
    context = screen(row, request.arrival, edit=request.GET.get("edit", ""))
    return render(request, "review/postmortem.html", context)


def _none(request: Request, incident_id: str) -> HttpResponse:
    """No postmortem: the incident is not over, or none was due."""
    incident = incident_of(request.arrival.actor, incident_id)
    url = f"/incidents/{incident.public_id}"
    is_over = incident.phase in AFTER
    empty: Dict = {"title": _("No postmortem is due."), "fact": _("Anybody who reviews may ask for one.")}
    if not is_over:
        empty = {"title": _("The postmortem comes afterwards."), "fact": _("The incident is not resolved.")}
    elif may(request.arrival.actor, Right.REVIEW):
        empty["action"] = {"label": _("Draft one"), "url": f"{url}/postmortem/draft", "style": "edge"}
    head = {"title": incident.title, "trail": [{"word": incident.public_id, "url": url}]}
    return render(request, "review/behind.html", {"head": head, "groups": [], "empty": empty})


@require_POST
def draft(request: Request, incident_id: str) -> HttpResponse:
    """Somebody asks for a postmortem that nothing made due."""
    incident = incident_of(request.arrival.actor, incident_id)
    row = commands.draft_postmortem(incident.pk, actor=request.arrival.actor, at=request.arrival.at)
    return HttpResponseRedirect(url_of(row))


@require_POST
def save(request: Request, incident_id: str) -> HttpResponse:
    """Save one section. When somebody saved it meanwhile, both texts are shown and nothing is lost."""
    actor, at = request.arrival.actor, request.arrival.at
    row = postmortem_of(actor, incident_id)
    key, text = request.POST.get("section", ""), request.POST.get("text", "")
    version = request.POST.get("version", "")
    try:
        commands.edit_section(
            row.incident_id,
            key,
            text,
            version=int(version) if _is_number(version) else 0,
            actor=actor,
            at=at,
        )
    except Refused as refused:
        if refused.reason is not Reviewing.SAVED_MEANWHILE:
            raise
        context = screen(row, request.arrival, unsaved=Unsaved(section=key, text=text))
        return render(request, "review/postmortem.html", context, status=told(refused).status)
    messages.success(request, _("Saved."))
    return HttpResponseRedirect(f"{url_of(row)}#section-{key}")


@require_POST
def add_action(request: Request, incident_id: str) -> HttpResponse:
    """Add an action item; what cannot be is said beside its field."""
    actor, at = request.arrival.actor, request.arrival.at
    row, given = postmortem_of(actor, incident_id), request.POST.dict()
    latest = latest_day(row.incident, at)
    try:
        said = wanted(given, timezone=zone_of(actor), latest=latest)
        add_action_item(row.incident_id, said, actor=actor, at=at)
    except Unreadable as unreadable:
        errors, status = unreadable.errors, 422
    except Refused as refused:
        errors, status = errors_of(refused), told(refused).status
    else:
        return HttpResponseRedirect(f"{url_of(row)}#actions")
    context = screen(row, request.arrival, unsaved=Unsaved(action=given, errors=errors))
    return render(request, "review/postmortem.html", context, status=status)


Verb = Callable[..., Any]
_VERBS: dict[str, Verb] = {
    "submit": commands.submit_for_review,
    "publish": commands.publish_postmortem,
    "held": commands.hold_meeting,
}


@require_POST
def act(request: Request, incident_id: str, verb: str) -> HttpResponse:
    """Hand it in, publish it, or say that the meeting was held; a refusal is told on the page itself."""
    actor, at = request.arrival.actor, request.arrival.at
    row = postmortem_of(actor, incident_id)
    try:
        _VERBS[verb](row.incident_id, actor=actor, at=at)
    except Refused as refused:
        answer = told(refused)
        if answer.status != 409:
            raise
        messages.warning(request, answer.sentence)
    return HttpResponseRedirect(url_of(row))
