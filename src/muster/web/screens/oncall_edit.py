"""The schedule editor: a form for phones too, and what it would say before it is saved (B9, B11)."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from muster.core.permissions import Right, require
from muster.core.refusal import Refused
from muster.core.wallclock import instant, local_day, zone, zone_names
from muster.foundation.access.models import Person
from muster.foundation.access.queries import active_people, holders, organisation
from muster.foundation.access.requests import Request
from muster.foundation.catalog.handles import handle_of
from muster.foundation.catalog.models import Team
from muster.foundation.timeline.refusals import told
from muster.mobilize.oncall import commands
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.oncall.preview import Preview, preview_of
from muster.mobilize.oncall.queries import latest_specs, schedule_of
from muster.web.screens.oncall_form import (
    MOST_LAYERS,
    LayerFields,
    ScheduleFields,
    by_pattern,
    drawn,
    fields_of,
    is_simple,
    posted,
    spec_of,
)
from muster.web.screens.oncall_picture import (
    Dict,
    checks,
    clock_banners,
    final_lane,
    picture,
    wall,
)
from muster.web.screens.parts import may, teams_of

_LOOKED_AHEAD = timedelta(days=28)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """A new schedule, of a team, beginning from a pattern."""
    actor = request.arrival.actor
    teams = [row for row in teams_of(actor) if may(actor, Right.EDIT_TEAM, team=row.pk)]
    if not teams:
        require(actor, Right.EDIT_TEAM)
    if request.method == "POST":
        return _posted(request, None, teams)
    team = next((row for row in teams if row.handle == request.GET.get("team")), teams[0] if teams else None)
    pattern = request.GET.get("pattern", "weekly")
    timezone = (team.timezone if team else "") or organisation().timezone
    today = local_day(request.arrival.at, zone(timezone))
    form = ScheduleFields(
        name=f"{team.name} primary" if team else "",
        team=team.handle if team else "",
        timezone=timezone,
        layers=by_pattern(pattern, _members(team), today, timezone),
    )
    return _shown(request, None, form, teams, {"pattern": pattern})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, handle: str) -> HttpResponse:
    """Change a schedule from now on; what has been stays."""
    actor = request.arrival.actor
    row = schedule_of(actor, handle)
    require(actor, Right.EDIT_TEAM, team=row.team_id)
    teams = [one for one in teams_of(actor) if may(actor, Right.EDIT_TEAM, team=one.pk)]
    if request.method == "POST":
        return _posted(request, row, teams)
    spec = latest_specs([row.pk])[row.pk]
    form = ScheduleFields(row.name, row.team.handle if row.team else "", row.timezone, layers=fields_of(spec))
    return _shown(request, row, form, teams, {"simple": is_simple(spec)})


def _posted(request: Request, row: Schedule | None, teams: list[Team]) -> HttpResponse:
    """Add or take away a layer, look at what it would say, or save."""
    form = posted(request.POST, request.POST.getlist)
    team = next((one for one in teams if one.handle == form.team), None)
    verb, _sep, which = request.POST.get("do", "preview").partition(":")
    if verb == "add" and len(form.layers) < MOST_LAYERS:
        last = form.layers[-1] if form.layers else LayerFields()
        form.layers.append(LayerFields(start=last.start))
        return _shown(request, row, form, teams, {})
    if verb == "remove" and which.isdecimal() and int(which) < len(form.layers):
        del form.layers[int(which)]
        return _shown(request, row, form, teams, {})
    try:
        if verb == "save":
            return HttpResponseRedirect(f"/oncall/{_save(request, row, form, team).handle}")
        return _shown(request, row, form, teams, {"preview": _preview(request, row, form, team)})
    except Refused as refused:
        words = told(refused)
        fault = {"bold": words.sentence, "kind": "now"}
        return _shown(request, row, form, teams, {"fault": fault}, words.status)


def _save(request: Request, row: Schedule | None, form: ScheduleFields, team: Team | None) -> Schedule:
    actor, at = request.arrival.actor, request.arrival.at
    team_id = team.pk if team else None
    if row is not None:
        changes = {"name": form.name, "team_id": team_id, "spec": spec_of(form)}
        saved = commands.change_schedule(row.pk, changes, actor=actor, at=at)
        messages.success(request, _("Saved, from now on. What has been stays as it was."))
        return saved
    made = commands.add_rota(
        [(handle_of(name, "schedule"), name, spec_of(form, turned=turned)) for name, turned in _names(form)],
        actor=actor,
        at=at,
        team_id=team_id,
    )
    messages.success(request, _("Saved. It is in force now."))
    return made[0]


def _names(form: ScheduleFields) -> list[tuple[str, int]]:
    """The schedule and, if wished for, its secondary, in which everybody is one turn ahead."""
    if not form.secondary:
        return [(form.name, 0)]
    plain = form.name.removesuffix(" primary").removesuffix(" Primary")
    return [(form.name, 0), (_("%(name)s secondary") % {"name": plain}, 1)]


def _preview(request: Request, row: Schedule | None, form: ScheduleFields, team: Team | None) -> Dict:
    actor, at = request.arrival.actor, request.arrival.at
    spec = commands.checked_spec(spec_of(form))
    today = local_day(at, zone(spec["timezone"]))
    start = instant(datetime.combine(today, time()), zone(spec["timezone"]))
    until = instant(datetime.combine(today + _LOOKED_AHEAD, time()), zone(spec["timezone"]))
    made = preview_of(spec, team, at=at, until=until, schedule_id=row.pk if row else 0)
    people = Person.objects.in_bulk(_named(made, spec))
    drawing = picture(form.name, form.timezone, start, until, at, [final_lane(made.shifts, people, actor)])
    hour = timedelta(hours=1)
    return {
        "schedule": drawing,
        "shifts": [
            {
                "who": " + ".join(people[int(one)].name for one in shift.people) or _("Nobody"),
                "gap": not shift.people,
                "when": f"{wall(shift.start, form.timezone)} – {wall(shift.end, form.timezone)}",
            }
            for shift in made.shifts[:40]
        ],
        "clocks": clock_banners(made.clocks),
        "checks": checks(made.findings, people, form.timezone),
        "loads": [
            {
                "name": people[int(load.person)].name,
                "hours": round(load.time / hour),
                "nights": load.nights,
                "weekend": round(load.weekend / hour),
            }
            for load in made.loads
        ],
    }


def _named(made: Preview, spec: dict[str, Any]) -> set[int]:
    named = {int(person) for shift in made.shifts for person in shift.people}
    named |= {int(person) for one in made.findings for person in one.people}
    return named | {int(person) for layer in spec["layers"] for person in layer["people"]}


def _members(team: Team | None) -> list[Person]:
    if team is None:
        return []
    return [grant.person for grant in holders(team.subject, "member") if grant.person.retired_at is None]


def _shown(
    request: Request,
    row: Schedule | None,
    form: ScheduleFields,
    teams: list[Team],
    extra: Dict,
    status: int = 200,
) -> HttpResponse:
    people = _choice(form, next((one for one in teams if one.handle == form.team), None))
    team_options = [
        {"value": one.handle, "word": one.name, "chosen": one.handle == form.team} for one in teams
    ]
    trail = [{"word": _("On-call"), "url": "/oncall"}]
    if row is not None:
        trail.append({"word": row.name, "url": f"/oncall/{row.handle}"})
    context = {
        "head": {
            "title": _("Who is on call, and when?") if row is None else _("Change who is on call"),
            "trail": [*trail, {"word": _("New schedule") if row is None else _("Edit")}],
        },
        "is_new": row is None,
        "url": "/schedules/new" if row is None else f"/schedules/{row.handle}/edit",
        "name": {"name": "name", "label": _("Name"), "value": form.name, "required": True},
        "team": {"name": "team", "label": _("Team"), "kind": "select", "options": team_options},
        "timezone": {"name": "timezone", "label": _("Time zone"), "value": form.timezone, "required": True},
        "zones": sorted(zone_names()),
        "secondary": form.secondary,
        "layers": [drawn(n, one, people) for n, one in enumerate(form.layers)],
        "layer_count": len(form.layers),
        "more": len(form.layers) < MOST_LAYERS,
        "simple": True,
    }
    return render(request, "screens/schedule_edit.html", context | extra, status=status)


def _choice(form: ScheduleFields, team: Team | None) -> list[Person]:
    """Whom a layer can have: the team's members and whoever is in already; without a team, everybody."""
    named = {person for layer in form.layers for person, turn in layer.turns.items() if turn}
    everybody = active_people()
    members = {one.pk for one in _members(team)}
    chosen = members | named
    return [one for one in everybody if one.pk in chosen] if members else everybody
