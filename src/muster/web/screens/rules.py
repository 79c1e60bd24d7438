"""Rules: planned work, and what is held back, changed, delayed or grouped; tried before they are saved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from muster.core.permissions import Actor, Right
from muster.core.refusal import Refused
from muster.core.rule_form import RuleKind, RuleRefusal
from muster.evaluate import commands
from muster.evaluate.commands.rules import checked, require_may
from muster.evaluate.matching import Matched, matching_now
from muster.evaluate.models import Rule
from muster.evaluate.queries import rule_of, rules
from muster.evaluate.reasons import Evaluate
from muster.evaluate.rule_rows import services_of
from muster.evaluate.rule_showing import next_span, shown_fields, shown_matchers, state_of_rule
from muster.evaluate.trial import Trial, try_rule
from muster.evaluate.words import RULE_KINDS
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import every
from muster.foundation.catalog.reasons import Invalid, NotFound, Taken
from muster.foundation.timeline.queries import events_of
from muster.web.screens.entries import entries
from muster.web.screens.parts import count_words, may
from muster.web.screens.refused import Wrong, drawn_again, wrong_at
from muster.web.screens.rule_form import about, form_fields, said
from muster.web.screens.trials import DAYS, trial_section

Dict = dict[str, Any]

_ICONS: Mapping[str, str] = {
    RuleKind.MAINTENANCE: "wrench",
    RuleKind.INHIBITION: "shield",
    RuleKind.EVENT: "split",
    RuleKind.WAIT: "clock",
    RuleKind.COUNT: "list-ordered",
    RuleKind.FLAPPING: "zap",
    RuleKind.GROUPING: "layers",
}
_SHOWN = 12


@require_http_methods(["GET", "HEAD"])
def overview(request: Request) -> HttpResponse:
    """The rules by kind, and the ways to another."""
    actor, at = request.arrival.actor, request.arrival.at
    rows = list(rules(actor))
    live = [row for row in rows if state_of_rule(row, at) == "active"]
    groups: list[Dict] = [
        {"title": str(RULE_KINDS[kind]), "rows": [_row(row, at) for row in live if row.kind == kind]}
        for kind in RuleKind
    ]
    groups.append(
        {"title": _("Over, or out of use"), "rows": [_row(row, at) for row in rows if row not in live]}
    )
    groups.append({"title": _("Add a rule"), "rows": [_way(kind) for kind in RuleKind if _may(actor, kind)]})
    title = count_words(len(live), _("rule decides with us."), _("rules decide with us."))
    context = {
        "head": {
            "title": title if live else _("No rule changes what pages people."),
            "trail": [{"word": _("Settings"), "url": "/settings"}, {"word": _("Rules")}],
        },
        "banners": [],
        "search": None,
        "groups": [group for group in groups if group["rows"]],
        "empty": {
            "title": _("There are no rules."),
            "fact": _("Every alert pages people at once, unless a silence holds it back."),
        },
    }
    return render(request, "settings/list.html", context)


def _may(actor: Actor, kind: str) -> bool:
    return may(actor, Right.RESPOND if kind == RuleKind.MAINTENANCE else Right.CONFIGURE)


def _way(kind: RuleKind) -> Dict:
    return {
        "title": str(RULE_KINDS[kind]),
        "url": f"/rules/new?kind={kind}",
        "second": about(kind),
        "glyph": {"icon": "plus"},
        "chevron": True,
    }


def _row(row: Rule, at: datetime) -> Dict:
    span = next_span(row, at)
    when: list[Any] = []
    if span is not None:
        goes_on = span.start <= at
        words = _("Goes on until ") if goes_on else _("Next ")
        when = [words, {"at": span.end if goes_on else span.start, "style": "full"}, ". "]
    return {
        "title": row.name,
        "url": f"/settings/rules/{row.handle}",
        "second": [*when, _what(row), f" ({row.why})"],
        "glyph": {"icon": _ICONS.get(row.kind, "split")},
        "chevron": True,
    }


def _what(row: Rule) -> str:
    """Which alerts it is about: those of its services and teams, and what its matchers say."""
    fields = shown_fields(row.spec)
    places = [*fields.get("services", ()), *fields.get("teams", ())]
    return ", ".join([*places, *shown_matchers(row.matchers)]) or _("every alert")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Make a rule of the kind that the address names, or try it.

    Raises:
        Refused: there is no such kind, or this actor may make none. What is wrong is said at its field.
    """
    kind = _kind(request.GET.get("kind", RuleKind.MAINTENANCE))
    require_may(request.arrival.actor, kind)
    return _form(request, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, handle: str) -> HttpResponse:
    """Change a rule, or try it as it would be.

    Raises:
        Refused: there is no such rule, or it is not this actor's to change.
    """
    row = rule_of(request.arrival.actor, handle)
    require_may(request.arrival.actor, row.kind)
    return _form(request, _kind(row.kind), row)


def _kind(name: str) -> RuleKind:
    if name not in set(RuleKind):
        raise Refused(RuleRefusal.KIND_UNKNOWN, {"kind": name[:40], "known": ", ".join(RuleKind)})
    return RuleKind(name)


def _form(request: Request, kind: RuleKind, row: Rule | None) -> HttpResponse:
    if request.method != "POST":
        return _drawn(request, kind, row)
    try:
        if request.POST.get("do") == "try":
            return _drawn(request, kind, row, trial=_try(request, kind, row), now=_now(request, kind))
        saved = _save(request, kind, row)
    except Refused as refused:
        return _drawn(request, kind, row, wrong=_wrong(request, refused))
    messages.success(request, _("Saved. Alerts that are open are judged by it too."))
    return HttpResponseRedirect(f"/settings/rules/{saved.handle}")


def _try(request: Request, kind: RuleKind, row: Rule | None) -> Trial:
    arrival = request.arrival
    handle = row.handle if row is not None else ""
    return try_rule(
        actor=arrival.actor, at=arrival.at, kind=kind, handle=handle, days=DAYS, **said(kind, request.POST)
    )


def _now(request: Request, kind: RuleKind) -> Matched | None:
    """What planned work would mute of what is open now; None for the other kinds."""
    if kind is not RuleKind.MAINTENANCE:
        return None
    actor, posted = request.arrival.actor, said(kind, request.POST)
    read = checked(kind, posted["matchers"], posted["fields"])
    named = services_of(read.spec, every(Service, actor=actor))
    if not named and (read.spec.get("services") or read.spec.get("teams")):
        return Matched()
    return matching_now(actor, read.matchers, request.arrival.at, named)


def _save(request: Request, kind: RuleKind, row: Rule | None) -> Rule:
    arrival, posted = request.arrival, request.POST
    wanted = said(kind, posted) | {"why": posted.get("why", "").strip()[:1000]}
    name = posted.get("name", "").strip()
    if row is not None:
        changes = wanted | ({"name": name} if name else {})
        return commands.change_rule(row.pk, changes, actor=arrival.actor, at=arrival.at)
    handle = posted.get("handle", "").strip()
    return commands.add_rule(
        actor=arrival.actor, at=arrival.at, handle=handle, kind=kind, name=name or handle, **wanted
    )


_FIELDS = {
    Evaluate.BAD_MATCHER: "matchers",
    Evaluate.SEVERITY_UNKNOWN: "declare",
    RuleRefusal.NO_MATCHER: "matchers",
    RuleRefusal.MATCHES_EVERYTHING: "matchers",
    RuleRefusal.NO_REASON: "why",
    RuleRefusal.DOES_NOTHING: "severity",
    RuleRefusal.NEVER_HAPPENS: "starts",
    Invalid.HANDLE: "handle",
    Taken.HANDLE: "handle",
    Invalid.NAME: "name",
    NotFound.SERVICE: "services",
    NotFound.TEAM: "teams",
}
"""Which field each refusal is about; the others name it."""


def _wrong(request: Request, refused: Refused) -> Wrong:
    field = str(refused.detail.get("field", ""))
    fields = _FIELDS | ({refused.reason: field} if field else {})
    return wrong_at(request, refused, fields)


def _drawn(
    request: Request,
    kind: RuleKind,
    row: Rule | None,
    *,
    trial: Trial | None = None,
    now: Matched | None = None,
    wrong: Wrong | None = None,
) -> HttpResponse:
    fields = form_fields(kind, request.arrival.actor, row)
    shown = drawn_again(fields, wrong or Wrong(200, "", "", request.POST)) if request.POST else fields
    back = f"/settings/rules/{row.handle}" if row is not None else "/settings/rules"
    context = {
        "head": {
            "title": row.name if row is not None else str(RULE_KINDS[kind]),
            "trail": [
                {"word": _("Rules"), "url": "/settings/rules"},
                {"word": _("Change") if row else _("New")},
            ],
            "second": about(kind),
        },
        "url": request.get_full_path(),
        "form": shown,
        "trial": trial_section(trial, now) if trial is not None else None,
        "cancel_url": back,
    }
    return render(request, "settings/rule_form.html", context, status=wrong.status if wrong else 200)


@require_http_methods(["GET", "HEAD"])
def one(request: Request, handle: str) -> HttpResponse:
    """One rule: what it says, who made it and why, and its history."""
    actor, at = request.arrival.actor, request.arrival.at
    row = rule_of(actor, handle)
    allowed = _may(actor, row.kind)
    state = state_of_rule(row, at)
    head: Dict = {
        "title": row.name,
        "trail": [{"word": _("Rules"), "url": "/settings/rules"}, {"word": row.handle}],
    }
    if allowed and row.retired_at is None:
        head["actions"] = [{"label": _("Change it"), "url": f"/rules/{row.handle}/edit", "method": "get"}]
    words = {"retired": _("Out of use."), "over": _("Over.")}
    banner = {"bold": words.get(state, ""), "text": _("It decides nothing."), "kind": "line"}
    context = {
        "head": head,
        "banners": [banner] if state in words else [],
        "facts": _facts(row, at),
        "sections": [],
        "aside": [],
        "lead": [_turn(row, "restore", _("Bring it back"))] if allowed and state == "retired" else [],
        "forms": [_turn(row, "retire", _("Take it out of use"))] if allowed and state != "retired" else [],
        "entries": entries(events_of(f"rule:{row.pk}", actor).order_by("-id")[:_SHOWN], actor),
    }
    return render(request, "settings/detail.html", context)


FIELD_WORDS: Mapping[str, Any] = {
    "services": gettext_lazy("Services"),
    "teams": gettext_lazy("Teams"),
    "starts": gettext_lazy("First begins"),
    "lasts": gettext_lazy("Lasts"),
    "timezone": gettext_lazy("Time zone"),
    "repeat": gettext_lazy("Repeats"),
    "source": gettext_lazy("While open"),
    "equal": gettext_lazy("With the same"),
    "severity": gettext_lazy("Severity"),
    "summary": gettext_lazy("Text"),
    "labels": gettext_lazy("Labels"),
    "service": gettext_lazy("Service"),
    "urgency": gettext_lazy("Urgency"),
    "declare": gettext_lazy("Declares"),
    "drop": gettext_lazy("Drops it"),
    "last": gettext_lazy("Is the last"),
    "times": gettext_lazy("Times"),
    "changes": gettext_lazy("Comes or goes"),
    "within": gettext_lazy("Within"),
    "by": gettext_lazy("With the same"),
    "alike": gettext_lazy("Texts alike"),
}
"""The fields of rules in the order in which they are read, in words."""


def _facts(row: Rule, at: datetime) -> list[Dict]:
    facts: list[Dict] = [
        {"word": _("Kind"), "value": _kind_word(row.kind)},
        {"word": _("What"), "value": _what(row), "code": bool(row.matchers)},
        *({"word": name, "value": value, "code": True} for name, value in _spelled_fields(row)),
        {"word": _("Why"), "value": row.why},
        {"word": _("Made by"), "value": row.author.name if row.author else row.made_by},
        {"word": _("Position"), "value": str(row.position)},
    ]
    span = next_span(row, at)
    if span is not None:
        when = [{"at": span.start, "style": "full"}, _(" until "), {"at": span.end, "style": "full"}]
        facts.append({"word": _("Now or next"), "value": when})
    if row.ends_at is not None:
        facts.append({"word": _("Ends"), "value": [{"at": row.ends_at, "style": "full"}]})
    return facts


def _kind_word(kind: str) -> str:
    return str(RULE_KINDS[RuleKind(kind)]) if kind in set(RuleKind) else kind


def _spelled_fields(row: Rule) -> list[tuple[str, str]]:
    fields = shown_fields(row.spec)
    return [(str(FIELD_WORDS[name]), spelled(fields[name])) for name in FIELD_WORDS if name in fields]


def spelled(value: Any) -> str:
    """A field of a rule as people read it."""
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in value.items())
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return _("yes") if value is True else str(value)


def _turn(row: Rule, verb: str, label: str) -> Dict:
    notes = [_("What it holds back is decided anew. It can be brought back.")] if verb == "retire" else []
    url = f"/settings/rules/{row.handle}/{verb}"
    return {"title": label, "url": url, "form": [], "notes": notes, "label": label}


@require_POST
def turn(request: Request, handle: str, verb: str) -> HttpResponse:
    """Take it out of use (`retire`), or bring it back (`restore`)."""
    arrival = request.arrival
    row = rule_of(arrival.actor, handle)
    if verb == "retire":
        commands.retire_rule(row.pk, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("Out of use. What it held back is decided anew."))
    else:
        commands.restore_rule(row.pk, actor=arrival.actor, at=arrival.at)
        messages.success(request, _("It is back."))
    return HttpResponseRedirect(f"/settings/rules/{handle}")
