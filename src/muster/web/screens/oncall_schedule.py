"""One schedule: who is on call when, as a picture and as a list, what is wrong with it, and changing it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from muster.core.fairness import loads
from muster.core.oncall import Effect, Shift, halves
from muster.core.oncall_checks import is_whole_week
from muster.core.permissions import Actor, Right
from muster.core.refusal import Refused
from muster.core.wallclock import instant, zone
from muster.foundation.access.models import Person
from muster.foundation.access.queries import active_people
from muster.foundation.access.reasons import NotFound
from muster.foundation.access.requests import Request
from muster.mobilize.oncall import queries
from muster.mobilize.oncall.commands import add_override, leave_note
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.oncall.preview import Preview, standing
from muster.mobilize.oncall.reasons import OnCall
from muster.web.screens.oncall_picture import (
    Dict,
    People,
    checks,
    clock_banners,
    data_of,
    lanes,
    local_value,
    people_in,
    picture,
    together,
    wall,
)
from muster.web.screens.parts import may, person_of, soon, span
from muster.web.screens.refused import Wrong, drawn_again, wrong_at

SPANS = (7, 14, 28)
_AROUND = timedelta(days=28)
_FIELDS: dict[StrEnum, str] = {OnCall.PAST: "until", NotFound.PERSON: "person"}


@require_safe
def schedule(request: Request, handle: str) -> HttpResponse:
    """One schedule over a week, two, or four."""
    return _shown(request, queries.schedule_of(request.arrival.actor, handle))


def _shown(request: Request, row: Schedule, wrong: Wrong | None = None) -> HttpResponse:
    actor, at = request.arrival.actor, request.arrival.at
    days = next((n for n in SPANS if str(n) == request.GET.get("days")), 14)
    start, end = _span(request.GET.get("from", ""), days, row.timezone, at)
    history = queries.history_of(row.pk)
    found = queries.shifts(row.pk, start, end)
    people = people_in(found, history.versions[-1].spec)
    stands = standing(row, at=at, until=soon(at, 28 * 24))
    carried = _loads(row, found, people, actor)
    context = {
        "head": _head(row, stands, actor, at),
        "span": _steps(row, start, end, days),
        "schedule": picture(
            row.name, row.timezone, start, end, at, lanes(history, found, start, end, people, actor)
        ),
        "shifts_data": data_of(found, people, row.timezone),
        "banners": [*gap_banners(row, at), *clock_banners(note for note in stands.clocks if note.at < end)],
        "days": _list(row, _whole(row, start, end), people, actor, at),
        "loads": carried,
        "loads_top": max((load["hours"] for load in carried), default=1),
        "loads_note": _("in what is shown, nights by each one's own clock"),
        "checks": checks(stands.findings, people, row.timezone),
        "override": _override_form(row, actor, request, wrong),
        "notes": [
            {"person": person_of(one.person, actor), "at": one.at, "text": queries.text_of(one)}
            for one in queries.notes_of(actor, row)[:3]
        ],
        "note_url": f"/oncall/{row.handle}/note" if may(actor, Right.RESPOND) else "",
    }
    status = wrong.status if wrong is not None else 200
    return render(request, "screens/schedule.html", context, status=status)


def _span(wanted: str, days: int, timezone: str, at: datetime) -> tuple[datetime, datetime]:
    """The Monday of the day asked for (today's), and so many days later, by the schedule's wall clock."""
    where = zone(timezone)
    try:
        day = datetime.fromisoformat(wanted).date()
    except ValueError:
        day = at.astimezone(where).date()
    monday = datetime(day.year, day.month, day.day) - timedelta(days=day.weekday())  # noqa: DTZ001 - a wall time
    return instant(monday, where), instant(monday + timedelta(days=days), where)


def _steps(row: Schedule, start: datetime, end: datetime, days: int) -> Dict:
    first, after = start.astimezone(zone(row.timezone)), end.astimezone(zone(row.timezone))
    last, before = after - timedelta(hours=2), first - timedelta(days=days)
    words = {7: _("Week"), 14: _("2 weeks"), 28: _("Month")}
    return {
        "title": f"{first.day} {first:%B} – {last.day} {last:%B %Y}",
        "today_url": f"/oncall/{row.handle}?days={days}",
        "back_url": f"?days={days}&from={before.date().isoformat()}",
        "on_url": f"?days={days}&from={after.date().isoformat()}",
        "zone": row.timezone,
        "note": "",
        "choices": [
            {"word": words[n], "url": f"?days={n}&from={first.date().isoformat()}", "chosen": n == days}
            for n in SPANS
        ],
    }


def gap_banners(row: Schedule, at: datetime) -> list[Dict]:
    """The next stretch with nobody on call within a week, with a way to cover it."""
    return [
        {
            "bold": [
                _("100 % uncovered: nobody from ") if is_whole_week(gap, at, soon(at)) else _("Nobody from "),
                {"at": gap.start, "style": "full"},
                _(" to "),
                {"at": gap.end, "style": "full"},
                ".",
            ],
            "text": _("%(schedule)s, for %(length)s.")
            % {"schedule": row.name, "length": span((gap.end - gap.start).total_seconds())},
            "kind": "now",
            "action": {"label": _("Cover it"), "url": _cover_url(row, gap), "method": "get", "style": "edge"},
        }
        for gap in queries.gaps(row.pk, at, soon(at))[:1]
    ]


def _cover_url(row: Schedule, shift: Shift) -> str:
    start, end = local_value(shift.start, row.timezone), local_value(shift.end, row.timezone)
    return f"/oncall/{row.handle}?cover={start}&until={end}#cover"


def _head(row: Schedule, stands: Preview, actor: Actor, at: datetime) -> Dict:
    now, missing = stands.shifts[0], [one for one in stands.shifts if not one.people]
    people = Person.objects.in_bulk([int(person) for person in now.people])
    person = together(now.people, people, actor)
    if missing:
        length = span((missing[0].end - missing[0].start).total_seconds())
        title = _("%(schedule)s has nobody for %(length)s.") % {"schedule": row.name, "length": length}
    elif person is None:
        title = _("Nobody is on call for %(schedule)s.") % {"schedule": row.name}
    elif actor.id in now.people:
        title = _("You are on call.")
    else:
        title = _("%(name)s is on call.") % {"name": person["name"]}
    edit = {
        "label": _("Edit layers"),
        "url": f"/schedules/{row.handle}/edit",
        "method": "get",
        "style": "edge",
    }
    return {
        "title": title,
        "trail": [{"word": _("On-call"), "url": "/oncall"}, {"word": row.name}],
        "second": [_("Until "), {"at": now.end, "style": "full"}, "."],
        "actions": [edit] if may(actor, Right.EDIT_TEAM, team=row.team_id) else [],
    }


def _whole(row: Schedule, start: datetime, end: datetime) -> list[Shift]:
    """The shifts that touch what is shown, as they really begin and end (looked at four weeks around)."""
    around = queries.shifts(row.pk, start - _AROUND, end + _AROUND)
    return [shift for shift in around if shift.start < end and shift.end > start]


def _list(row: Schedule, found: list[Shift], people: People, actor: Actor, at: datetime) -> list[Dict]:
    """The same as a list: what is over is left out; each can be covered, whole or by halves."""
    days = []
    can = may(actor, Right.RESPOND)
    for shift in found:
        if shift.end <= at:
            continue
        person = together(shift.people, people, actor)
        entry: Dict = {
            "person": person,
            "second": _("until %(end)s") % {"end": wall(shift.end, row.timezone)},
        }
        if shift.start <= at:
            entry["chip"] = {"text": _("on call now"), "kind": "you" if actor.id in shift.people else ""}
        if can:
            first, second = halves(shift)
            entry["covers"] = [
                {"word": _("Cover"), "url": _cover_url(row, shift)},
                {"word": _("first half"), "url": _cover_url(row, first)},
                {"word": _("second half"), "url": _cover_url(row, second)},
            ]
        days.append({"word": wall(shift.start, row.timezone), "shifts": [entry]})
    return days


def _loads(row: Schedule, found: list[Shift], people: People, actor: Actor) -> list[Dict]:
    zones: dict[int | str, str] = {key: person.timezone for key, person in people.items()}
    hour = timedelta(hours=1)
    return [
        {
            "person": person_of(people.get(int(load.person)), actor),
            "hours": round(load.time / hour),
            "nights": load.nights,
            "weekend": round(load.weekend / hour),
        }
        for load in loads(found, zones, row.timezone)
    ]


def _override_form(row: Schedule, actor: Actor, request: Request, wrong: Wrong | None) -> Dict | None:
    manages = may(actor, Right.EDIT_TEAM, team=row.team_id)
    if not manages and not may(actor, Right.RESPOND):
        return None
    rota = active_people()
    mine = [one for one in rota if manages or one.pk == actor.id]
    kinds = [(kind.value, word) for kind, word in _kinds().items() if manages or kind is not Effect.REMOVE]
    chosen = {"start": request.GET.get("cover", ""), "until": request.GET.get("until", "")}
    fields = {
        "people": _select("person", _("Who"), [(one.pk, one.name) for one in mine], actor.id),
        "kind": _select("kind", _("What happens"), kinds, "cover"),
        "replaces": _select("replaces", _("Whom"), [("", "–"), *((one.pk, one.name) for one in rota)], ""),
        "from": _moment("from", _("From"), chosen["start"]),
        "until": _moment("until", _("Until"), chosen["until"]),
    }
    again = drawn_again(list(fields.values()), wrong)
    return {"url": f"/oncall/{row.handle}/override"} | dict(zip(fields, again, strict=True))


def _moment(name: str, label: str, value: str) -> Dict:
    return {"name": name, "label": label, "kind": "datetime-local", "required": True, "value": value}


def _kinds() -> dict[Effect, str]:
    return {
        Effect.COVER: _("is on call alone"),
        Effect.ADD: _("is on call too"),
        Effect.REPLACE: _("stands in for"),
        Effect.REMOVE: _("is not on call"),
    }


def _select(name: str, label: str, options: list[tuple[Any, str]], chosen: Any) -> Dict:
    return {
        "name": name,
        "label": label,
        "kind": "select",
        "options": [
            {"value": str(value), "word": word, "chosen": value == chosen} for value, word in options
        ],
    }


@require_POST
def override(request: Request, handle: str) -> HttpResponse:
    """Change who has an interval; times as typed, local to the schedule.

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
    return HttpResponseRedirect(f"/oncall/{row.handle}")


def _cover(request: Request, row: Schedule) -> None:
    kind = request.POST.get("kind", Effect.COVER.value)
    person_id = _number(request, "person")
    if person_id not in {one.pk for one in active_people()}:
        raise Refused(NotFound.PERSON, {"handle": request.POST.get("person", "")[:80]})
    add_override(
        row.pk,
        actor=request.arrival.actor,
        at=request.arrival.at,
        start=request.POST.get("from", ""),
        end=request.POST.get("until", ""),
        person_id=person_id,
        kind=kind,
        replaces_id=_number(request, "replaces") if kind == Effect.REPLACE else None,
    )


def _number(request: Request, name: str) -> int:
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


@require_POST
def note(request: Request, handle: str) -> HttpResponse:
    """Leave a note for whoever comes on call next."""
    row = queries.schedule_of(request.arrival.actor, handle)
    leave_note(row.pk, request.POST.get("note", ""), actor=request.arrival.actor, at=request.arrival.at)
    messages.success(request, _("Left. Whoever comes on call next reads it."))
    return HttpResponseRedirect(f"/oncall/{row.handle}")
