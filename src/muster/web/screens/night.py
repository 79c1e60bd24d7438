"""The page at 3 a.m.: what is broken, since when, one button. By link or signed in (design 7, 12)."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from muster.core.escalation import StepReason
from muster.core.lifecycle import AlertState
from muster.core.permissions import Via
from muster.core.refusal import Refused
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup
from muster.foundation.access.models import Person
from muster.foundation.access.queries import Arrival, arrival_of
from muster.foundation.access.requests import Request
from muster.mobilize.escalation.circumstances import asked_of
from muster.mobilize.escalation.commands import acknowledge_page, escalate_now
from muster.mobilize.escalation.plans import plan_of
from muster.mobilize.escalation.queries import latest
from muster.mobilize.paging.links import page_of_link
from muster.mobilize.paging.models import Call, Page
from muster.mobilize.paging.queries import page_of
from muster.web.screens.changes import last_before
from muster.web.screens.parts import names

_MOST = 10


@login_not_required
@require_safe
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page that a message's link is for. Opening changes nothing: mail scanners open links too."""
    page, arrival = _through_link(token)
    return _show(request, page, arrival, base=f"/p/{token}")


@login_not_required
@csrf_exempt  # the signed link is the credential; it comes from the mail, so there is no cookie to protect
@require_POST
def acknowledge_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Acknowledge through the link; saying it twice is no fault."""
    page, arrival = _through_link(token)
    return _acknowledge(page, arrival, back=f"/p/{token}")


@require_safe
def signed_in(request: Request, public_id: str) -> HttpResponse:
    """Show a page to somebody who has signed in."""
    page = page_of(request.arrival.actor, public_id)
    return _show(request, page, request.arrival, base=f"/pages/{page.public_id}")


@require_POST
def acknowledge(request: Request, public_id: str) -> HttpResponse:
    """Acknowledge what a page is about."""
    page = page_of(request.arrival.actor, public_id)
    return _acknowledge(page, request.arrival, back=f"/pages/{page.public_id}")


@require_POST
def escalate(request: Request, public_id: str) -> HttpResponse:
    """Page the next step now."""
    page = page_of(request.arrival.actor, public_id)
    escalate_now(page.about, actor=request.arrival.actor, at=request.arrival.at)
    return HttpResponseRedirect(f"/pages/{page.public_id}")


def _through_link(token: str) -> tuple[Page, Arrival]:
    """Whose link this is (engine side: there is no actor yet)."""
    page_id = page_of_link(token)
    page = Page.objects.select_related("person").get(pk=page_id)
    return page, arrival_of(page.person_id, via=Via.LINK, scope=f"page:{page_id}")


def _acknowledge(page: Page, arrival: Arrival, back: str) -> HttpResponse:
    try:
        acknowledge_page(page.pk, actor=arrival.actor, at=arrival.at)
    except Refused as refused:
        if refused.reason not in {"already_acknowledged", "already_resolved"}:
            raise
        return HttpResponseRedirect(back)
    return HttpResponseRedirect(f"{back}?done=1")


def _show(request: HttpRequest, page: Page, arrival: Arrival, *, base: str) -> HttpResponse:
    kind, _sep, number = page.about.partition(":")
    context = _of_group(page, int(number)) if kind == "group" else _of_call(page, int(number))
    others = _others(page) if context["page"]["state"] == "waiting" else ""
    if others:
        context["page"]["state"] = "yours"
    waiting = context["page"]["state"] == "waiting"
    is_test = bool(context["page"].get("is_test"))
    why = _("A test page was asked for") if is_test else _why(page)
    clock = _next(page, arrival.at) if waiting else None
    by_link = base.startswith("/p/")
    context |= {
        "clock": clock,
        "why": {
            "word": why,
            "steps": [*_before(page), _("You were paged as step %(step)s.") % {"step": page.step}],
        },
        "forms": {
            "acknowledge": f"{base}/acknowledge" if waiting else None,
            "word": _("It reached me") if is_test else _("Acknowledge"),
            "escalate": None if by_link or not waiting or is_test else f"{base}/escalate",
            "declare": None if is_test else context.pop("declare", None),
        },
        "done": others or (_done(is_test) if request.GET.get("done") else ""),
        "shell": {"at": arrival.at},
        "token": "",
    }
    response = render(request, "screens/page.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _others(page: Page) -> str:
    """Where all must acknowledge and this person has: who is missing still (engine side); else empty."""
    escalation = latest(page.about)
    if escalation is None or page.acknowledged_at is None:
        return ""
    asked = asked_of(escalation)
    if page.person_id not in asked.answered or not asked.missing:
        return ""
    missing = Person.objects.filter(pk__in=asked.missing).order_by("name")
    return _("You have acknowledged. All must; missing: %(names)s.") % {"names": names(missing)}


def _done(is_test: bool) -> str:
    if is_test:
        return _("Thank you: it is noted that this reaches you.")
    return _("You have it. Nobody else will be woken.")


def _of_group(page: Page, group_id: int) -> dict[str, Any]:
    """What a page about alerts shows (engine side: who may see the page may see what it is about)."""
    group = AlertGroup.objects.select_related("service", "acknowledged_by", "incident").get(pk=group_id)
    alerts = Alert.objects.filter(decision__group=group)
    first = alerts.order_by("id").first()
    open_count = alerts.exclude(state=AlertState.RESOLVED).count()
    repeats = sum(alerts.values_list("count", flat=True))
    since = first.fired_at or first.opened_at if first is not None else group.opened_at
    runbook = group.service.runbook_url
    links = [_link("book-open", _("Runbook"), runbook, runbook)] if runbook else []
    links.append(
        _link(
            "bell", _("The alert"), _("Why it came, and what happened so far"), f"/alerts/{group.public_id}"
        )
    )
    if group.state != AlertState.TRIGGERED:
        links.append(
            _link(
                "message-square",
                _("Was it worth waking you?"),
                _("Useful, noise, a duplicate, or not yours"),
                f"/alerts/{group.public_id}#feedback",
            )
        )
    if changed := last_before(group.service_id, since):
        what, apart, url = changed
        links.append(_link("git-merge", what, apart, url or f"/services/{group.service.handle}"))
    declare = f"/incidents/declare?alert={first.public_id}" if first is not None else None
    if group.incident is not None:
        room = f"/incidents/{group.incident.public_id}"
        links.append(_link("flame", group.incident.title, _("The war room"), room))
    return {
        "page": _head(page, group.summary, group.service.name, group.state, group.acknowledged_by, since),
        "facts": [
            {"figure": str(open_count), "word": ngettext("open alert", "open alerts", open_count)},
            {"figure": str(repeats), "word": ngettext("time seen", "times seen", repeats)},
        ],
        "links": links,
        "declare": declare if group.incident is None else None,
        "handled": _handled(group.state, group.acknowledged_by, group.acknowledged_at, page),
    }


def _of_call(page: Page, call_id: int) -> dict[str, Any]:
    """What a page about a call shows (engine side: who may see the page may see what it is about)."""
    call = Call.objects.select_related("incident", "acknowledged_by").get(pk=call_id)
    incident = call.incident
    where = (
        f"{incident.public_id}, {incident.severity}" if incident is not None else _("You are asked to help")
    )
    if call.is_test:
        where = _("Only a test")
    room = f"/incidents/{incident.public_id}" if incident is not None else ""
    links = [_link("flame", _("The war room"), where, room)] if incident else []
    return {
        "page": _head(page, call.summary, where, call.state, call.acknowledged_by, call.called_at)
        | {"is_test": call.is_test},
        "facts": [],
        "links": links,
        "handled": _handled(call.state, call.acknowledged_by, call.acknowledged_at, page),
    }


def _link(icon: str, word: str, second: str, url: str) -> dict[str, str]:
    return {"icon": icon, "word": word, "second": second, "url": url}


def _head(
    page: Page, title: str, service: str, state: str, holder: Person | None, since: datetime
) -> dict[str, Any]:
    shown = "waiting" if state == AlertState.TRIGGERED else state
    if shown == AlertState.ACKNOWLEDGED and holder is not None and holder.pk == page.person_id:
        shown = "yours"
    return {
        "title": title,
        "urgency": page.urgency,
        "paged_at": page.started_at,
        "since": since,
        "service": service,
        "state": shown,
    }


def _handled(state: str, holder: Person | None, at: datetime | None, page: Page) -> dict[str, Any] | None:
    if state != AlertState.ACKNOWLEDGED or holder is None or holder.pk == page.person_id:
        return None
    return {"who": holder.name, "at": at, "words": _("You need do nothing."), "person": {"name": holder.name}}


def _why(page: Page) -> str:
    if not page.why:
        return _("You were paged by hand")
    if page.reason == StepReason.FALLBACK:
        return _("Everybody before you was paged for %(what)s") % {"what": page.why}
    if page.step > 1:
        return _("You are next in line for %(what)s") % {"what": page.why}
    return _("You are on call for %(what)s") % {"what": page.why}


def _before(page: Page) -> list[Any]:
    """Who was paged before, and did not answer (engine side: who sees the page sees why it came)."""
    earlier = Page.objects.filter(about=page.about, epoch=page.epoch, pk__lt=page.pk, step__lt=page.step)
    return [
        [_("%(who)s was paged at ") % {"who": one.person.name}, {"at": one.started_at, "style": "clock"}, "."]
        for one in earlier.select_related("person").order_by("id")[:_MOST]
    ]


def _next(page: Page, at: datetime) -> dict[str, Any] | None:
    """Who is woken if you do nothing, and when."""
    escalation = latest(page.about)
    if escalation is None or escalation.due_at is None:
        return None
    upcoming = [step for step in plan_of(escalation, at) if step.people]
    if not upcoming:
        return None
    found = Person.objects.filter(pk__in=[int(p) for p in upcoming[0].people]).values_list("name", flat=True)
    label = _("Goes to %(who)s in") % {"who": ", ".join(found)}
    return {"label": label, "due_at": escalation.due_at, "started_at": page.started_at, "live": True}
