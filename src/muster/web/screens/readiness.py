"""Who could be reached now, how well that is proved, and when everybody is tested."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from muster.core.permissions import Actor, Right
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import every
from muster.mobilize.reach.commands import change_plan
from muster.mobilize.reach.queries import Readiness, people_to_report, readiness_of, test_plan
from muster.mobilize.reach.words import said
from muster.web.screens.parts import may, person_of

Dict = dict[str, Any]


@require_safe
def overview(request: Request) -> HttpResponse:
    """Everybody, or one team (`?team=`): who can not be reached first, with what is lacking."""
    actor, at = request.arrival.actor, request.arrival.at
    teams = list(every(Team, actor=actor))
    team = next((one for one in teams if one.handle == request.GET.get("team")), None)
    told = readiness_of(people_to_report(actor, team.pk if team else None), at)
    groups = [
        {"title": _("Nobody can wake them"), "rows": [_row(one, actor) for one in told if not one.reachable]},
        {
            "title": _("Reachable, but"),
            "rows": [_row(one, actor) for one in told if one.reachable and one.findings],
        },
        {"title": _("Ready"), "rows": [_row(one, actor) for one in told if not one.findings]},
    ]
    context = {
        "head": {
            "title": _title(told),
            "second": _second(at),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Readiness")}],
        },
        "banners": [],
        "filters": _teams(teams, team),
        "search": None,
        "groups": [group for group in groups if group["rows"]],
        "empty": {"title": _("Nobody is in this team.")},
        "form": _plan_form() if may(actor, Right.CONFIGURE) else None,
    }
    return render(request, "settings/list.html", context)


def _title(told: list[Readiness]) -> str:
    silent = sum(1 for one in told if not one.reachable)
    if silent:
        words = ngettext("%(n)s person can not be reached.", "%(n)s people can not be reached.", silent)
        return words % {"n": silent}
    lacking = sum(1 for one in told if one.findings)
    if lacking:
        words = ngettext("%(n)s person lacks something.", "%(n)s people lack something.", lacking)
        return _("Everybody can be reached; ") + words % {"n": lacking}
    return _("Everybody can be reached, and it is proved.")


def _second(at: datetime) -> list[Any]:
    plan = test_plan()
    if plan is None or plan.due_at is None:
        return [_("No test pages are planned.")]
    return [_("The next round of test pages: "), {"at": plan.due_at, "style": "short"}, "."]


def _row(one: Readiness, actor: Actor) -> Dict:
    ways = ", ".join(contact.name for contact in one.contacts if contact.usable) or _("no proved way")
    proved: list[Any] = []
    if one.proved_at is not None:
        proved = ["; ", _("last arrived "), {"at": one.proved_at, "style": "relative"}]
    return {
        "title": one.person.name,
        "url": f"/people/{one.person.handle}",
        "second": [ways, *proved],
        "glyph": {"person": person_of(one.person, actor)},
        "chips": [{"text": said(finding), "kind": "reason"} for finding in one.findings],
    }


def _teams(teams: list[Team], chosen: Team | None) -> list[Dict]:
    return [
        {"word": _("Everybody"), "url": "/readiness", "chosen": chosen is None},
        *(
            {"word": team.name, "url": f"/readiness?team={team.handle}", "chosen": team == chosen}
            for team in teams
        ),
    ]


def _plan_form() -> Dict:
    plan = test_plan()
    on = plan is not None and plan.due_at is not None
    days = [
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
    ]  # fmt: skip
    weekday, hour, weeks = (plan.weekday, plan.hour, plan.every_weeks) if plan else (2, 11, 4)
    return {
        "title": _("When everybody gets a test page"),
        "url": "/readiness/plan",
        "label": _("Save the plan"),
        "form": [
            _choice(
                "on",
                _("Test pages"),
                [("", _("None are planned")), ("yes", _("Planned"))],
                "yes" if on else "",
            ),
            _choice("weekday", _("Day"), [(str(n), word) for n, word in enumerate(days)], str(weekday)),
            _choice("hour", _("Hour"), [(str(n), f"{n:02d}:00") for n in range(24)], str(hour)),
            _choice(
                "every_weeks",
                _("How often"),
                [("1", _("Every week")), ("2", _("Every 2 weeks")), ("4", _("Every 4 weeks"))],
                str(weeks),
            ),
        ],
    }


def _choice(name: str, label: str, options: list[tuple[str, str]], chosen: str) -> Dict:
    return {
        "name": name,
        "label": label,
        "kind": "select",
        "options": [{"value": value, "word": word, "chosen": value == chosen} for value, word in options],
    }


@require_POST
def plan(request: Request) -> HttpResponse:
    """Change when test pages are sent to everybody."""
    arrival = request.arrival
    numbers = {name: request.POST.get(name, "") for name in ("weekday", "hour", "every_weeks")}
    read = {name: int(text) if text.isdecimal() and len(text) < 4 else -1 for name, text in numbers.items()}
    row = change_plan(on=request.POST.get("on") == "yes", actor=arrival.actor, at=arrival.at, **read)
    messages.success(
        request, _("Planned.") if row.due_at is not None else _("No test pages are planned now.")
    )
    return HttpResponseRedirect("/readiness")
