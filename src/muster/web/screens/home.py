"""Now: what needs me, who is on call, what is open, what I owe."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.oncall_checks import is_whole_week
from muster.core.permissions import Actor, Right
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import incidents, waiting_groups
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.requests import Request
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import OPEN
from muster.foundation.obligations.words import label
from muster.mobilize.escalation.plans import plans_of
from muster.mobilize.escalation.queries import latest_of
from muster.mobilize.escalation.storm import running_storm
from muster.mobilize.oncall import queries as oncall
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.paging.models import Page
from muster.web.screens.first_run import first_steps, is_first_run
from muster.web.screens.parts import (
    clock_of,
    count_words,
    incident_rows,
    may,
    names,
    person_of,
    shift_end,
    soon,
)

_MOST = 12


@require_safe
def home(request: Request) -> HttpResponse:
    """The first screen: the heading is the answer."""
    actor, at = request.arrival.actor, request.arrival.at
    if is_first_run(actor):
        return render(request, "screens/first_run.html", first_steps(actor))
    needs = [*_waiting_groups(actor, at), *_my_clocks(actor, at)]
    rows = list(incidents(actor, open_only=True)[:_MOST])
    schedules = list(oncall.schedules(actor))
    context = {
        "head": {
            "title": _title(len(needs)),
            "second": [_("Checked "), {"at": at, "style": "full"}, "."],
        },
        "banners": _storm(actor, at),
        "needs": needs,
        "calm": None if needs else _calm(actor),
        "incidents": incident_rows(rows, actor, at),
        "restricted": bool(rows),
        "owed": _owed(actor, at),
        "oncall": [_on_call(schedule, actor, at) for schedule in _first_of_each_team(schedules, actor)],
        "gap": _first_gap(schedules, at),
        "shifts": my_shifts(schedules, actor, at),
        "reach": reach(actor),
    }
    return render(request, "screens/home.html", context)


def _storm(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """That a storm is coming down, and where to see all of it as one."""
    run = running_storm(actor, at)
    if run is None:
        return []
    action = {"label": _("See it as one"), "url": "/alerts/storm", "method": "get", "style": "edge"}
    text = [_("The last of them at "), run.last, "."]
    return [{"bold": _("Many alerts come at once."), "text": text, "icon": "zap", "action": action}]


def _title(count: int) -> str:
    if not count:
        return _("Nothing needs you now.")
    return count_words(count, _("thing needs you."), _("things need you."))


def _waiting_groups(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    return group_needs(list(waiting_groups(actor)[:_MOST]), actor, at)


def group_needs(waiting: Sequence[AlertGroup], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """Groups of alerts that wait for somebody, a row each, with its clock and what this actor may do."""
    clocks = next_steps([group.subject for group in waiting], actor, at)
    can_respond = may(actor, Right.RESPOND)
    return [
        {
            "title": f"{group.service.name}: {group.summary}",
            "url": f"/alerts/{group.public_id}",
            "glyph": {"state": "triggered"},
            "second": [_("Since "), group.opened_at, ". ", _("Nobody has it.")],
            "actions": _answers(group, is_first=index == 0) if can_respond else [],
            "clock": clocks.get(group.subject),
        }
        for index, group in enumerate(waiting)
    ]


def _answers(group: AlertGroup, *, is_first: bool) -> list[dict[str, Any]]:
    return [
        {
            "label": _("Acknowledge"),
            "url": f"/alerts/{group.public_id}/acknowledge",
            "style": "filled" if is_first else "edge",
        },
        {"label": _("Escalate"), "url": f"/alerts/{group.public_id}/escalate"},
    ]


def next_steps(abouts: Sequence[str], actor: Actor, at: datetime) -> dict[str, dict[str, Any]]:
    """Who is paged next about each if nobody answers, and when; the first one's clock is the live one."""
    escalations = latest_of(abouts)
    plans = plans_of(escalations.values(), at)
    found = {
        about: next((step for step in plans.get(row.pk, ()) if step.people), None)
        for about, row in escalations.items()
    }
    steps = {about: step for about, step in found.items() if step is not None}
    people = Person.objects.in_bulk({int(person) for step in steps.values() for person in step.people})
    started = _last_started(list(steps), actor)
    return {
        about: clock_of(
            _("To %(who)s in") % {"who": names(people[int(person)] for person in step.people)},
            step.due_at,
            started.get(about, escalations[about].started_at),
            live=about == abouts[0],
        )
        for about, step in steps.items()
    }


def _last_started(abouts: Sequence[str], actor: Actor) -> dict[str, datetime]:
    """When somebody was paged last about each."""
    pages = Page.objects.visible_to(actor).filter(about__in=abouts)
    return dict(pages.order_by("about", "-id").distinct("about").values_list("about", "started_at"))


def _my_clocks(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """What the incidents that I command owe next."""
    mine = list(incidents(actor, open_only=True).filter(commander_id=actor.id))
    owed = Obligation.objects.visible_to(actor).filter(
        incident__in=[one.pk for one in mine], state__in=OPEN, due_at__isnull=False
    )
    by_incident = {one.pk: one for one in mine}
    rows = []
    for item in owed.order_by("due_at")[:_MOST]:
        incident = by_incident[item.incident or 0]
        assert item.due_at is not None
        rows.append(
            {
                "title": f"{incident.public_id}: {label(item.kind, item.audience)}",
                "url": f"/incidents/{incident.public_id}",
                "glyph": {"icon": "clock"},
                "second": incident.title,
                "clock": clock_of(
                    _("Due in") if item.due_at > at else _("Was due"), item.due_at, item.armed_at
                ),
                "actions": [
                    {
                        "label": _("Open"),
                        "url": f"/incidents/{incident.public_id}",
                        "method": "get",
                        "style": "edge",
                    }
                ],
            }
        )
    return rows


def _calm(actor: Actor) -> dict[str, Any]:
    last = Page.objects.visible_to(actor).filter(person_id=_me(actor)).order_by("-id").first()
    fact: Any = _("You have never been paged.")
    if last is not None:
        fact = [_("The last page was "), last.started_at, "."]
    return {"title": _("Nobody is waiting for you."), "fact": fact}


def _owed(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    mine = Obligation.objects.visible_to(actor).filter(person_id=_me(actor), met_at__isnull=True)
    rows = mine.filter(state__in=["armed", "breached"])
    return [_owed_row(row, at) for row in rows.order_by("due_at")[:_MOST]]


def _owed_row(row: Obligation, at: datetime) -> dict[str, Any]:
    late = row.due_at is not None and row.due_at < at
    chip: dict[str, Any] = (
        {"text": [_("due "), row.due_at], "kind": "reason"} if row.due_at else {"text": _("open")}
    )
    if late:
        chip = {"text": _("over"), "kind": "now", "icon": "circle-alert"}
    url = f"/incidents/INC-{row.incident}" if row.incident else "/actions"
    return {
        "title": label(row.kind, row.audience),
        "url": url,
        "glyph": {"state": "todo"},
        "second": f"INC-{row.incident}" if row.incident else "",
        "end_chip": chip,
    }


def _first_of_each_team(schedules: list[Schedule], actor: Actor) -> list[Schedule]:
    """One schedule for each team, my own teams first; all of them stand on the on-call screen."""
    found: dict[int | None, Schedule] = {}
    for schedule in schedules:
        found.setdefault(schedule.team_id, schedule)
    return sorted(found.values(), key=lambda row: row.team_id not in actor.teams)


def _on_call(schedule: Schedule, actor: Actor, at: datetime) -> dict[str, Any]:
    segment = oncall.shift_at(schedule.pk, at)
    person = Person.objects.filter(pk__in=[int(p) for p in segment.people]).first()
    until = shift_end(segment.end, at) if person is not None else _("Nobody is on call")
    return {
        "team": schedule.team.name if schedule.team is not None else schedule.name,
        "person": person_of(person, actor),
        "second": until,
        "url": f"/oncall/{schedule.handle}",
    }


def _first_gap(schedules: list[Schedule], at: datetime) -> dict[str, Any] | None:
    found = [(gap, schedule) for schedule in schedules for gap in oncall.gaps(schedule.pk, at, soon(at))[:1]]
    if not found:
        return None
    gap, schedule = min(found, key=lambda item: (item[0].start, item[0].start - item[0].end))
    said = _("%(schedule)s has nobody from ")
    if is_whole_week(gap, at, soon(at)):
        said = _("%(schedule)s is 100 %% uncovered: nobody from ")
    return {
        "text": [
            said % {"schedule": schedule.name},
            {"at": gap.start, "style": "full"},
            _(" to "),
            {"at": gap.end, "style": "full"},
            ".",
        ],
        "url": f"/oncall/{schedule.handle}",
    }


def my_shifts(schedules: list[Schedule], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    mine = [
        (shift.start, shift.end, schedule)
        for schedule in schedules
        for shift in oncall.shifts(schedule.pk, at, soon(at, 28 * 24))
        if actor.id in shift.people
    ]
    rows = []
    for start, end, schedule in sorted(mine, key=lambda item: (item[0], item[2].pk))[:4]:
        hours = round((end - start).total_seconds() / 3600)
        when: Any = [_("Now, until "), _full(end)] if start <= at else [_full(start), _(" to "), _full(end)]
        chip = {
            "text": ngettext("%(n)s h", "%(n)s h", hours) % {"n": hours},
            "kind": "you" if start <= at else "",
        }
        rows.append({"when": when, "chip": chip, "end": schedule.name})
    return rows


def _me(actor: Actor) -> int:
    """Whose rows are mine; 0, which is nobody, where no person acts."""
    return actor.id or 0


def _full(at: datetime) -> dict[str, Any]:
    return {"at": at, "style": "short"}


def reach(actor: Actor) -> list[dict[str, Any]]:
    """By which of my contacts I can be reached."""
    mine = Contact.objects.visible_to(actor).filter(person_id=_me(actor), retired_at__isnull=True)
    rows = mine.order_by("position", "id")
    if not rows:
        word = _("No way to reach you yet")
        return [{"state": "major", "word": word, "url": "/settings/me", "action": _("Add one")}]
    return [
        {"state": "met", "word": row.name, "end": _("proved")}
        if row.verified_at is not None
        else {"state": "degraded", "word": row.name, "url": "/settings/me", "action": _("Prove it")}
        for row in rows
    ]
