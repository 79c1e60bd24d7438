"""On-call: who is on call now, for everybody, team by team."""

from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from muster.core.permissions import Actor, Right
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.mobilize.oncall import queries
from muster.mobilize.oncall.models import Schedule
from muster.web.screens.home import my_shifts, reach
from muster.web.screens.oncall_picture import together
from muster.web.screens.oncall_schedule import gap_banners
from muster.web.screens.parts import may, shift_end


@require_safe
def overview(request: Request) -> HttpResponse:
    """Who is on call now, for everybody; and me."""
    actor, at = request.arrival.actor, request.arrival.at
    schedules = list(queries.schedules(actor))
    mine = my_shifts(schedules, actor, at)
    actions = [{"label": _("Your on-call"), "url": "/my-oncall", "method": "get", "style": "edge"}]
    if may(actor, Right.EDIT_TEAM) or actor.manages:
        new = {"label": _("New schedule"), "url": "/schedules/new", "method": "get", "icon": "plus"}
        actions.append(new | {"style": "edge"})
    context = {
        "head": {"title": _title(schedules, actor, at), "actions": actions},
        "gaps": [gap for schedule in schedules for gap in gap_banners(schedule, at)],
        "mine": {"next": mine, "rules": ""} if mine else None,
        "reach": reach(actor),
        "feed_url": "/my-oncall#feeds",
        "teams": _teams(schedules, actor, at),
        "nothing": {
            "title": _("Nobody is on call yet."),
            "fact": _("A schedule says who is on call when."),
        },
    }
    return render(request, "screens/oncall.html", context)


def _title(schedules: list[Schedule], actor: Actor, at: datetime) -> Any:
    for schedule in schedules:
        if actor.id in queries.on_call_at(schedule.pk, at):
            return _("You are on call for %(schedule)s.") % {"schedule": schedule.name}
    return _("You are not on call.") if schedules else _("Nobody is on call yet.")


def _teams(schedules: list[Schedule], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    ordered = sorted(schedules, key=lambda row: (row.team.name if row.team else "", row.name))
    teams = []
    for name, rows in groupby(ordered, key=lambda row: row.team.name if row.team else _("No team")):
        teams.append({"name": name, "url": "/oncall", "rows": [_row(row, actor, at) for row in rows]})
    return teams


def _row(schedule: Schedule, actor: Actor, at: datetime) -> dict[str, Any]:
    segment = queries.shift_at(schedule.pk, at)
    people = Person.objects.in_bulk([int(person) for person in segment.people])
    shown = together(segment.people, people, actor)
    alone = len(segment.people) == 1 and actor.id in segment.people
    who = _("You") if alone else (shown["name"] if shown else _("Nobody"))
    return {
        "title": f"{schedule.name}: {who}",
        "second": shift_end(segment.end, at),
        "url": f"/oncall/{schedule.handle}",
        "glyph": {"person": shown} if shown else {"icon": "triangle-alert", "tone": "now"},
        "chevron": True,
    }
