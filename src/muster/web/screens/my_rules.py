"""How I am paged: by what and when, and the hours at which what can wait is held."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from muster.core.refusal import Refused
from muster.core.urgency import Urgency
from muster.core.wallclock import format_duration, parse_duration
from muster.foundation.access.models import Contact, Person
from muster.foundation.access.queries import contacts_of
from muster.foundation.access.requests import Request
from muster.foundation.timeline.refusals import told
from muster.mobilize.paging.commands import change_contact_rules
from muster.mobilize.paging.queries import Reach
from muster.mobilize.paging.words import said
from muster.web.screens.oncall_picture import wall

Dict = dict[str, Any]

_LEAST_STEPS, _MOST_STEPS = 3, 20
_LEAST_WINDOWS, _MOST_WINDOWS = 2, 14
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@require_http_methods(["GET", "HEAD", "POST"])
def my_rules(request: Request) -> HttpResponse:
    """My contact rules and my hours; POST replaces them whole."""
    person = Person.objects.get(pk=request.arrival.actor.id or 0)
    rules, hours = dict(person.rules), dict(person.hours)
    problem: Dict | None = None
    if request.method == "POST":
        rules, hours = posted(request.POST)
        try:
            change_contact_rules(
                person.pk, actor=request.arrival.actor, at=request.arrival.at, rules=rules, hours=hours
            )
            messages.success(request, _("Saved. It holds from the next page on."))
            return HttpResponseRedirect("/settings/me/rules")
        except Refused as refused:
            problem = {"bold": told(refused).sentence, "kind": "now"}
    context = _context(person, rules, hours, request.arrival.at) | {"problem": problem}
    return render(request, "settings/rules.html", context, status=422 if problem else 200)


def posted(given: QueryDict) -> tuple[Dict, Dict]:
    """What the form says, as rules and hours; lines without a contact or without times say nothing."""
    rules = {urgency.value: _steps(given, urgency.value) for urgency in Urgency}
    hours = {name: _windows(given, name) for name in ("quiet", "working")}
    return rules, hours


def _steps(given: QueryDict, urgency: str) -> list[Dict]:
    lines = [
        (given.get(f"{urgency}-{n}-use", ""), given.get(f"{urgency}-{n}-after", "").strip())
        for n in range(_MOST_STEPS)
    ]
    return [{"after": _wait(after), "use": use[:63]} for use, after in lines if use]


def _wait(after: str) -> str:
    """Bare digits are minutes; anything else is as people write it elsewhere: 90s, 5m, 1h."""
    return f"{after}m" if after.isdecimal() else after[:20] or "0s"


def _windows(given: QueryDict, name: str) -> list[Dict]:
    found = []
    for n in range(_MOST_WINDOWS):
        start, end = given.get(f"{name}-{n}-from", ""), given.get(f"{name}-{n}-to", "")
        days = [day for day in given.getlist(f"{name}-{n}-days") if day in _DAYS]
        if start or end or days:
            found.append({"days": days, "from": start[:8] or "00:00", "to": end[:8] or "24:00"})
    return found


def _context(person: Person, rules: Mapping[str, Any], hours: Mapping[str, Any], at: datetime) -> Dict:
    contacts = contacts_of([person.pk])[person.pk]
    return {
        "head": {
            "title": _("How you are paged."),
            "second": _("All times are on your own wall: %(zone)s.") % {"zone": person.timezone},
            "trail": [
                {"word": _("Settings"), "url": "/settings"},
                {"word": _("You"), "url": "/settings/me"},
                {"word": _("Rules and hours")},
            ],
        },
        "now": would_happen(person, at),
        "urgencies": [
            {
                "name": urgency.value,
                "word": word,
                "second": second,
                "steps": _step_fields(urgency.value, rules.get(urgency.value, []), contacts),
            }
            for urgency, word, second in (
                (Urgency.HIGH, _("When it is urgent"), _("Also at night: nothing holds it.")),
                (Urgency.LOW, _("When it can wait"), _("Only at the hours that you leave for it below.")),
            )
        ],
        "hours": [
            _window_card(
                "quiet",
                _("Quiet hours"),
                _("What can wait is held until they end. What is urgent always comes through."),
                hours,
            ),
            _window_card(
                "working",
                _("Working hours"),
                _("If you name any, what can wait comes only within them."),
                hours,
            ),
        ],
    }


def _step_fields(urgency: str, steps: Sequence[Mapping[str, Any]], contacts: Sequence[Contact]) -> list[Dict]:
    shown: list[Mapping[str, Any]] = [*steps]
    shown += [{}] * max(1, _LEAST_STEPS - len(shown))
    return [
        {
            "use": _choice(f"{urgency}-{n}-use", n, str(step.get("use", "")), contacts),
            "after": {
                "name": f"{urgency}-{n}-after",
                "label": _("After minutes"),
                "value": _minutes(str(step.get("after", ""))),
                "placeholder": "0",
            },
        }
        for n, step in enumerate(shown[:_MOST_STEPS])
    ]


def _choice(name: str, number: int, chosen: str, contacts: Sequence[Contact]) -> Dict:
    words = {row.name: row.name if row.verified_at else _("%(name)s (not proved)") for row in contacts}
    listed = [("", _("Nothing more") if number else _("Every proved way at once"))]
    listed += [(key, word % {"name": key}) for key, word in words.items()]
    if chosen and chosen not in words:
        listed.append((chosen, _("%(name)s (gone)") % {"name": chosen}))
    options = [{"value": value, "word": word, "chosen": value == chosen} for value, word in listed]
    return {"name": name, "label": _("By"), "kind": "select", "options": options}


def _minutes(after: str) -> str:
    """Whole minutes as digits, what is finer as it is written, what cannot be read as it was typed."""
    try:
        span = parse_duration(after)
    except ValueError:
        return after
    minutes, rest = divmod(int(span.total_seconds()), 60)
    return format_duration(span) if rest else str(minutes)


def _window_card(name: str, word: str, second: str, hours: Mapping[str, Any]) -> Dict:
    shown: list[Mapping[str, Any]] = [*hours.get(name, [])]
    shown += [{}] * max(1, _LEAST_WINDOWS - len(shown))
    return {
        "name": name,
        "word": word,
        "second": second,
        "windows": [_window(name, n, one) for n, one in enumerate(shown[:_MOST_WINDOWS])],
    }


def _window(name: str, number: int, one: Mapping[str, Any]) -> Dict:
    chosen = one.get("days", [])
    start, end = str(one.get("from", "")), str(one.get("to", ""))
    label = {"quiet": _("Quiet from"), "working": _("Working from")}[name]
    return {
        "number": number + 1,
        "days": [
            {"name": f"{name}-{number}-days", "value": day, "word": word, "chosen": day in chosen}
            for day, word in _day_words().items()
        ],
        "from": {"name": f"{name}-{number}-from", "label": label, "kind": "time", "value": start},
        "to": {
            "name": f"{name}-{number}-to",
            "label": _("until"),
            "kind": "time",
            "value": "00:00" if end == "24:00" else end,
        },
    }


def hours_sentence(hours: Mapping[str, Any]) -> str:
    """When what can wait is held, in words; empty when nothing is."""
    leads = {
        "quiet": _("What can wait is held %(when)s."),
        "working": _("What can wait comes only %(when)s."),
    }
    told_of = []
    for name, lead in leads.items():
        windows = [
            _("%(days)s %(start)s to %(end)s") % {"days": _days(one), "start": one["from"], "end": one["to"]}
            for one in hours.get(name, [])
        ]
        if windows:
            told_of.append(lead % {"when": ", ".join(windows)})
    return " ".join(told_of)


def _days(window: Mapping[str, Any]) -> str:
    words = _day_words()
    chosen = window.get("days", [])
    return _("every day") if len(chosen) in (0, len(_DAYS)) else " ".join(words[day] for day in chosen)


def _day_words() -> dict[str, str]:
    spelled = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    return dict(zip(_DAYS, spelled, strict=True))


def would_happen(person: Person, at: datetime) -> list[Dict]:
    """What would happen if somebody were paged now, in sentences with times; one for each urgency."""
    reach = Reach(at)
    leads = {Urgency.HIGH: _("Something urgent:"), Urgency.LOW: _("Something that can wait:")}
    told_of = []
    for urgency, lead in leads.items():
        plan = reach.plan(person.pk, urgency)
        steps = [
            _("%(use)s at %(when)s") % {"use": each.contact.name, "when": wall(each.due_at, person.timezone)}
            for each in plan.deliveries
        ]
        why = f" ({said(plan.begins.reason)})" if plan.begins is not None else ""
        words = ", ".join(steps) + why if steps else _("nothing reaches you")
        told_of.append({"lead": lead, "words": f"{words}.", "held": plan.begins is not None})
    return told_of
