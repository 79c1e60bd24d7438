"""Alerts: the inbox, a row for each group and never one for a repeat, and what people do to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from muster.core.inbox import LONGEST_CHARS, InboxState, address
from muster.core.permissions import Actor
from muster.core.text import clean_text
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup, Decision
from muster.evaluate.queries import (
    Counts,
    counts_of,
    default_view,
    groups,
    number_of,
    visible_incidents,
    waiting_groups,
)
from muster.evaluate.words import held_because
from muster.foundation.access.requests import Request
from muster.mobilize.escalation import commands
from muster.mobilize.escalation.queries import latest
from muster.mobilize.escalation.showing import people_missing
from muster.web.screens.alert import found
from muster.web.screens.alert_lists import (
    OF_ALERTS,
    STATE_WORDS,
    filtered,
    group_row,
    searched,
    snooze_of,
)
from muster.web.screens.alert_views import saving_form, shown_views
from muster.web.screens.bulk import toolbar
from muster.web.screens.home import group_needs
from muster.web.screens.parts import count_words, names

_PAGE = 50


@require_safe
def inbox(request: Request) -> HttpResponse:
    """Groups of alerts, one row each, the filter in the address."""
    actor, at = request.arrival.actor, request.arrival.at
    standing = default_view(actor) if not request.GET else None
    if standing is not None:
        return HttpResponseRedirect(standing.address)
    state, words = request.GET.get("state", "open"), request.GET.get("q", "").strip()[:LONGEST_CHARS]
    every = filtered(groups(actor), state, words, actor)
    before = number_of(request.GET.get("before", ""))
    page = list((every.filter(pk__lt=before) if before is not None else every)[: _PAGE + 1])
    held_back = Alert.objects.visible_to(actor).filter(suppressed_by__isnull=False)
    held = searched(held_back.exclude(state="resolved"), words, actor, OF_ALERTS)
    if state == "held":
        newest = held.select_related("service", "decision").order_by("-id")[:_PAGE]
        shown = [_held_row(alert) for alert in newest]
    else:
        shown = _group_rows(page[:_PAGE], actor, at)
    context = {
        "head": {"title": _title(waiting_groups(actor).count())},
        "storm": None,
        "filters": _filters(actor, state, words, held.count()),
        "views": shown_views(actor, state, words, request.GET.get("view", "")),
        "saving": saving_form(actor, state, words),
        "search": words,
        "state": state,
        "groups": shown,
        "bulk": toolbar(actor, state, words, every.exclude(state="resolved").count()),
        "waiting": 0,
        "url": "/alerts",
        "empty": _empty(actor),
        "account": "",
        "pager": _pager(page, state, words),
    }
    return render(request, "screens/alerts.html", context)


def _title(waiting: int) -> str:
    if not waiting:
        return _("No alert is waiting for anybody.")
    return count_words(waiting, _("alert is waiting for somebody."), _("alerts are waiting for somebody."))


def _filters(actor: Actor, state: str, words: str, held: int) -> list[dict[str, Any]]:
    every = searched(groups(actor), words, actor)
    counts = {
        InboxState.OPEN: every.exclude(state="resolved").count(),
        InboxState.TRIGGERED: searched(waiting_groups(actor), words, actor).count(),
        InboxState.MINE: every.filter(acknowledged_by_id=actor.id).exclude(state="resolved").count(),
        InboxState.HELD: held,
    }
    filters: list[dict[str, Any]] = [
        {"word": STATE_WORDS[key], "url": address(key, words), "count": count, "chosen": key == state}
        for key, count in counts.items()
    ]
    # All that ever came is not counted: it only grows.
    return [
        *filters,
        {
            "word": STATE_WORDS[InboxState.ALL],
            "url": address(InboxState.ALL, words),
            "chosen": state == InboxState.ALL,
        },
        {"word": _("Storm"), "url": "/alerts/storm", "chosen": False},
        {"word": _("Muted"), "url": "/alerts/muted", "chosen": False},
        {"word": _("Unattended"), "url": "/alerts/unattended", "chosen": False},
    ]


def _group_rows(page: Sequence[AlertGroup], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    waiting = [group for group in page if group.state == "triggered" and not group.held_back]
    needs = dict(zip((group.pk for group in waiting), group_needs(waiting, actor, at), strict=True))
    counts = counts_of([group.pk for group in page])
    shown = visible_incidents(actor, page)
    return [
        _group_row(group, needs.get(group.pk), counts[group.pk], actor, in_shown=group.incident_id in shown)
        for group in page
    ]


def _group_row(
    group: AlertGroup, need: Mapping[str, Any] | None, counts: Counts, actor: Actor, *, in_shown: bool
) -> dict[str, Any]:
    row = group_row(group, counts.alerts, actor, in_shown=in_shown)
    if need is not None and need["clock"]:
        text = [need["clock"]["label"], " ", need["clock"]["due_at"]]
        row["reasons"].append({"text": text, "kind": "reason"})
    return row | {
        "pick": group.state != "resolved",
        "count": counts.repeats or 1,
        "since": group.opened_at,
        "actions": [action | {"small": True} for action in need["actions"]] if need is not None else [],
    }


def _held_by(alert: Alert) -> str:
    """What holds an alert back, in words; the rule's name where its decision is not known."""
    decision: Decision | None = getattr(alert, "decision", None)
    said = held_because(decision.steps) if decision is not None else ""
    return said or str(alert.suppressed_by)


def _held_row(alert: Alert) -> dict[str, Any]:
    return {
        "key": alert.public_id,
        "state": "suppressed",
        "title": alert.summary,
        "url": f"/alerts/{alert.public_id}",
        "service": alert.service.handle,
        "team": "",
        "count": alert.count,
        "since": alert.opened_at,
        "reasons": [{"text": _held_by(alert), "kind": "reason", "icon": "bell-off"}],
        "quiet": True,
        "who_text": _("nobody was woken"),
    }


def _empty(actor: Actor) -> dict[str, Any]:
    last = groups(actor).order_by("-id").first()
    if last is not None:
        return {"title": _("No alert here."), "fact": [_("The last one came "), last.opened_at, "."]}
    action = {
        "label": _("Connect a sender"),
        "url": "/settings/integrations",
        "method": "get",
        "style": "edge",
    }
    fact = _("Alerts appear here as soon as a monitoring system sends one.")
    return {"title": _("No alert has come yet."), "fact": fact, "action": action}


def _pager(page: list[Any], state: str, words: str) -> dict[str, Any] | None:
    if len(page) <= _PAGE:
        return None
    return {"older_url": address(state, words, before=page[_PAGE - 1].pk)}


@require_POST
def act(request: Request, public_id: str, verb: str) -> HttpResponse:
    """What a person does to an alert's group; afterwards the page they came from."""
    actor, at = request.arrival.actor, request.arrival.at
    group, alert = found(actor, public_id)
    if group is None:
        _act_on_alert(alert, verb, request, actor, at)
    else:
        _act_on_group(group, verb, request, actor, at)
    messages.success(request, (_others(group) if verb == "acknowledge" else "") or _done(verb))
    back = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if ours else f"/alerts/{public_id}")


def _act_on_group(group: AlertGroup, verb: str, request: Request, actor: Actor, at: datetime) -> None:
    if verb == "acknowledge":
        commands.acknowledge_group(group.pk, actor=actor, at=at)
    elif verb == "unacknowledge":
        commands.unacknowledge_group(group.pk, actor=actor, at=at)
    elif verb == "resolve":
        commands.resolve_group(group.pk, actor=actor, at=at, why=_note(request))
    elif verb == "snooze":
        commands.snooze_group(group.pk, at + snooze_of(request), actor=actor, at=at)
    elif verb == "reassign":
        to, why = request.POST.get("to", ""), request.POST.get("why", "")
        commands.reassign_group(group.pk, to, actor=actor, at=at, why=why[:1000])
    else:
        commands.escalate_now(f"group:{group.pk}", actor=actor, at=at)


def _act_on_alert(alert: Alert, verb: str, request: Request, actor: Actor, at: datetime) -> None:
    if verb == "resolve":
        commands.resolve_alert(alert.pk, actor=actor, at=at, why=_note(request))
    elif verb == "snooze":
        commands.snooze_alert(alert.pk, at + snooze_of(request), actor=actor, at=at)
    else:
        commands.acknowledge_alert(alert.pk, actor=actor, at=at)


def _note(request: Request) -> str:
    """What somebody says helped, for the next time."""
    return clean_text(request.POST.get("note", "").strip()[:1000])


def _others(group: AlertGroup | None) -> str:
    """Who must acknowledge besides, where all must; empty where one word is enough."""
    escalation = latest(group.subject) if group is not None else None
    missing = people_missing(escalation) if escalation is not None else []
    if not missing:
        return ""
    return _("Your word is kept. All must acknowledge; missing: %(names)s.") % {"names": names(missing)}


def _done(verb: str) -> str:
    words = {
        "acknowledge": _("You have it. Nobody else will be woken."),
        "unacknowledge": _("Given back. It pages again from the first step."),
        "resolve": _("Resolved."),
        "snooze": _("Snoozed."),
        "escalate": _("The next step is paged now."),
        "reassign": _("They are paged now. Whoever had it has it no longer."),
    }
    return words[verb]
