"""The report of a period, and the incidents behind each of its numbers."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from muster.core.metrics import Count, Figure, Verdict
from muster.core.permissions import Actor
from muster.core.wallclock import wall_time, zone
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Team
from muster.foundation.catalog.queries import every
from muster.foundation.obligations.words import label
from muster.review.metrics import words
from muster.review.metrics.asking import Asked, asked
from muster.review.metrics.behind import groups_behind
from muster.review.metrics.load import Load, Promise, loads, promises
from muster.review.metrics.periods import choices
from muster.review.metrics.queries import Measured, by_week, measured
from muster.review.showing import Dict, options, person_dict

TREND = "MTTR"
_SHOWN_LOADS = 12
_WELL, _FAIR = 95, 80
_MOST_NIGHTS_A_WEEK = 1.0
_WEEK = timedelta(days=7)


@require_safe
def reports(request: Request) -> HttpResponse:
    """The verdict first, then what drives it (R58)."""
    actor, at = request.arrival.actor, request.arrival.at
    ask = asked(request.GET.dict(), actor=actor, at=at)
    found = measured(actor, ask.period, ask.team)
    return render(request, "review/metrics.html", _report(found, ask, actor, at))


@require_safe
def behind(request: Request, number: str) -> HttpResponse:
    """The incidents behind one number: a metric, `severity:SEV1`, `service:checkout`, `cause:deploy` ..."""
    actor, at = request.arrival.actor, request.arrival.at
    ask = asked(request.GET.dict(), actor=actor, at=at)
    found = measured(actor, ask.period, ask.team)
    kept = promises(actor, ask.period, at=at, among=_among(found, ask))
    title, groups = groups_behind(number, found, kept)
    if title is None:
        raise Http404
    trail = [
        {"word": _("Reports"), "url": f"/reports?{ask.query}"},
        {"word": words.period_word(ask.period.name)},
    ]
    empty = {"title": _("No incident stands behind this number.")}
    return render(
        request,
        "review/behind.html",
        {"head": {"title": title, "trail": trail}, "groups": groups, "empty": empty},
    )


def _among(found: Measured, ask: Asked) -> list[int] | None:
    return list(found.incidents) if ask.team is not None else None


def _report(found: Measured, ask: Asked, actor: Actor, at: datetime) -> Dict:
    carried = loads(actor, ask.period, at=at, team=ask.team.pk if ask.team else None)
    kept = promises(actor, ask.period, at=at, among=_among(found, ask))
    return {
        "head": _head(found, ask, at),
        "url": "/reports",
        "choices": _choices(ask, actor, at),
        "clocks": [_clock(one, found, ask, at) for one in found.report.figures],
        **_trend(found, ask, at),
        "causes": [_cause(one, ask) for one in found.report.top_causes],
        "causes_top": 100,
        "causes_second": _incidents(found.report.total),
        "severities": [
            {"severity": one.word, "count": one.count, "url": _url(ask, f"severity:{one.word}")}
            for one in found.report.by_severity
        ],
        "loads": [_load(one, ask, actor, at) for one in carried[:_SHOWN_LOADS]],
        "loads_top": max([one.pages for one in carried], default=0) or 1,
        "promises": [_promise(one, ask) for one in kept],
        "empty": None if found.report.total or carried or kept else _nothing(ask),
    }


def _head(found: Measured, ask: Asked, at: datetime) -> Dict:
    total = found.report.total
    second: list[Any] = [words.period_word(ask.period.name), ", ", *words.span_words(ask.period, at), ". "]
    second += [_incidents(total), ". ", _("Drills are left out.")]
    title = words.heading(found.report.figures, found.rules.definitions) if total else _("No incidents.")
    noisy = {"label": _("Noisy alerts"), "url": "/reports/noise", "method": "get", "icon": "bell-off"}
    return {"title": title, "trail": [{"word": _("Reports")}], "second": second, "actions": [noisy]}


def _nothing(ask: Asked) -> Dict:
    fact = _("Nothing was declared, paged or owed in this period.")
    return {"title": _("Nothing to measure."), "fact": fact}


def _incidents(count: int) -> str:
    return ngettext("%(n)s incident", "%(n)s incidents", count) % {"n": count}


def _choices(ask: Asked, actor: Actor, at: datetime) -> list[Dict]:
    names = choices(at, ask.timezone)
    names += [ask.period.name] if ask.period.name not in names else []
    periods = [(name, words.period_word(name)) for name in names]
    teams = [("", _("All teams")), *((team.handle, team.name) for team in every(Team, actor=actor))]
    chosen = ask.team.handle if ask.team else ""
    return [
        {
            "name": "period",
            "label": _("Period"),
            "kind": "select",
            "options": options(periods, ask.period.name),
        },
        {"name": "team", "label": _("Team"), "kind": "select", "options": options(teams, chosen)},
    ]


def _clock(one: Figure, found: Measured, ask: Asked, at: datetime) -> Dict:
    metric = found.rules.definitions[one.name]
    value, unit = words.value(one)
    return {
        "short": one.name,
        "word": words.MEANING_WORDS.get(metric.meaning, metric.title),
        "value": value,
        "unit": unit,
        "state": words.VERDICT_STATES[one.verdict],
        "note": words.note(one, found.before.get(one.name)),
        "url": _url(ask, one.name) if one.spans or one.omitted else "",
        "count": len({span.incident for span in one.spans}),
        "definition": words.definition(metric, found.rules.statistic),
        "spark": _spark(one, found, ask, at),
    }


def _spark(one: Figure, found: Measured, ask: Asked, at: datetime) -> Dict | None:
    weeks = by_week(found, one.name, at=at, timezone=ask.timezone)
    if len(weeks) < words.COMPARED_FROM:
        return None
    minutes = [_minutes(answer) for _start, answer in weeks]
    return {
        "points": minutes,
        "label": one.name,
        "summary": words.note(one, None),
        "tone": "s2" if one.verdict is Verdict.FAIL else "s1",
        "numbers": _numbers(weeks, found, ask),
    }


def _trend(found: Measured, ask: Asked, at: datetime) -> Dict:
    metric = found.rules.definitions.get(TREND)
    weeks = by_week(found, TREND, at=at, timezone=ask.timezone) if metric else []
    if metric is None or len(weeks) < words.COMPARED_FROM:
        return {"trend": None}
    values = [round(_minutes(answer), 1) for _start, answer in weeks]
    limit = _in_minutes(metric.target_below) if metric.target_below else 0.0
    over = sum(1 for value in values if limit and value >= limit)
    days = [wall_time(start, zone(ask.timezone)) for start, _answer in weeks]
    picture: Dict = {
        "points": [
            {"label": f"{day.day} {day:%b}", "value": value} for day, value in zip(days, values, strict=True)
        ],
        "label": _("Time to resolve, by week"),
        "summary": _("%(over)s of %(all)s weeks over target") % {"over": over, "all": len(values)},
        "top": _round_top(max([limit, *values])),
        "numbers": _numbers(weeks, found, ask),
    }
    if limit:
        picture["target"] = {"value": limit, "word": _("target %(minutes)s") % {"minutes": f"{limit:g}"}}
    statistic = words.STATISTIC_WORDS[found.rules.statistic]
    second = _("minutes, %(statistic)s of the week") % {"statistic": statistic}
    return {"trend": picture, "trend_title": picture["label"], "trend_second": second}


def _numbers(weeks: list[tuple[datetime, Figure]], found: Measured, ask: Asked) -> Dict:
    """The figures of a picture as a table: each week with its count, so that few are seen to be few."""
    where = zone(ask.timezone)
    rows = [
        [f"{wall_time(start, where):%Y-%m-%d}", " ".join(words.value(answer)), str(len(answer.spans))]
        for start, answer in weeks
    ]
    statistic = str(words.STATISTIC_WORDS[found.rules.statistic])
    return {"head": [_("Week"), statistic, _("incidents")], "rows": rows}


def _minutes(answer: Figure) -> float:
    return _in_minutes(answer.chosen) if answer.chosen is not None else 0.0


def _in_minutes(span: timedelta) -> float:
    return span / timedelta(minutes=1)


def _round_top(value: float) -> float:
    """The top of a scale: a round number above the highest value."""
    step = 1.0
    while step * 10 < value:
        step *= 10
    return next(step * factor for factor in (1, 2, 4, 6, 8, 10, 20) if step * factor >= value)


def _cause(one: Count, ask: Asked) -> Dict:
    return {
        "word": one.word,
        "count": one.count,
        "percent": one.percent,
        "url": _url(ask, f"cause:{one.word}"),
    }


def _load(one: Load, ask: Asked, actor: Actor, at: datetime) -> Dict:
    weeks = max((ask.period.until(at) - ask.period.start) / _WEEK, 1.0)
    return {
        "person": person_dict(one.person, actor),
        "pages": one.pages,
        "night": one.night,
        "day": one.pages - one.night,
        "nights": one.nights,
        "hours": round(one.on_call / timedelta(hours=1)),
        "warn": one.nights / weeks > _MOST_NIGHTS_A_WEEK,
    }


def _promise(one: Promise, ask: Asked) -> Dict:
    tone = "c-well" if one.percent >= _WELL else "c-ink2" if one.percent >= _FAIR else "c-soon"
    return {
        "word": label(one.kind),
        "kept": one.kept,
        "due": one.due,
        "percent": one.percent,
        "tone": tone,
        "url": _url(ask, f"promise:{one.kind}") if one.broken else "",
    }


def _url(ask: Asked, number: str) -> str:
    return f"/reports/{quote(number, safe=':')}?{ask.query}"
