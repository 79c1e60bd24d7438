"""Your on-call: now and next, asking for cover, who asks you, leave, holidays, calendar feeds."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.cover import CoverState, CoverVerb
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.core.wallclock import instant, parse_moment, zone
from muster.foundation.access.models import Person
from muster.foundation.access.queries import active_people
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.mobilize.oncall import commands, queries
from muster.mobilize.oncall.api_away import feed_url
from muster.mobilize.oncall.models import PLANNED, CoverRequest, Schedule
from muster.mobilize.oncall.reasons import OnCall
from muster.web.screens.oncall_picture import Dict, local_value, wall
from muster.web.screens.parts import soon, span

_SHOWN = 8


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: Request) -> HttpResponse:
    """Everything about me and my shifts; POST asks for cover, enters leave, makes a feed ..."""
    act = _ACTS.get(request.POST.get("do", "")) if request.method == "POST" else None
    extra: Dict = {}
    status = 200
    if request.method == "POST":
        try:
            if act is None:
                raise Refused(OnCall.SPEC_INVALID, {"path": "do", "why": "?"})
            extra = act(request, _myself(request.arrival.actor))
            if not extra:
                return HttpResponseRedirect("/my-oncall")
        except Refused as refused:
            words = told(refused)
            status, extra = words.status, {"problem": {"bold": words.sentence, "kind": "now"}}
    return render(request, "screens/oncall_me.html", _context(request) | extra, status=status)


def _myself(actor: Actor) -> Person:
    return Person.objects.get(pk=actor.id or 0)


def _context(request: Request) -> Dict:
    actor, at = request.arrival.actor, request.arrival.at
    myself = _myself(actor)
    rows = list(queries.schedules(actor))
    mine = _shifts(rows, actor, at)
    now = [one for one in mine if one[0] <= at]
    title = _("You are not on call.")
    if now:
        title = _("You are on call for %(schedule)s.") % {"schedule": now[0][2].name}
    covers = list(queries.cover_requests(actor).filter(state=CoverState.ASKED.value)[:50])
    return {
        "head": {"title": title, "trail": [{"word": _("On-call"), "url": "/oncall"}, {"word": _("Yours")}]},
        "zone": myself.timezone,
        "shifts": [_shift(start, end, row, at, myself) for start, end, row in mine],
        "asked": [_asked(one, myself) for one in covers if _for_me(one, actor)],
        "asking": [_asking(one, myself) for one in covers if one.asker_id == actor.id],
        "ask": _ask_form(request, [row for _s, _e, row in mine], actor),
        "leaves": [
            {
                "word": f"{wall(one.start, myself.timezone)} – {wall(one.end, myself.timezone)}",
                "id": one.pk,
            }
            for one in queries.leaves(actor).filter(person=myself, end__gt=at)
        ],
        "leave": [_moment("leave_from", _("From")), _moment("leave_to", _("Until"))],
        "feeds": [
            {"id": one.pk, "word": _feed_word(one.of), "last_read_at": one.last_read_at}
            for one in queries.feeds_of(actor)
        ],
        "feed": _feed_form(rows),
        "availability": _availability_form(actor),
    }


def _shifts(rows: list[Schedule], actor: Actor, at: datetime) -> list[tuple[datetime, datetime, Schedule]]:
    found = [
        (shift.start, shift.end, row)
        for row in rows
        for shift in queries.shifts(row.pk, at, soon(at, 56 * 24))
        if actor.id in shift.people
    ]
    return sorted(found, key=lambda one: (one[0], one[2].pk))[:_SHOWN]


def _shift(start: datetime, end: datetime, row: Schedule, at: datetime, myself: Person) -> Dict:
    first, last = local_value(start, myself.timezone), local_value(end, myself.timezone)
    return {
        "title": row.name,
        "url": f"/oncall/{row.handle}",
        "when": f"{wall(start, myself.timezone)} – {wall(end, myself.timezone)}",
        "length": span((end - start).total_seconds()),
        "now": start <= at,
        "ask_url": f"/my-oncall?schedule={row.handle}&from={first}&until={last}#ask",
    }


def _for_me(one: CoverRequest, actor: Actor) -> bool:
    if one.asked_id is not None:
        return one.asked_id == actor.id
    return one.asker_id != actor.id and actor.id in queries.rota_of(one.schedule_id)


def _asked(one: CoverRequest, myself: Person) -> Dict:
    words = {"asker": one.asker.name, "schedule": one.schedule.name} | _span_words(one, myself)
    title = _("%(asker)s asks you to take %(schedule)s") % words
    second = [_("%(start)s to %(end)s.") % words]
    if one.back_start:
        second.append(_("In return they take %(back_start)s to %(back_end)s of yours.") % words)
    if said := queries.text_of(one):
        second.append(f"“{said}”")
    return {
        "title": title,
        "second": " ".join(second),
        "id": one.pk,
        "person": {"name": one.asker.name, "id": str(one.asker_id)},
    }


def _asking(one: CoverRequest, myself: Person) -> Dict:
    words = {"schedule": one.schedule.name} | _span_words(one, myself)
    whom = one.asked.name if one.asked else _("everybody of the rota")
    title = _("You asked %(whom)s to take %(schedule)s") % {"whom": whom, **words}
    return {"title": title, "second": _("%(start)s to %(end)s.") % words, "id": one.pk}


def _span_words(one: CoverRequest, myself: Person) -> dict[str, str]:
    moments = {"start": one.start, "end": one.end, "back_start": one.back_start, "back_end": one.back_end}
    return {name: wall(moment, myself.timezone) for name, moment in moments.items() if moment}


def _ask_form(request: Request, mine: list[Schedule], actor: Actor) -> list[Dict]:
    wanted = request.GET.get("schedule") or request.POST.get("schedule", "")
    given = request.POST if request.method == "POST" else request.GET
    names = {row.handle: row.name for row in mine}
    people = [
        ("", _("Anyone of the rota")),
        *((p.handle, p.name) for p in active_people() if p.pk != actor.id),
    ]
    return [
        _select("schedule", _("Schedule"), list(names.items()), wanted),
        _select("of", _("Whom do you ask"), people, given.get("of", "")),
        _moment("from", _("From"), given.get("from", ""), required=True),
        _moment("until", _("Until"), given.get("until", ""), required=True),
        _moment("back_from", _("A swap: you take theirs from"), given.get("back_from", "")),
        _moment("back_until", _("until"), given.get("back_until", "")),
        {"name": "note", "label": _("A word with it"), "value": given.get("note", "")},
    ]


def _moment(name: str, label: str, value: str = "", *, required: bool = False) -> Dict:
    return {"name": name, "label": label, "kind": "datetime-local", "value": value, "required": required}


def _select(name: str, label: str, options: list[tuple[str, str]], chosen: str) -> Dict:
    shown = [{"value": value, "word": word, "chosen": value == chosen} for value, word in options]
    return {"name": name, "label": label, "kind": "select", "options": shown}


def _feed_form(rows: list[Schedule]) -> Dict:
    teams = {row.team.handle: row.team.name for row in rows if row.team}
    options = [("me", _("Your shifts"))]
    options += [
        (f"team:{handle}", _("Team %(name)s") % {"name": name}) for handle, name in sorted(teams.items())
    ]
    options += [(f"schedule:{row.handle}", row.name) for row in rows]
    options.append((f"{PLANNED}:work", _("Planned work")))
    return _select("feed_of", _("Of what"), options, "me")


def _feed_word(of: str) -> str:
    kind = of.partition(":")[0]
    words = {"person": _("Your shifts"), "team": _("A team's shifts"), PLANNED: _("Planned work")}
    return words.get(kind, _("A schedule's shifts"))


def _availability_form(actor: Actor) -> Dict:
    row = queries.availability_of(actor)
    fields: list[Dict] = [
        {
            "name": "holidays",
            "label": _("Public holidays of"),
            "value": row.holidays if row else "",
            "placeholder": "ES",
            "hint": _("A country or region: ES, DE-BY. Empty: your team's."),
        },
        {
            "name": "calendar",
            "label": _("Your calendar's address (iCalendar)"),
            "kind": "url",
            "hint": _("Read each hour; only busy times of four hours or more are kept. Empty: as it is."),
        },
    ]
    return {
        "fields": fields,
        "has_calendar": bool(row and row.calendar),
        "busy": len(row.busy) if row else 0,
        "problem": row.problem if row else "",
        "read_at": row.read_at if row else None,
    }


# What a POST may do. Each gives what the page is to show besides, or nothing: then the page is fetched anew.


def _ask(request: Request, myself: Person) -> Dict:
    given, arrival = request.POST, request.arrival
    back = None
    if given.get("back_from") or given.get("back_until"):
        back = (_instant(given.get("back_from", ""), myself), _instant(given.get("back_until", ""), myself))
    asked = given.get("of", "")
    commands.ask_cover(
        queries.schedule_of(arrival.actor, given.get("schedule", "")).pk,
        actor=arrival.actor,
        at=arrival.at,
        give=(_instant(given.get("from", ""), myself), _instant(given.get("until", ""), myself)),
        asked_id=next((one.pk for one in active_people() if one.handle == asked), 0) if asked else None,
        back=back,
        note=given.get("note", "").strip(),
    )
    messages.success(request, _("Asked. You stay on call until somebody agrees."))
    return {}


def _instant(local: str, myself: Person) -> datetime:
    try:
        return instant(parse_moment(local), zone(myself.timezone))
    except ValueError:
        raise Refused(
            OnCall.SPEC_INVALID, {"path": local[:20] or "from", "why": _("it cannot be read")}
        ) from None


def _add_leave(request: Request, myself: Person) -> Dict:
    commands.add_leave(
        myself.pk,
        actor=request.arrival.actor,
        at=request.arrival.at,
        start=_instant(request.POST.get("leave_from", ""), myself),
        end=_instant(request.POST.get("leave_to", ""), myself),
    )
    messages.success(request, _("Entered. Schedules show where you are missing."))
    return {}


def _set_availability(request: Request, myself: Person) -> Dict:
    calendar = request.POST.get("calendar", "").strip()
    commands.set_availability(
        myself.pk,
        actor=request.arrival.actor,
        at=request.arrival.at,
        holidays=request.POST.get("holidays", "").strip(),
        calendar="" if request.POST.get("forget") else calendar or None,
    )
    messages.success(request, _("Saved."))
    return {}


def _make_feed(request: Request, myself: Person) -> Dict:
    actor = request.arrival.actor
    kind, _sep, handle = request.POST.get("feed_of", "me").partition(":")
    subject = myself.subject
    if kind == PLANNED:
        subject = f"{PLANNED}:0"
    if kind == "schedule":
        subject = queries.schedule_of(actor, handle).subject
    if kind == "team":
        found = next(
            (row.team for row in queries.schedules(actor) if row.team and row.team.handle == handle), None
        )
        subject = found.subject if found else subject
    _row, secret = commands.add_feed(subject, actor=actor, at=request.arrival.at)
    return {"new_feed": feed_url(secret)}


_ACTS: dict[str, Callable[[Request, Person], Dict]] = {
    "ask": _ask,
    "leave": _add_leave,
    "availability": _set_availability,
    "feed": _make_feed,
}


@require_POST
def answer_cover(request: Request, cover_id: int, verb: str) -> HttpResponse:
    """Accept, decline or withdraw."""
    commands.answer_cover(cover_id, CoverVerb(verb), actor=request.arrival.actor, at=request.arrival.at)
    said = {"accept": _("Yours now."), "decline": _("Declined."), "withdraw": _("Withdrawn.")}
    messages.success(request, said[verb])
    return HttpResponseRedirect("/my-oncall")


@require_POST
def end_leave(request: Request, leave_id: int) -> HttpResponse:
    """Take leave back."""
    commands.retire_leave(leave_id, actor=request.arrival.actor, at=request.arrival.at)
    return HttpResponseRedirect("/my-oncall")


@require_POST
def revoke_feed(request: Request, feed_id: int) -> HttpResponse:
    """Make a feed's address worth nothing."""
    commands.revoke_feed(feed_id, actor=request.arrival.actor, at=request.arrival.at)
    messages.success(request, _("Revoked. Its address answers nobody any more."))
    return HttpResponseRedirect("/my-oncall#feeds")
