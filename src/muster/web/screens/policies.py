"""Escalation policies: which there are, and each one's ladder with names and times."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.escalation import AT_THE_END, PAGES_NOBODY, PlannedStep, StepReason
from muster.core.permissions import Actor, Right
from muster.core.wallclock import instant, parse_moment, zone
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.mobilize.escalation.models import Policy
from muster.mobilize.escalation.plans import preview
from muster.mobilize.escalation.queries import handles_of_targets, policies, policy_of
from muster.mobilize.escalation.showing import shown_versions, shown_weaknesses
from muster.mobilize.escalation.words import STEPS
from muster.web.screens import policy_targets
from muster.web.screens.parts import may, names, person_of, teams_of


@require_safe
def overview(request: Request) -> HttpResponse:
    """The policies in use, those that would reach nobody first."""
    actor, at = request.arrival.actor, request.arrival.at
    rows = [_policy_row(policy, at) for policy in policies(actor)]
    rows.sort(key=lambda row: not row["problem"])
    bad = sum(1 for row in rows if row["problem"])
    title = ngettext("%(n)s policy has a step with nobody.", "%(n)s policies have a step with nobody.", bad)
    context = {
        "head": {
            "title": title % {"n": bad} if bad else _("Every policy reaches somebody now."),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Escalation policies")}],
            "actions": [_new_policy()] if _may_make(actor) else [],
        },
        "banners": [],
        "search": None,
        "groups": [{"rows": rows}] if rows else [],
        "empty": {
            "title": _("No policy yet."),
            "fact": _("A policy says who is paged, who next, and when."),
        },
    }
    return render(request, "settings/list.html", context)


def _policy_row(policy: Policy, at: datetime) -> dict[str, Any]:
    plan = preview(policy, at)
    problem = any(_finds_nobody(step) or step.unreachable for step in plan)
    first = Person.objects.filter(pk__in=[int(person) for person in plan[0].people]) if plan else []
    second = _("now: %(who)s first") % {"who": names(first)} if first else _("now: nobody first")
    row: dict[str, Any] = {
        "title": policy.name,
        "url": f"/settings/policies/{policy.handle}",
        "second": second,
        "glyph": {"icon": "waypoints"},
        "chevron": True,
        "problem": problem,
    }
    if problem:
        row["end_chip"] = {"text": _("a step with nobody"), "kind": "now", "icon": "triangle-alert"}
    return row


def _new_policy() -> dict[str, Any]:
    return {
        "label": _("New policy"),
        "url": "/policies/new",
        "method": "get",
        "style": "edge",
        "icon": "plus",
    }


def _may_make(actor: Actor) -> bool:
    return any(may(actor, Right.EDIT_TEAM, team=team.pk) for team in teams_of(actor))


@require_safe
def one(request: Request, handle: str) -> HttpResponse:
    """A policy's ladder if it began now, or at the instant that `at` gives by the viewer's clock.

    Raises:
        Refused: there is no such policy.
    """
    actor, now = request.arrival.actor, request.arrival.at
    row = policy_of(actor, handle)
    timezone = timezone_of(actor)
    at = asked(request.GET.get("at", ""), now, timezone)
    services = Service.objects.visible_to(actor).filter(policy=row.handle, retired_at__isnull=True)
    context = {
        "head": _head(row, actor),
        "banners": [
            {"bold": each["sentence"], "text": "", "kind": "soon"} for each in shown_weaknesses(row, at)
        ],
        "at_shown": at,
        "steps": lines(preview(row, at), actor),
        "after": _("After its last step the organisation's fallback is paged. Nobody is never the end."),
        "preview_url": f"/settings/policies/{row.handle}",
        "preview": instant_field(request.GET.get("at", ""), timezone),
        "used_by": [
            {"title": each.name, "url": f"/services/{each.handle}", "glyph": {"icon": "boxes"}}
            for each in services.order_by("name")
        ],
        "versions": shown_versions(row, actor),
    }
    return render(request, "settings/policy.html", context)


def _head(row: Policy, actor: Actor) -> dict[str, Any]:
    edit = {
        "label": _("Edit"),
        "url": f"/policies/{row.handle}/edit",
        "method": "get",
        "style": "edge",
        "icon": "pencil",
    }
    return {
        "title": _("%(policy)s, step by step") % {"policy": row.name},
        "trail": [{"word": _("Escalation policies"), "url": "/settings/policies"}, {"word": row.name}],
        "actions": [edit] if may(actor, Right.EDIT_TEAM, team=row.team_id) else [],
    }


def timezone_of(actor: Actor) -> str:
    """The time zone of whoever looks."""
    return Person.objects.filter(pk=actor.id or 0).values_list("timezone", flat=True).first() or "UTC"


def instant_field(value: str, timezone: str) -> dict[str, Any]:
    """The field that chooses for which instant a plan is shown."""
    label = _("If it began at (%(zone)s)") % {"zone": timezone}
    hint = _("empty: now")
    return {"name": "at", "label": label, "kind": "datetime-local", "value": value, "hint": hint}


def asked(written: str, now: datetime, timezone: str) -> datetime:
    """The instant that was chosen; now, when there is none that can be read."""
    if not written:
        return now
    try:
        return instant(parse_moment(written), zone(timezone))
    except (ValueError, OverflowError):
        return now


def lines(plan: Iterable[PlannedStep], actor: Actor) -> list[dict[str, Any]]:
    """A ladder as it is drawn: who is paged when, and what each step was asked for."""
    steps = list(plan)
    ids = {int(person) for step in steps for person in (*step.people, *step.unreachable, *step.away)}
    people = Person.objects.in_bulk(ids)
    handles = handles_of_targets()
    spelled = [handles.get(str(target), str(target)) for step in steps for target in step.targets]
    known = policy_targets.drawn(spelled, actor)
    return [_line(step, people, handles, known, actor) for step in steps]


def _line(
    step: PlannedStep,
    people: Mapping[int, Person],
    handles: Mapping[str, str],
    known: Mapping[str, dict[str, Any]],
    actor: Actor,
) -> dict[str, Any]:
    found = [people[int(person)] for person in step.people if int(person) in people]
    out_of_reach = [people[int(person)] for person in step.unreachable if int(person) in people]
    on_leave = [people[int(person)] for person in step.away if int(person) in people]
    asked = [handles.get(str(target), str(target)) for target in step.targets]
    words = [known[one]["said"] if one in known else one for one in asked]
    who = _("the organisation's fallback") if step.reason in AT_THE_END else ", ".join(words)
    if step.in_turn:
        who = _("the next in turn of %(who)s") % {"who": who}
    if step.asks_all:
        who = _("%(who)s; all of them must acknowledge") % {"who": who}
    if out_of_reach:
        who = _("%(who)s; out of reach: %(names)s") % {"who": who, "names": names(out_of_reach)}
    if on_leave:
        who = _("%(who)s; on leave: %(names)s") % {"who": who, "names": names(on_leave)}
    if step.reason in (StepReason.UNTIL_COVERED, StepReason.ALL_ANSWERED):
        who = f"{who}; {STEPS[step.reason]}"
    return {
        "at": step.due_at,
        "people": [person_of(person, actor) for person in found],
        "word": names(found) or (_("A webhook") if step.reason is StepReason.POSTED else _("Nobody")),
        "second": who,
        "round": step.round if step.round > 1 else 0,
        "problem": _finds_nobody(step),
    }


def _finds_nobody(step: PlannedStep) -> bool:
    return not step.people and step.reason not in PAGES_NOBODY
