"""On-call: who is on call now, team by team; one schedule as a picture and as a list."""

from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from muster.core.oncall import Shift, Why, segments
from muster.core.permissions import Actor, Right
from muster.core.refusal import Refused
from muster.core.wallclock import zone
from muster.foundation.access.models import Person
from muster.foundation.access.queries import active_people
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request
from muster.mobilize.oncall import queries
from muster.mobilize.oncall.commands import add_override
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.oncall.reasons import OnCall
from muster.web.screens.home import my_shifts, reach
from muster.web.screens.parts import may, person_of, shift_end, soon, span
from muster.web.screens.refused import Wrong, drawn_again, wrong_at

_DAYS = 14
_FIELDS: dict[StrEnum, str] = {OnCall.PAST: "until", NotFound.PERSON: "person"}
_NIGHT_HOUR = 3
"""Whoever is on call at three in the morning has that night."""


@require_safe
def overview(request: Request) -> HttpResponse:
    """Who is on call now, for everybody; and me."""
    actor, at = request.arrival.actor, request.arrival.at
    schedules = list(queries.schedules(actor))
    mine = my_shifts(schedules, actor, at)
    context = {
        "head": {"title": _title(schedules, actor, at)},
        "gaps": [gap for schedule in schedules for gap in _gap_banners(schedule, at)],
        "mine": {"next": mine, "rules": ""} if mine else None,
        "reach": reach(actor),
        "feed_url": None,
        "teams": _teams(schedules, actor, at),
    }
    return render(request, "screens/oncall.html", context)


def _title(schedules: list[Schedule], actor: Actor, at: datetime) -> Any:
    for schedule in schedules:
        segment = queries.shift_at(schedule.pk, at)
        if actor.id in segment.people:
            return _("You are on call for %(schedule)s.") % {"schedule": schedule.name}
    return _("You are not on call.") if schedules else _("Nobody is on call yet.")


def _gap_banners(schedule: Schedule, at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "bold": [_("Nobody from "), {"at": gap.start, "style": "full"}, "."],
            "text": _("%(schedule)s, for %(length)s.")
            % {"schedule": schedule.name, "length": span((gap.end - gap.start).total_seconds())},
            "kind": "now",
            "action": {
                "label": _("Look"),
                "url": f"/oncall/{schedule.handle}",
                "method": "get",
                "style": "edge",
            },
        }
        for gap in queries.gaps(schedule.pk, at, soon(at))[:1]
    ]


def _teams(schedules: list[Schedule], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    ordered = sorted(schedules, key=lambda row: (row.team.name if row.team else "", row.name))
    teams = []
    for name, rows in groupby(ordered, key=lambda row: row.team.name if row.team else _("No team")):
        teams.append({"name": name, "url": "/oncall", "rows": [_row(row, actor, at) for row in rows]})
    return teams


def _row(schedule: Schedule, actor: Actor, at: datetime) -> dict[str, Any]:
    segment = queries.shift_at(schedule.pk, at)
    person = Person.objects.filter(pk__in=[int(p) for p in segment.people]).first()
    shown = person_of(person, actor)
    who = (
        _("You") if person is not None and person.pk == actor.id else (person.name if person else _("Nobody"))
    )
    return {
        "title": f"{schedule.name}: {who}",
        "second": shift_end(segment.end, at),
        "url": f"/oncall/{schedule.handle}",
        "glyph": {"person": shown} if shown else {"icon": "triangle-alert", "tone": "now"},
        "chevron": True,
    }


@require_safe
def schedule(request: Request, handle: str) -> HttpResponse:
    """One schedule: two weeks as a picture, the same as a list, and the gaps in words."""
    return _shown(request, queries.schedule_of(request.arrival.actor, handle))


def _shown(request: Request, row: Schedule, wrong: Wrong | None = None) -> HttpResponse:
    actor, at, handle = request.arrival.actor, request.arrival.at, row.handle
    start = _start(request.GET.get("from", ""), row, at)
    end = start + timedelta(days=_DAYS)
    shifts = [shift for shift in queries.shifts(row.pk, start, end) if shift.people or shift.end > at]
    people = Person.objects.in_bulk({int(p) for shift in shifts for p in shift.people})
    gaps = queries.gaps(row.pk, at, soon(at, 28 * 24))
    step = timedelta(days=_DAYS)
    loads = _loads(shifts, people, zone(row.timezone), actor)
    context = {
        "head": _schedule_head(row, gaps, actor, at),
        "span": {
            "title": _title_of_span(start, end),
            "today_url": f"/oncall/{handle}",
            "back_url": f"?from={(start - step).date().isoformat()}",
            "on_url": f"?from={end.date().isoformat()}",
            "zone": row.timezone,
            "note": "",
        },
        "schedule": _picture(row, start, end, shifts, people, actor, at),
        "banners": [*_gap_banners(row, at), *_clock_changes(row, start, end)],
        "days": _days(row, start, end, shifts, people, actor, at),
        "loads": loads,
        "loads_top": max((load["hours"] for load in loads), default=1),
        "loads_note": _("these two weeks, from the final line"),
        "checks": _checks(gaps, people),
        "override": _override_form(row, actor, wrong),
        "layers": _layers(row),
    }
    status = wrong.status if wrong is not None else 200
    return render(request, "screens/schedule.html", context, status=status)


def _start(wanted: str, row: Schedule, at: datetime) -> datetime:
    where = zone(row.timezone)
    try:
        day = datetime.fromisoformat(wanted).date()
    except ValueError:
        day = at.astimezone(where).date()
    day -= timedelta(days=day.weekday())
    return datetime(day.year, day.month, day.day, tzinfo=where)


def _title_of_span(start: datetime, end: datetime) -> str:
    last = end - timedelta(days=1)
    return f"{start.day} {start:%B} – {last.day} {last:%B %Y}"


def _schedule_head(row: Schedule, gaps: list[Shift], actor: Actor, at: datetime) -> dict[str, Any]:
    segment = queries.shift_at(row.pk, at)
    person = Person.objects.filter(pk__in=[int(p) for p in segment.people]).first()
    if gaps:
        length = span((gaps[0].end - gaps[0].start).total_seconds())
        title = _("%(schedule)s has nobody for %(length)s.") % {"schedule": row.name, "length": length}
    elif person is None:
        title = _("Nobody is on call for %(schedule)s.") % {"schedule": row.name}
    elif person.pk == actor.id:
        title = _("You are on call.")
    else:
        title = _("%(name)s is on call.") % {"name": person.name}
    return {
        "title": title,
        "trail": [{"word": _("On-call"), "url": "/oncall"}, {"word": row.name}],
        "second": shift_end(segment.end, at),
    }


def _picture(
    row: Schedule,
    start: datetime,
    end: datetime,
    shifts: list[Shift],
    people: dict[int, Person],
    actor: Actor,
    at: datetime,
) -> dict[str, Any]:
    where = zone(row.timezone)
    overrides = [
        piece for piece in segments(queries.history_of(row.pk), start, end) if piece.why is Why.OVERRIDE
    ]
    lanes = []
    if overrides:
        blocks = [_block(one.start, one.end, one.people, people, actor) for one in overrides]
        lanes.append({"name": _("Overrides"), "kind": "override", "blocks": blocks})
    final = [_block(one.start, one.end, one.people, people, actor) for one in shifts]
    lanes.append({"name": _("On call"), "kind": "final", "blocks": final})
    return {
        "start": start,
        "end": end,
        "now": at,
        "summary": _("Who is on call for %(schedule)s") % {"schedule": row.name},
        "days": [_day(start + timedelta(days=n), where, at) for n in range(_DAYS)],
        "lanes": lanes,
    }


def _block(
    start: datetime, end: datetime, ids: tuple[Any, ...], people: dict[int, Person], actor: Actor
) -> dict[str, Any]:
    person = people.get(int(ids[0])) if ids else None
    if person is None:
        return {"from": start, "until": end, "gap": True, "word": _("Nobody")}
    return {"from": start, "until": end, "person": person_of(person, actor), "word": person.name}


def _day(at: datetime, where: ZoneInfo, now: datetime) -> dict[str, Any]:
    local = at.astimezone(where)
    return {
        "at": at,
        "word": f"{local:%a} {local.day}",
        "short": f"{local:%a}"[0],
        "weekend": local.weekday() > 4,
        "today": local.date() == now.astimezone(where).date(),
    }


def _clock_changes(row: Schedule, start: datetime, end: datetime) -> list[dict[str, Any]]:
    where = zone(row.timezone)
    found = []
    day = start
    while day < end:
        following = datetime.fromtimestamp(day.timestamp() + 86_400, tz=where)
        before, after = day.astimezone(where).utcoffset(), following.utcoffset()
        if before != after and before is not None and after is not None:
            change = _("one hour longer") if after < before else _("one hour shorter")
            words = {"day": f"{following:%A} {following.day} {following:%B}", "change": change}
            bold = _("The clocks change on %(day)s.") % words
            text = _("That day is %(change)s; handovers keep their time on the wall.") % words
            found.append({"bold": bold, "text": text, "icon": "clock", "kind": "soon"})
        day = following
    return found


def _days(
    row: Schedule,
    start: datetime,
    end: datetime,
    shifts: list[Shift],
    people: dict[int, Person],
    actor: Actor,
    at: datetime,
) -> list[dict[str, Any]]:
    where = zone(row.timezone)
    days = []
    for shift in shifts:
        local = max(shift.start, start).astimezone(where)
        person = people.get(int(shift.people[0])) if shift.people else None
        now = shift.start <= at < shift.end
        entry: dict[str, Any] = {
            "person": person_of(person, actor),
            "title": person.name if person is not None else _("Nobody"),
            "second": _("until %(end)s") % {"end": _wall(shift.end, where)},
        }
        if now:
            entry["chip"] = {
                "text": _("on call now"),
                "kind": "you" if person and person.pk == actor.id else "",
            }
        days.append({"word": _wall(local, where), "shifts": [entry]})
    return days


def _wall(at: datetime, where: ZoneInfo) -> str:
    local = at.astimezone(where)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def _loads(
    shifts: list[Shift], people: dict[int, Person], where: ZoneInfo, actor: Actor
) -> list[dict[str, Any]]:
    """Hours, nights and weekend hours that each person carries, by the schedule's wall clock."""
    loads: dict[int, dict[str, Any]] = {}
    for shift in shifts:
        for person_id in shift.people:
            load = loads.setdefault(int(person_id), {"hours": 0, "nights": 0, "weekend": 0, "pages": 0})
            hour = shift.start
            while hour < shift.end:
                local = hour.astimezone(where)
                load["hours"] += 1
                load["nights"] += local.hour == _NIGHT_HOUR
                load["weekend"] += local.weekday() > 4
                hour += timedelta(hours=1)
    return [
        {"person": person_of(people.get(person_id), actor)} | load
        for person_id, load in sorted(loads.items(), key=lambda item: -item[1]["hours"])
    ]


def _checks(gaps: list[Shift], people: dict[int, Person]) -> list[dict[str, str]]:
    covered = {"state": "met", "word": _("Somebody is on call at every hour of the next four weeks")}
    if gaps:
        covered = {"state": "major", "word": _("There are hours with nobody on call")}
    enough = len(people) > 1
    shared = {"state": "met", "word": _("More than one person takes turns")}
    return [covered, shared if enough else {"state": "degraded", "word": _("One person carries it all")}]


def _override_form(row: Schedule, actor: Actor, wrong: Wrong | None) -> dict[str, Any] | None:
    if not may(actor, Right.EDIT_TEAM, team=row.team_id, own=actor.id):
        return None
    options = [
        {"value": str(person.pk), "word": person.name, "chosen": person.pk == actor.id}
        for person in active_people()
    ]
    people, begins, ends = drawn_again(
        [
            {"name": "person", "label": _("Who"), "kind": "select", "options": options},
            {"name": "from", "label": _("From"), "kind": "datetime-local", "required": True},
            {"name": "until", "label": _("Until"), "kind": "datetime-local", "required": True},
        ],
        wrong,
    )
    return {"url": f"/oncall/{row.handle}/override", "people": people, "from": begins, "until": ends}


def _layers(row: Schedule) -> list[dict[str, str]]:
    latest = row.versions.order_by("-valid_from").first()
    layers = latest.spec["layers"] if latest is not None else []
    people = Person.objects.in_bulk({int(p) for layer in layers for p in layer["people"]})
    return [
        {
            "title": _("Layer %(n)s, %(every)s") % {"n": number, "every": layer["every"]},
            "second": ", ".join(people[int(p)].name for p in layer["people"] if int(p) in people),
        }
        for number, layer in enumerate(layers, start=1)
    ]


@require_POST
def override(request: Request, handle: str) -> HttpResponse:
    """Give an interval to somebody; times as typed, local to the schedule.

    Raises:
        Refused: neither the team's manager nor an admin nor the person. A wrong time is said at its field.
    """
    row = queries.schedule_of(request.arrival.actor, handle)
    try:
        _cover(request, row)
    except Refused as refused:
        begins = str(refused.detail.get("path", "")).endswith("from")
        fields = {OnCall.SPEC_INVALID: "from" if begins else "until"}
        return _shown(request, row, wrong_at(request, refused, _FIELDS | fields))
    messages.success(request, _("Covered. The picture shows it."))
    return HttpResponseRedirect(f"/oncall/{handle}")


def _cover(request: Request, row: Schedule) -> None:
    posted = request.POST
    person = next((one for one in active_people() if str(one.pk) == posted.get("person")), None)
    if person is None:
        raise Refused(NotFound.PERSON, {"handle": posted.get("person", "")[:80]})
    add_override(
        row.pk,
        actor=request.arrival.actor,
        at=request.arrival.at,
        start=posted.get("from", ""),
        end=posted.get("until", ""),
        person_id=person.pk,
    )
