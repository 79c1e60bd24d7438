"""What is muted: now, with what it holds back, and as a week or a month on the viewer's wall."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.muted_times import MIDNIGHT, before, day_of, days_touched, first_day, following, stretch
from muster.core.permissions import Actor, Right
from muster.core.recurrence import Span
from muster.core.wallclock import zone
from muster.evaluate.muted import MOST, Muting, muted_now, mutings
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.web.screens.muted_acts import ADDRESS, actions_of
from muster.web.screens.oncall_picture import picture
from muster.web.screens.parts import count_words, may

Dict = dict[str, Any]

_LANES = 14
_LISTED = 60
_A_MOMENT = timedelta(microseconds=1)
_NARROWEST = 0.006
"""A block is drawn no narrower than this part of the picture, so that it can be seen."""


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Which days are shown, on whose wall."""

    first: date
    month: bool
    timezone: str
    where: ZoneInfo
    span: Span

    def url(self, first: date, *, month: bool) -> str:
        """The address of other days."""
        return f"{ADDRESS}?view={'month' if month else 'week'}&from={first.isoformat()}"


@require_safe
def overview(request: Request) -> HttpResponse:
    """What is muted now, and the calendar around the day that the address names."""
    actor, at = request.arrival.actor, request.arrival.at
    calendar = _calendar(request, at)
    now = muted_now(actor, at)
    shown = mutings(actor, calendar.span.start, calendar.span.end)
    found = shown.found
    context = {
        "head": _head(now, at, actor),
        "banners": _banners(now),
        "now": [_row(one, actor, at) for one in now],
        "calm": {
            "title": _("No silence and no planned work is in force."),
            "fact": _("A silence mutes what it matches until it ends; planned work mutes its services."),
        },
        "picture": _picture(calendar, found, at),
        "days": _days(calendar, found),
        "left_out": "" if shown.whole and len(now) < MOST else _left_out(),
        "long": calendar.month,
        "zone": calendar.timezone,
        "views": _views(calendar, at),
        "span": _spelled(calendar),
        "earlier_url": calendar.url(before(calendar.first, month=calendar.month), month=calendar.month),
        "later_url": calendar.url(following(calendar.first, month=calendar.month), month=calendar.month),
    }
    return render(request, "screens/muted.html", context)


def _left_out() -> str:
    return _("Only the %(most)s that end first are shown. Choose a week to see fewer days.") % {"most": MOST}


def _calendar(request: Request, at: datetime) -> _Calendar:
    """A week, unless a month is asked for; around today, unless another day is."""
    person = Person.objects.get(pk=request.arrival.actor.id or 0)
    where = zone(person.timezone)
    month = request.GET.get("view") == "month"
    day = day_of(request.GET.get("from", ""), at.astimezone(where).date())
    first = first_day(day, month=month)
    return _Calendar(first, month, person.timezone, where, stretch(first, where, month=month))


def _head(now: Sequence[Muting], at: datetime, actor: Actor) -> Dict:
    title = count_words(len(now), _("thing is muted."), _("things are muted."))
    held = sum(one.swallowed.now for one in now)
    soon = sum(1 for one in now if one.ends_soon(at))
    second = ngettext("%(n)s alert is held back.", "%(n)s alerts are held back.", held) % {"n": held}
    if soon:
        words = ngettext("%(n)s ends within the hour.", "%(n)s end within the hour.", soon)
        second += " " + words % {"n": soon}
    head: Dict = {
        "title": title if now else _("Nothing is muted."),
        "trail": [{"word": _("Alerts"), "url": "/alerts"}, {"word": _("Muted")}],
        "second": second if now else "",
    }
    if may(actor, Right.RESPOND):
        head["actions"] = [
            _link(_("Silence alerts"), "/settings/silences", "bell-off"),
            _link(_("Plan work"), "/rules/new?kind=maintenance", "wrench"),
        ]
    return head


def _link(label: str, url: str, icon: str) -> Dict:
    return {"label": label, "url": url, "method": "get", "style": "edge", "icon": icon}


def _banners(now: Sequence[Muting]) -> list[Dict]:
    """Something severe is muted: whoever looks must see it first."""
    worst = _worst(one for one in now if one.is_whole)
    partly = _worst(now)
    critical = sum(one.swallowed.critical for one in now)
    if worst:
        bold = _("A service of %(incidents)s is muted.") % {"incidents": ", ".join(worst)}
        return [{"bold": bold, "text": _("Nobody is paged for more that happens to it."), "kind": "now"}]
    if partly:
        bold = _("Alerts of a service of %(incidents)s are held back.") % {"incidents": ", ".join(partly)}
        return [{"bold": bold, "text": _("Nobody is paged for what is held back here."), "kind": "now"}]
    if critical:
        words = ngettext("%(n)s critical alert is muted.", "%(n)s critical alerts are muted.", critical)
        text = _("Nobody is paged for what is held back here.")
        return [{"bold": words % {"n": critical}, "text": text, "kind": "soon"}]
    return []


def _worst(found: Iterable[Muting]) -> list[str]:
    return sorted({name for one in found for name in one.swallowed.worst})


def _row(one: Muting, actor: Actor, at: datetime) -> Dict:
    """What is in force: until when, by whom and why, how many alerts it swallowed."""
    held = one.swallowed
    counted = ngettext("holds %(n)s alert", "holds %(n)s alerts", held.now) % {"n": held.now}
    if held.since > held.now:
        counted += _(", %(n)s since it began") % {"n": held.since}
    return {
        "key": one.by.replace(":", "-"),
        "title": one.name,
        "url": _place(one),
        "second": [_about(one), _("until "), {"at": one.end, "style": "short"}, f". {one.why} ({one.who})"],
        "glyph": {"state": "silenced"} if one.is_silence else {"state": "maintenance"},
        "chips": [{"text": counted, "kind": "reason", "icon": "bell-off"}, *_marks(one, at)],
        "actions": actions_of(one) if may(actor, Right.RESPOND) else [],
    }


def _about(one: Muting) -> str:
    """What planned work is about; a silence's matchers are its name."""
    if one.is_silence:
        return ""
    said = ", ".join([*one.where, *one.matchers])
    return f"{said}, " if said else ""


def _place(one: Muting) -> str:
    return "/settings/silences" if one.is_silence else f"/settings/rules/{one.key}"


def _marks(one: Muting, at: datetime) -> list[Dict]:
    """What somebody ought to look at."""
    marks: list[Dict] = []
    held = one.swallowed
    if held.worst:
        words = _("mutes a service of %(it)s")
        if not one.is_whole:
            words = _("holds back alerts of a service of %(it)s")
        marks.append({"text": words % {"it": ", ".join(held.worst)}, "kind": "now", "icon": "siren"})
    if held.critical:
        words = ngettext("%(n)s critical", "%(n)s critical", held.critical) % {"n": held.critical}
        marks.append({"text": words, "kind": "soon", "icon": "triangle-alert"})
    if one.catches_more and one.when_made is not None:
        words = _("catches more than when it was made: %(n)s then") % {"n": one.when_made.alerts}
        marks.append({"text": words, "kind": "soon", "icon": "trending-up"})
    if one.ends_soon(at):
        marks.append({"text": _("ends within the hour"), "kind": "soon", "icon": "clock"})
    return marks


def _picture(calendar: _Calendar, found: Sequence[Muting], at: datetime) -> Dict | None:
    """A lane for each silence and each planned work, in the order in which they begin."""
    lanes: dict[str, Dict] = {}
    for one in sorted(found, key=lambda one: (one.start, one.by)):
        if one.by not in lanes and len(lanes) == _LANES:
            continue
        lane = lanes.setdefault(one.by, {"name": one.name, "second": _who(one), "kind": "away", "blocks": []})
        lane["blocks"].append(_block(one, calendar))
    if not lanes:
        return None
    drawn = picture("", calendar.timezone, calendar.span.start, calendar.span.end, at, list(lanes.values()))
    words = _("What is muted from %(span)s. The same as a list stands below.")
    return drawn | {"dst": [], "summary": words % {"span": _spelled(calendar)}}


def _who(one: Muting) -> str:
    return _("silence, %(who)s") % {"who": one.who} if one.is_silence else _("planned work")


def _block(one: Muting, calendar: _Calendar) -> Dict:
    span = calendar.span
    least = (span.end - span.start) * _NARROWEST
    until = min(max(one.end, one.start + least), max(span.end, one.start + least))
    title = f"{one.name}: {_times(one, calendar.where)}, {one.why}"
    return {"from": one.start, "until": until, "word": one.why if not calendar.month else "", "title": title}


def _times(one: Muting, where: ZoneInfo) -> str:
    start, end = one.start.astimezone(where), one.end.astimezone(where)
    if start.time() == end.time() == MIDNIGHT and end.date() - start.date() == timedelta(days=1):
        return _("all day")
    if start.date() == (end - _A_MOMENT).date():  # until midnight is still that day
        return _("%(start)s to %(end)s") % {"start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}
    facts = {"start": f"{_day(start.date())}, {start:%H:%M}", "end": f"{_day(end.date())}, {end:%H:%M}"}
    return _("%(start)s to %(end)s") % facts


def _day(day: date) -> str:
    return date_format(day, "D j M")


def _days(calendar: _Calendar, found: Sequence[Muting]) -> list[Dict]:
    """The same as a list: by day, what goes on."""
    by_day: dict[date, list[Muting]] = {}
    for one in sorted(found, key=lambda one: (one.start, one.by)):
        for day in days_touched(Span(one.start, one.end), calendar.span, calendar.where):
            by_day.setdefault(day, []).append(one)
    return [
        {
            "title": date_format(day, "l j F"),
            "rows": [_listed(one, calendar.where) for one in by_day[day][:_LISTED]],
            "more": max(0, len(by_day[day]) - _LISTED),
        }
        for day in sorted(by_day)
    ]


def _listed(one: Muting, where: ZoneInfo) -> Dict:
    again = f" {_('It recurs.')}" if one.recurs else ""
    return {
        "title": one.name,
        "url": _place(one),
        "second": f"{_times(one, where)}, {_about(one)}{one.why} ({one.who}).{again}",
        "glyph": {"state": "silenced"} if one.is_silence else {"state": "maintenance"},
    }


def _views(calendar: _Calendar, at: datetime) -> list[Dict]:
    today = at.astimezone(calendar.where).date()
    here = calendar.first <= today < following(calendar.first, month=calendar.month)
    day = today if here else calendar.first
    return [
        {
            "word": word,
            "url": calendar.url(first_day(day, month=month), month=month),
            "chosen": month == calendar.month,
        }
        for month, word in ((False, _("Week")), (True, _("Month")))
    ]


def _spelled(calendar: _Calendar) -> str:
    if calendar.month:
        return date_format(calendar.first, "F Y")
    last = following(calendar.first, month=False) - timedelta(days=1)
    return _("%(first)s to %(last)s") % {"first": _day(calendar.first), "last": _day(last)}
