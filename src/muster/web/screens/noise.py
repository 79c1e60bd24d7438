"""Noisy alerts: what they cost, what would calm them, whether it helped; no ranking of people (R43)."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from muster.core.noise import Cost, Feedback
from muster.core.permissions import Actor, Right
from muster.core.refusal import Refused
from muster.core.remedies import Suggestion
from muster.evaluate.words import FEEDBACKS, RULE_KINDS
from muster.foundation.access.queries import organisation
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service, Team
from muster.foundation.catalog.queries import every
from muster.foundation.timeline.refusals import told
from muster.review.metrics.periods import choices
from muster.review.metrics.words import period_word, span_words
from muster.review.noise import words
from muster.review.noise.asking import DEFAULT, By, NoiseAsked, noise_asked
from muster.review.noise.commands import take_suggestion
from muster.review.noise.effects import Effect, effects
from muster.review.noise.queries import MOST
from muster.review.noise.reasons import Noise
from muster.review.noise.report import Line, NoiseReport, line_of, noise_report, suggestion_of
from muster.review.noise.showing import as_csv
from muster.review.noise.trying import days_of, try_suggestion
from muster.review.showing import options
from muster.web.screens.parts import may
from muster.web.screens.rules import FIELD_WORDS, spelled
from muster.web.screens.trials import trial_section

Dict = dict[str, Any]

_LINES, _SUGGESTED = 60, 8
_BY_WORDS = {
    By.RULE: gettext_lazy("Alert rule"),
    By.KEY: gettext_lazy("Key"),
    By.SERVICE: gettext_lazy("Service"),
}


@require_safe
def report(request: Request) -> HttpResponse:
    """What alerts cost in a period, and what would calm them."""
    actor, at = request.arrival.actor, request.arrival.at
    ask = noise_asked(request.GET.dict(), actor=actor, at=at)
    found = noise_report(actor, ask, at)
    places = sorted({line.pattern.service for line in found.lines}) if ask.team or ask.service else None
    context = {
        "head": _head(found, ask, at),
        "url": "/reports/noise",
        "choices": _choices(ask, actor, at),
        "suggested": _suggested(found, ask),
        "lines": [_line(line, ask) for line in found.lines[:_LINES]],
        "lines_top": max([line.cost.interruptions for line in found.lines], default=0) or 1,
        "left": max(0, len(found.lines) - _LINES),
        "effects": [_effect(one, actor) for one in effects(actor, at, services=places)],
        "cut": None if found.is_whole else _cut(),
        "empty": None if found.lines else _nothing(),
    }
    return render(request, "review/noise.html", context)


@require_safe
def sheet(request: Request) -> HttpResponse:
    """The same for a spreadsheet."""
    actor, at = request.arrival.actor, request.arrival.at
    ask = noise_asked(request.GET.dict(), actor=actor, at=at)
    response = HttpResponse(
        as_csv(noise_report(actor, ask, at).lines), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="noise-{ask.period.name}.csv"'
    return response


def _head(found: NoiseReport, ask: NoiseAsked, at: datetime) -> Dict:
    total = found.total
    second: list[Any] = [period_word(ask.period.name), ", ", *span_words(ask.period, at), ". "]
    said = ngettext("%(n)s alert fired.", "%(n)s alerts fired.", total.fired) % {"n": total.fired}
    second += [said, " ", _("Muster's own are left out.")]
    trail = [{"word": _("Reports"), "url": "/reports"}, {"word": _("Noisy alerts")}]
    url = f"/reports/noise.csv?{ask.query}"
    as_sheet = {"label": "CSV", "url": url, "method": "get", "icon": "download"}
    return {"title": _title(total), "trail": trail, "second": second, "actions": [as_sheet]}


def _title(total: Cost) -> str:
    if not total.interruptions:
        return _("No alert interrupted anybody.")
    said = ngettext("One interruption", "%(n)s interruptions", total.interruptions)
    nights = ngettext("one night broken", "%(n)s nights broken", total.nights) % {"n": total.nights}
    count = said % {"n": total.interruptions}
    return f"{count}, {nights}." if total.nights else _("%(count)s, none at night.") % {"count": count}


def _nothing() -> Dict:
    fact = _("Alerts stand here with what they cost, as soon as one has fired.")
    return {"title": _("No alert fired in this period."), "fact": fact}


def _cut() -> Dict:
    said = _("Only the newest %(most)s were looked at. Choose a shorter period.") % {"most": MOST}
    return {"bold": _("There were more alerts than this."), "text": said, "kind": "line"}


def _choices(ask: NoiseAsked, actor: Actor, at: datetime) -> list[Dict]:
    names = dict.fromkeys([DEFAULT, *choices(at, organisation().timezone), ask.period.name])
    periods = [(name, period_word(name)) for name in names]
    teams = [("", _("All teams")), *((row.handle, row.name) for row in every(Team, actor=actor))]
    services = [("", _("All services")), *((row.handle, row.name) for row in every(Service, actor=actor))]
    some = [
        ("period", _("Period"), periods, ask.period.name),
        ("team", _("Team"), teams, ask.team.handle if ask.team else ""),
        ("service", _("Service"), services, ask.service.handle if ask.service else ""),
        ("by", _("Gathered by"), [(by.value, str(_BY_WORDS[by])) for by in By], ask.by.value),
    ]
    return [
        {"name": name, "label": label, "kind": "select", "options": options(pairs, chosen)}
        for name, label, pairs, chosen in some
    ]


def _suggested(found: NoiseReport, ask: NoiseAsked) -> list[Dict]:
    """What would spare most, one row each."""
    pairs = [(line, one) for line in found.lines for one in line.suggestions]
    pairs.sort(key=lambda pair: -pair[1].spares)
    return [
        {
            "title": f"{words.proposal(one)}: {line.pattern.title}",
            "url": _address(line, one, ask),
            "second": f"{line.pattern.service}: {_why(one)}",
            "glyph": {"icon": "sparkles"},
            "chevron": True,
        }
        for line, one in pairs[:_SUGGESTED]
    ]


def _why(one: Suggestion) -> str:
    return "; ".join(said for said in (words.reason(one), words.spared(one.spares)) if said)


def _address(line: Line, one: Suggestion, ask: NoiseAsked) -> str:
    return f"/reports/noise/ALR-{line.pattern.newest.alert}/{one.remedy}?{ask.query}"


def _line(line: Line, ask: NoiseAsked) -> Dict:
    cost, pattern = line.cost, line.pattern
    service = f"/services/{pattern.service}"
    return {
        "title": pattern.title,
        "url": service if ask.by is By.SERVICE else f"/alerts/ALR-{pattern.newest.alert}",
        "service": "" if ask.by is By.SERVICE else pattern.service,
        "fired": cost.fired,
        "interruptions": cost.interruptions,
        "persons": cost.persons,
        "nights": cost.nights,
        "unacted": words.share(cost.unacted, cost.acknowledged),
        "by_itself": words.share(cost.by_itself, cost.closed),
        "said": ", ".join(
            f"{cost.feedback[one]} {str(FEEDBACKS[one]).lower()}"
            for one in Feedback
            if cost.feedback.get(one)
        ),
    }


def _effect(one: Effect, actor: Actor) -> Dict:
    row, kind = one.rule, words.EFFECT_STATES.get(one.verdict, "")
    before, after = (_stretch(one, stretch) for stretch in (one.before, one.after))
    said = {"what": words.MEASURES[one.measure], "before": before, "after": after}
    found: Dict = {
        "title": row.name,
        "url": f"/settings/rules/{row.handle}",
        "second": _("%(what)s: %(before)s before; %(after)s since") % said,
        "glyph": {"icon": "archive" if row.retired_at else "check"},
        "chips": [{"text": str(words.VERDICTS_SHORT[one.verdict]), "kind": kind}],
    }
    if row.retired_at is not None:
        return found | {"end": _("taken back")}
    if may(actor, Right.CONFIGURE):
        undo = {"label": _("Take it back"), "url": f"/settings/rules/{row.handle}/retire", "style": "line"}
        found["actions"] = [undo | {"small": True}]
    return found


def _stretch(one: Effect, stretch: Any) -> str:
    counted = one.counted(stretch)
    fired = ngettext("%(n)s alert", "%(n)s alerts", stretch.cost.fired) % {"n": stretch.cost.fired}
    return f"{words.rate(counted, stretch.per_week(counted), stretch.lasted)} ({fired})"


@require_http_methods(["GET", "HEAD", "POST"])
def suggestion(request: Request, public_id: str, remedy: str) -> HttpResponse:
    """One suggestion: its reason, its rule and what that would have done; posted, the rule is made.

    Raises:
        Refused: there is no such alert, nothing of the kind is suggested, or this actor may make no rule.
    """
    actor, at = request.arrival.actor, request.arrival.at
    ask = noise_asked(request.GET.dict(), actor=actor, at=at)
    if request.method != "POST":
        return _drawn(request, public_id, remedy, ask)
    try:
        row = take_suggestion(public_id, remedy, ask, actor=actor, at=at, shown=request.GET.get("mark", ""))
    except Refused as refused:
        if refused.reason is not Noise.CHANGED_SINCE:
            raise
        return _drawn(request, public_id, remedy, ask, wrong=told(refused).sentence)
    undo = f"undo:/settings/rules/{row.handle}/retire"
    messages.success(request, _("The rule is made: %(name)s.") % {"name": row.name}, extra_tags=undo)
    return HttpResponseRedirect(f"/reports/noise?{ask.query}")


def _drawn(
    request: Request, public_id: str, remedy: str, ask: NoiseAsked, *, wrong: str = ""
) -> HttpResponse:
    actor, at = request.arrival.actor, request.arrival.at
    line = line_of(noise_report(actor, ask, at), actor, public_id)
    one = suggestion_of(line, remedy, public_id)
    allowed = may(actor, Right.CONFIGURE)
    trial = (
        trial_section(try_suggestion(one, ask, actor=actor, at=at), days=days_of(ask, at))
        if allowed
        else None
    )
    banners = [{"bold": wrong, "text": "", "kind": "soon"}] if wrong else []
    if not allowed:
        said = _("An admin makes rules. Send them the address of this page.")
        banners.append({"bold": _("You cannot make it yourself."), "text": said, "kind": "line"})
    context = {
        "head": {
            "title": f"{words.proposal(one)}: {line.pattern.title}",
            "trail": [
                {"word": _("Noisy alerts"), "url": f"/reports/noise?{ask.query}"},
                {"word": line.pattern.service},
            ],
            "second": _("%(reason)s. %(spared)s") % {"reason": words.reason(one), "spared": _spared(one)},
        },
        "banners": banners,
        "lead": [_make(line, one, ask, trial)] if trial is not None else [],
        "facts": _facts(one),
        "sections": [trial | {"text": ""}] if trial is not None and trial["rows"] else [],
        "aside": [],
        "forms": [],
        "entries": None,
    }
    return render(request, "settings/detail.html", context, status=409 if wrong else 200)


def _spared(one: Suggestion) -> str:
    return _("It %(spares)s in this period.") % {"spares": words.spared(one.spares)} if one.spares else ""


def _make(line: Line, one: Suggestion, ask: NoiseAsked, trial: Dict) -> Dict:
    """What it would have done stands above the button that makes it."""
    notes = [
        trial["text"],
        _("It is a rule like any other: it can be changed, and taken back at any time."),
    ]
    if one.lasts is not None:
        days = {"days": one.lasts.days}
        notes.append(_("It ends by itself after %(days)s days, and the alerts page again.") % days)
    return {
        "title": _("Make this rule"),
        "url": f"{_address(line, one, ask)}&mark={one.mark}",
        "form": [],
        "notes": notes,
        "label": _("Make it"),
    }


def _facts(one: Suggestion) -> list[Dict]:
    fields = [
        {"word": str(FIELD_WORDS[name]), "value": spelled(one.fields[name]), "code": True}
        for name in FIELD_WORDS
        if name in one.fields
    ]
    return [
        {"word": _("Kind"), "value": str(RULE_KINDS[one.kind])},
        {"word": _("What"), "value": ", ".join(str(matcher) for matcher in one.matchers), "code": True},
        *fields,
        {"word": _("Why"), "value": words.reason(one)},
    ]
