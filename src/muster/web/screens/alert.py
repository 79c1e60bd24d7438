"""One alert with its group: who has it, why it paged or did not, and what comes next."""

import json
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from muster.core.delivery import DeliveryState
from muster.core.escalation_life import is_held
from muster.core.hold import Beginning
from muster.core.intake import Disposition, IntakeReason
from muster.core.permissions import Actor, Right
from muster.core.urgency import Urgency
from muster.detect.models import Alert, Signal
from muster.detect.queries import alert_of, signals_of
from muster.detect.words import MENDING
from muster.evaluate.models import AlertGroup, Decision
from muster.evaluate.queries import changed_of, decision_of, feedback_of, group_of, incidents, members_of
from muster.evaluate.words import held_because, sentence
from muster.foundation.access.models import Person
from muster.foundation.access.queries import active_people
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import every
from muster.foundation.timeline.audiences import visible_events
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.escalation.plans import plan_of
from muster.mobilize.escalation.queries import latest, policies
from muster.mobilize.escalation.showing import holds, people_missing
from muster.mobilize.oncall.queries import schedules
from muster.mobilize.paging import words as paging_words
from muster.mobilize.paging.models import Page, Post
from muster.mobilize.paging.queries import posts_about
from muster.web.screens.changes import rows_near
from muster.web.screens.entries import entries
from muster.web.screens.feedback import feedback_card, feedback_subjects
from muster.web.screens.home import next_steps
from muster.web.screens.parts import may, names, person_of
from muster.web.screens.similar import similar_rows


@require_safe
def one(request: Request, public_id: str) -> HttpResponse:
    """One alert with its group: who has it, why it paged or did not, and what comes next."""
    actor, at = request.arrival.actor, request.arrival.at
    group, alert = found(actor, public_id)
    decision = decision_of(alert)
    subjects = [f"alert:{alert.pk}"]
    escalation = None
    if group is not None:
        subjects.append(f"group:{group.pk}")
        escalation = latest(f"group:{group.pk}")
        subjects += [f"escalation:{escalation.pk}"] if escalation is not None else []
    given = feedback_of(actor, alert)
    subjects += feedback_subjects(actor, alert)
    signals = signals_of(alert, 1)
    events = visible_events(actor).filter(subject__in=subjects).order_by("id")[:200]
    state = "suppressed" if alert.suppressed_by and alert.state != "resolved" else (group or alert).state
    context = {
        "head": _head(alert, group, state, actor, _held(decision, state) or _waits(escalation, at))
        | {"title": changed_of(decision).get("summary", alert.summary)},
        "alert": _facts(alert, state, decision, actor),
        "clock": next_steps([group.subject], actor, at).get(group.subject) if group is not None else None,
        "next": "",
        "curve": None,
        "decisions": [_step(step) for step in decision.steps] if decision is not None else [],
        "ladder": _ladder(escalation, actor, at),
        "entries": entries(events, actor),
        "links": [
            {"icon": "link", "word": link["text"] or link["href"], "url": link["href"]}
            for link in _safe(alert)
        ],
        "incident": _incident(group, actor),
        "changes": rows_near(actor, [alert.service_id], alert.opened_at, alert.resolved_at or at),
        "feedback": feedback_card(alert, given, actor),
        "similar": similar_rows(alert, actor),
        "description": alert.description,
        "labels": _labels(alert, decision),
        "mending": _mending(signals),
        "payload": _payload(signals),
        "forms": _forms(group, alert, actor),
    }
    return render(request, "screens/alert.html", context)


def _labels(alert: Alert, decision: Decision | None) -> list[dict[str, str]]:
    tags = [{"name": _("tags"), "value": ", ".join(alert.tags)}] if alert.tags else []
    labels = alert.labels | changed_of(decision).get("labels", {})
    return tags + [{"name": name, "value": value} for name, value in sorted(labels.items())]


def _forms(group: AlertGroup | None, alert: Alert, actor: Actor) -> list[dict[str, Any]]:
    """What takes more than a press: to end it with a word for the next one, and to ask somebody else."""
    found = []
    if (group or alert).state != "resolved" and may(actor, Right.RESPOND):
        found.append(_resolve(group or alert))
    if group is not None and _may_ask(group, actor):
        found.append(_reassign(group, actor))
    return found


def _resolve(row: AlertGroup | Alert) -> dict[str, Any]:
    hint = _("Whoever is woken by the same trouble next reads it first.")
    return {
        "title": _("Resolve and say what helped"),
        "action": {"url": f"/alerts/{row.public_id}/resolve", "label": _("Resolve")},
        "fields": [{"name": "note", "label": _("What helped"), "kind": "textarea", "rows": 3, "hint": hint}],
    }


def _may_ask(group: AlertGroup, actor: Actor) -> bool:
    return group.state != "resolved" and may(actor, Right.PAGE)


def _reassign(group: AlertGroup, actor: Actor) -> dict[str, Any]:
    """Ask somebody else: a person, whoever is on call somewhere, a team, or a whole policy."""
    people = [
        {"value": f"person:{one.handle}", "word": one.name} for one in active_people() if one.id != actor.id
    ]
    some = [
        (schedules(actor), "schedule", _("%(name)s: whoever is on call")),
        (every(Team, actor=actor), "team", _("%(name)s: the whole team")),
        (policies(actor), "policy", _("%(name)s: this policy, from its first step")),
    ]
    others = [
        {"value": f"{kind}:{row.handle}", "word": word % {"name": row.name}}
        for rows, kind, word in some
        for row in rows
    ]
    return {
        "title": _("Ask somebody else"),
        "action": {"url": f"/alerts/{group.public_id}/reassign", "label": _("Page them now")},
        "fields": [
            {"name": "to", "label": _("Whom"), "kind": "select", "options": [*people, *others]},
            {"name": "why", "label": _("Why (kept in the timeline)")},
        ],
    }


def found(actor: Actor, public_id: str) -> tuple[AlertGroup | None, Alert]:
    if public_id.upper().startswith("GRP-"):
        group = group_of(actor, public_id)
        return group, members_of(actor, group)[0]
    alert = alert_of(actor, public_id)
    decision = decision_of(alert)
    return (decision.group if decision is not None else None), alert


def _held(decision: Decision | None, state: str) -> list[Any]:
    """Why nobody is paged, or paged any further, where something holds it back."""
    if state != "suppressed" or decision is None:
        return []
    said = held_because(decision.steps)
    return [said] if said else []


def _waits(escalation: Escalation | None, at: datetime) -> list[Any]:
    """What is to be said while nobody has it: until when it is held, or who must still acknowledge."""
    if escalation is None:
        return []
    if is_held(escalation.state, escalation.due_at, escalation.held_until, at):
        until = {"at": escalation.held_until, "style": "short"}
        return [_("It can wait, so nobody is paged before "), until, "."]
    missing = people_missing(escalation)
    return [_("All must acknowledge; missing: %(names)s.") % {"names": names(missing)}] if missing else []


def _head(
    alert: Alert, group: AlertGroup | None, state: str, actor: Actor, waits: list[Any]
) -> dict[str, Any]:
    key = group.public_id if group is not None else alert.public_id
    holder = (group or alert).acknowledged_by
    has_it = waits if waits and holder is None else [_has_it(holder, actor)]
    actions: list[dict[str, Any]] = []
    base = f"/alerts/{key}"
    if may(actor, Right.RESPOND) and state != "resolved":
        if state == "triggered":
            actions.append(
                {"label": _("Acknowledge"), "url": f"{base}/acknowledge", "style": "filled", "key": "a"}
            )
            actions.append({"label": _("Escalate"), "url": f"{base}/escalate", "key": "e"})
        if state == "acknowledged":
            actions.append({"label": _("Give it back"), "url": f"{base}/unacknowledge"})
        actions.append({"label": _("Snooze 1 h"), "url": f"{base}/snooze", "fields": {"for": "1h"}})
        actions.append({"label": _("Resolve"), "url": f"{base}/resolve"})
    if may(actor, Right.DECLARE) and (group is None or group.incident_id is None) and state != "resolved":
        url = f"/incidents/declare?alert={alert.public_id}"
        actions.append({"label": _("Declare"), "url": url, "method": "get", "icon": "siren"})
    second = [f"{alert.service.name}, ", _("since "), alert.opened_at, ". "]
    return {
        "title": alert.summary,
        "trail": [{"word": _("Alerts"), "url": "/alerts"}, {"word": key}],
        "second": [*second, *(has_it if state != "resolved" else [_("It is over.")])],
        "actions": actions,
    }


def _has_it(holder: Person | None, actor: Actor) -> str:
    if holder is None:
        return _("Nobody has it.")
    return _("You have it.") if holder.pk == actor.id else _("%(name)s has it.") % {"name": holder.name}


def _facts(alert: Alert, state: str, decision: Decision | None, actor: Actor) -> dict[str, Any]:
    changed = changed_of(decision)
    return {
        "id": alert.public_id,
        "state": state,
        "urgency": decision.urgency if decision is not None else "high",
        "severity": changed.get("severity", alert.severity),
        "summary": changed.get("summary", alert.summary),
        "service": alert.service.handle,
        "service_url": f"/services/{alert.service.handle}",
        "team": alert.service.team.name if alert.service.team is not None else "",
        "since": alert.opened_at,
        "last": alert.last_seen_at,
        "holds_until": alert.holds_until if state != "resolved" else None,
        "count": alert.count,
        "source": alert.source,
        "dedup_key": alert.dedup_key,
        "owner": person_of(alert.acknowledged_by, actor),
        "owner_since": alert.acknowledged_at,
    }


_STEP_ICONS = {
    "event": "split",
    "wait": "clock",
    "maintenance": "wrench",
    "silence": "bell-off",
    "inhibit": "shield",
    "dependency": "waypoints",
    "group": "layers",
    "route": "boxes",
    "urgency": "bell",
}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "icon": _STEP_ICONS.get(step["step"], "circle"),
        "title": sentence(step),
        "second": step["by"],
    }
    if step["holds"]:
        told["chip"] = {"text": _("holds it back"), "kind": "soon"}
    return told


def _ladder(escalation: Escalation | None, actor: Actor, at: datetime) -> list[dict[str, Any]]:
    if escalation is None:
        return []
    paged = Page.objects.visible_to(actor).filter(escalation=escalation.pk)
    rungs = [
        {
            "at": page.started_at,
            "state": "met" if page.acknowledged_at else "todo",
            "person": person_of(page.person, actor),
            "word": page.person.name,
            "second": _("answered") if page.acknowledged_at else _paged(page, at),
        }
        for page in paged.select_related("person").order_by("id")
    ]
    rungs += [_told(post) for post in posts_about(actor, escalation.about)]
    rungs.sort(key=lambda rung: rung["at"])  # type: ignore[arg-type, return-value]
    plan = plan_of(escalation, at)
    held = holds(plan, Urgency(escalation.urgency), at)
    for step in plan:
        for person in Person.objects.filter(pk__in=[int(found) for found in step.people]):
            rungs.append(
                {
                    "at": step.due_at,
                    "state": "suppressed",
                    "person": person_of(person, actor),
                    "word": person.name,
                    "second": _rung_second(held.get((step.due_at, person.pk))),
                }
            )
    return rungs


def _told(post: Post) -> dict[str, Any]:
    said = paging_words.STATES[DeliveryState(post.state)]
    return {
        "at": post.created_at,
        "state": "met" if post.accepted_at else "todo",
        "person": None,
        "word": post.webhook.name,
        "second": _("a webhook, step %(n)s: %(said)s") % {"n": post.step, "said": said},
    }


def _paged(page: Page, at: datetime) -> Any:
    words = _("paged, step %(n)s") % {"n": page.step}
    if page.begins_at is None or page.begins_at <= at:
        return words
    return [f"{words}; {paging_words.said(page.held)}, ", {"at": page.begins_at, "style": "short"}]


def _rung_second(begins: Beginning | None) -> Any:
    words = _("if nobody answers")
    if begins is None:
        return words
    return [f"{words}; {paging_words.said(begins.reason)}, ", {"at": begins.at, "style": "short"}]


def _safe(alert: Alert) -> list[dict[str, str]]:
    return [link for link in alert.links if link.get("href", "").startswith(("https://", "http://"))][:10]


def _incident(group: AlertGroup | None, actor: Actor) -> dict[str, Any] | None:
    if group is None or group.incident_id is None:
        return None
    incident = incidents(actor).filter(pk=group.incident_id).first()
    if incident is None:
        return None
    return {
        "id": incident.public_id,
        "title": incident.title,
        "url": f"/incidents/{incident.public_id}",
        "severity": incident.severity,
        "open": incident.resolved_at is None,
    }


def _mending(signals: list[Signal]) -> dict[str, Any] | None:
    """What to change in a sender whose payload could not be read; None for every other alert."""
    if not signals or signals[0].disposition != Disposition.UNREADABLE:
        return None
    return {
        "lines": signals[0].raw["errors"],
        "advice": MENDING[IntakeReason(signals[0].reason)],
        "url": f"/settings/integrations/{signals[0].integration.handle}",
    }


def _payload(signals: list[Signal]) -> str | None:
    if not signals:
        return None
    said = signals[0].raw
    if signals[0].disposition == Disposition.UNREADABLE:
        said = said["body"]
    text = said if isinstance(said, str) else json.dumps(said, indent=2, ensure_ascii=False)
    return text[:20_000]
