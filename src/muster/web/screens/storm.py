"""A storm: what began first, lanes by service, what was held back and why, its groups, first seen first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.permissions import Actor
from muster.core.storm import GroupSeen
from muster.evaluate.queries import number_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.mobilize.escalation.storm import WINDOWS, StormReport, storm
from muster.web.screens.parts import count_words
from muster.web.screens.storm_picture import picture
from muster.web.screens.storm_rows import ADDRESS, Rows

Dict = dict[str, Any]

_PAGE = 30
_LARGEST = 3


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address chooses: a time, a service, a state, from which group on."""

    of: str
    service: Service | None
    state: str
    start: int

    def url(self, **other: Any) -> str:
        """The address with something chosen otherwise."""
        handle = self.service.handle if self.service is not None else ""
        said: Dict = {"of": self.of, "service": handle, "state": self.state, "from": self.start} | other
        kept = {name: text for name, text in said.items() if text and (name, text) != ("state", "open")}
        return f"{ADDRESS}?{urlencode(kept)}" if kept else ADDRESS


@require_safe
def overview(request: Request) -> HttpResponse:
    """The latest storm, or the time just past.

    Raises:
        Refused: the address names a service that is not there.
    """
    actor, at = request.arrival.actor, request.arrival.at
    asked = _asked(request.GET, actor)
    report = storm(actor, at, of=asked.of)
    listed = [one for one in report.only(_pk(asked.service)) if _is_in(one, asked.state)]
    largest = report.made.largest(_LARGEST)
    page = listed[asked.start : asked.start + _PAGE]
    drawn = Rows(actor, asked.url(), [one.id for one in (*page, *largest)])
    context = {
        "head": _head(report, at),
        "banner": _phone_banner(report),
        "began": _began(report),
        "largest": drawn.rows(largest, loud=True),
        "storm": picture(report, lambda handle: asked.url(service=handle, **{"from": 0})),
        "lanes_title": _("The storm, by service") if report.is_storm else _("Alerts, by service"),
        "times": _times(asked, report),
        "filters": _filters(asked, report),
        "only": {"name": asked.service.name, "url": asked.url(service="", **{"from": 0})}
        if asked.service is not None
        else None,
        "groups": drawn.rows(page, loud=not asked.start),
        "held": _held(report),
        "bulk": drawn.bulk(),
        "url": asked.url(),
        "empty": _empty(report),
        "pager": _pager(asked, len(listed)),
        "whole": report.whole,
    }
    return render(request, "screens/storm.html", context)


def _asked(said: QueryDict, actor: Actor) -> _Asked:
    handle = said.get("service", "")
    service = by_handle(Service, handle, actor=actor) if handle else None
    of = said.get("of", "")
    state = said.get("state", "open")
    start = min(number_of(said.get("from", "")) or 0, 1_000_000)
    return _Asked(of if of in WINDOWS else "", service, state if state in _STATES else "open", start)


_STATES = ("open", "waiting", "all")


def _pk(service: Service | None) -> int | None:
    return service.pk if service is not None else None


def _is_in(one: GroupSeen, state: str) -> bool:
    return state == "all" or (one.waits if state == "waiting" else one.is_open)


def _head(report: StormReport, at: datetime) -> Dict:
    return {
        "title": _title(report),
        "trail": [{"word": _("Alerts"), "url": "/alerts"}, {"word": _("Storm")}],
        "second": [*_came(report), " ", _became(report), *_over(report, at)],
    }


def _title(report: StormReport) -> str:
    """What is needed of whoever looks, and only what is so."""
    made, sent = report.made, report.sent
    if made.waiting:
        return count_words(
            made.waiting, _("group is waiting for somebody."), _("groups are waiting for somebody.")
        )
    if made.unjudged:
        words = _("alert is about to be judged."), _("alerts are about to be judged.")
        return count_words(made.unjudged, *words)
    if report.run is None or not made.alerts:
        return _("There is no storm.")
    if not made.open:
        return _("All of it is over.")
    if made.held_alerts == made.alerts and not (sent.pages or sent.asked):
        return _("Nobody was paged: all of it is held back.")
    if made.held_open == made.open:
        return _("What is not over is held back.")
    if made.held_open:
        return _("What is not held back is with somebody.")
    return _("Every alert of this storm is with somebody.")


def _came(report: StormReport) -> list[Any]:
    """How many alerts from how many services, since when."""
    made = report.made
    alerts = ngettext("%(n)s alert", "%(n)s alerts", made.alerts) % {"n": made.alerts}
    services = ngettext("%(n)s service", "%(n)s services", made.services) % {"n": made.services}
    since = made.first.at if made.first is not None else report.window.since
    return [_("%(alerts)s from %(services)s since ") % {"alerts": alerts, "services": services}, since, "."]


def _became(report: StormReport) -> str:
    """How many groups, and how many pages to how many people."""
    facts = {
        "groups": ngettext("%(n)s group", "%(n)s groups", len(report.made.groups))
        % {"n": len(report.made.groups)},
        "pages": ngettext("%(n)s page", "%(n)s pages", report.sent.pages) % {"n": report.sent.pages},
        "people": ngettext("%(n)s person", "%(n)s people", len(report.sent.people))
        % {"n": len(report.sent.people)},
    }
    if not report.sent.pages and report.sent.asked:
        facts["people"] = ngettext("%(n)s person is", "%(n)s people are", report.sent.asked) % {
            "n": report.sent.asked
        }
        return _("They are %(groups)s. %(people)s being paged; no message has got through yet.") % facts
    if not report.sent.pages:
        return _("They are %(groups)s, and paged nobody.") % facts
    return _("They are %(groups)s, and became %(pages)s to %(people)s.") % facts


def _over(report: StormReport, at: datetime) -> list[Any]:
    if report.run is None or not report.is_storm or report.run.goes_on(at):
        return []
    return [" ", _("It has been calm since "), report.run.last, "."]


def _phone_banner(report: StormReport) -> Dict | None:
    """What a phone shows first: how many, of how many services, since when, and that it is one page."""
    if not report.is_storm or not report.made.alerts:
        return None
    return {
        "bold": _came(report),
        "text": _("All of it is one page.") if report.sent.pages == 1 else _became(report),
        "kind": "now" if report.made.waiting else "line",
        "icon": "zap",
    }


def _began(report: StormReport) -> Dict | None:
    first = report.first
    if first is None:
        return None
    began = _("It began at ") if report.is_storm else _("The first came at ")
    words = [began, first.opened_at, _(" with %(service)s:") % {"service": first.service.name}]
    return {
        "bold": words,
        "text": first.summary,
        "kind": "line",
        "icon": "flag",
        "action": {
            "label": _("Open the first one"),
            "url": f"/alerts/{first.public_id}",
            "method": "get",
            "style": "edge",
            "small": True,
        },
    }


def _times(asked: _Asked, report: StormReport) -> list[Dict]:
    words = {"": _("The storm") if report.run is not None else _("Now"), "1h": _("1 h")}
    words |= {"6h": _("6 h"), "24h": _("24 h")}
    return [
        {"word": word, "url": asked.url(of=of, **{"from": 0}), "chosen": of == asked.of}
        for of, word in words.items()
    ]


def _filters(asked: _Asked, report: StormReport) -> list[Dict]:
    words = {"open": _("Open"), "waiting": _("Needs somebody"), "all": _("All groups")}
    mine = report.only(_pk(asked.service))
    return [
        {
            "word": word,
            "url": asked.url(state=state, **{"from": 0}),
            "count": sum(1 for one in mine if _is_in(one, state)),
            "chosen": state == asked.state,
        }
        for state, word in words.items()
    ]


def _held(report: StormReport) -> list[Dict]:
    """What was suppressed, and by which rule."""
    return [
        {
            "title": one.sentence,
            "url": _place_of(one.by),
            "glyph": {"state": "silenced" if one.by.startswith("silence:") else "suppressed"},
            "end": ngettext("%(n)s alert", "%(n)s alerts", one.alerts) % {"n": one.alerts},
        }
        for one in report.held
    ]


def _place_of(by: str) -> str:
    """Where what holds alerts back can be seen and changed."""
    kind, _colon, name = by.partition(":")
    if kind == "silence":
        return "/settings/silences"
    return f"/services/{name}" if kind == "dependency" else f"/settings/rules/{name}"


def _empty(report: StormReport) -> Dict:
    if report.made.alerts:
        return {
            "title": _("No group here."),
            "fact": _("Choose All groups to see those that are resolved, or another service."),
        }
    return {
        "title": _("No alert came."),
        "fact": _("When many come at once, their lanes and groups stand here."),
        "action": {"label": _("All alerts"), "url": "/alerts", "method": "get", "style": "edge"},
    }


def _pager(asked: _Asked, count: int) -> Dict | None:
    if count <= _PAGE:
        return None
    end = min(count, asked.start + _PAGE)
    told_of = _("%(first)s to %(last)s of %(count)s, first seen first")
    return {
        "newer_url": asked.url(**{"from": end}) if end < count else "",
        "older_url": asked.url(**{"from": max(0, asked.start - _PAGE)}) if asked.start else "",
        "text": told_of % {"first": min(asked.start + 1, end), "last": end, "count": count},
    }
