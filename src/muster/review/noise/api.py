"""`/noise`: what alerts cost people, what would calm them, and whether it helped (R43)."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import Field

from muster.core.noise import Feedback
from muster.evaluate.api_rules import RuleOut, TrialOut
from muster.evaluate.rule_showing import shown_rule
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.review.noise.asking import NoiseAsked, noise_asked
from muster.review.noise.commands import take_suggestion
from muster.review.noise.effects import effects
from muster.review.noise.report import line_of, noise_report, suggestion_of
from muster.review.noise.showing import as_csv, cost_json, effect_json, line_json, suggestion_json
from muster.review.noise.trying import try_suggestion

router = Router(tags=["noise"])


class CostOut(Shown):
    """What some alerts cost. An interruption is a page of which a message reached a person; `persons` is how
    many people that were, `nights` how many of their nights by their own clocks. `unacted` is of
    `acknowledged`: nothing further was done here. `by_itself` is of `closed`: its sender closed it, and
    nothing had been done here. `feedback` counts what people said."""

    fired: int
    paged: int
    interruptions: int
    persons: int
    nights: int
    acknowledged: int
    unacted: int
    closed: int
    by_itself: int
    incidents: int
    feedback: dict[Feedback, int]


class SuggestionOut(Shown):
    """What would calm an alert: the rule that it makes, and why. `spares` is how many of the period's
    interruptions there would not have been; `mark` names this very rule."""

    remedy: str
    proposal: str
    reason: str
    hits: int
    of: int
    spares: int
    mark: str
    kind: str
    matchers: list[str]
    fields: dict[str, Any]
    lasts_days: int | None


class LineOut(CostOut):
    """Alerts of one rule, key or service, named by the newest of them."""

    alert: str
    title: str
    service: str
    integration: str | None
    suggestions: list[SuggestionOut]


class NoiseOut(Shown):
    """A period's noise, what cost most first; `left_out` lines are not listed. `is_whole`: no alert was left
    out for their number."""

    period: str
    start: datetime
    end: datetime
    total: CostOut
    items: list[LineOut]
    left_out: int
    is_whole: bool


class TriedOut(Shown):
    """A suggestion, and what its rule would have done to recorded alerts."""

    suggestion: SuggestionOut
    trial: TrialOut


class StretchOut(CostOut):
    """Some days before or after a rule; `counted` is what the rule is measured by, also `per_week`."""

    days: float
    counted: int
    per_week: float


class EffectOut(Shown):
    """A rule that was made from a suggestion, before and after. `verdict` is too_many, too_early, too_few,
    not_fired, fewer, as_many or more; `measure` is interruptions, nights or wrong_target."""

    rule: str
    name: str
    why: str
    author: str | None
    made_at: datetime
    retired_at: datetime | None
    measure: str
    before: StretchOut
    after: StretchOut
    verdict: str
    sentence: str


class EffectsOut(Shown):
    """The newest first."""

    items: list[EffectOut]


class Asking(Body):
    """Which report: `30d` (the default), `2026-q3` or `2026`; of a team or a service, by handle."""

    period: str = Field("", max_length=20)
    team: str = Field("", max_length=80)
    service: str = Field("", max_length=80)
    by: Literal["rule", "key", "service"] = "rule"


class Listing(Asking):
    """`limit`: how many lines at most, those that cost most."""

    limit: int = Field(200, ge=1, le=2000)


class Taken(Body):
    """`mark` of the suggestion that you looked at: if it is another by now, nothing is made."""

    mark: str = Field("", max_length=64)


def _asked(request: Request, given: Asking) -> NoiseAsked:
    said = given.model_dump(include={"period", "team", "service", "by"})
    return noise_asked(said, actor=request.arrival.actor, at=request.arrival.at)


@router.get("/noise", response=NoiseOut)
def noise(request: Request, given: Query[Listing]) -> dict[str, Any]:
    """What alerts cost, of those that you may see."""
    ask = _asked(request, given)
    found = noise_report(request.arrival.actor, ask, request.arrival.at)
    return {
        "period": ask.period.name,
        "start": ask.period.start,
        "end": ask.period.end,
        "total": cost_json(found.total),
        "items": [line_json(line) for line in found.lines[: given.limit]],
        "left_out": max(0, len(found.lines) - given.limit),
        "is_whole": found.is_whole,
    }


@router.get("/noise/export")
def export(request: Request, given: Query[Asking]) -> HttpResponse:
    """The same as CSV."""
    found = noise_report(request.arrival.actor, _asked(request, given), request.arrival.at)
    return HttpResponse(as_csv(found.lines), content_type="text/csv; charset=utf-8")


@router.get("/noise/effects", response=EffectsOut)
def noise_effects(request: Request) -> dict[str, Any]:
    """Whether the rules that were made from suggestions helped."""
    found = effects(request.arrival.actor, request.arrival.at)
    return {"items": [effect_json(one) for one in found]}


@router.post("/noise/{alert_id}/{remedy}/try", response=TriedOut)
def try_it(request: Request, alert_id: str, remedy: str, given: Query[Asking]) -> dict[str, Any]:
    """What a suggestion's rule would have done in the period; nothing is saved."""
    actor, at = request.arrival.actor, request.arrival.at
    ask = _asked(request, given)
    found = suggestion_of(line_of(noise_report(actor, ask, at), actor, alert_id), remedy, alert_id)
    trial = try_suggestion(found, ask, actor=actor, at=at)
    return {"suggestion": suggestion_json(found), "trial": trial.as_json()}


@router.post("/noise/{alert_id}/{remedy}", response={201: RuleOut})
def take(
    request: Request, alert_id: str, remedy: str, asked: Query[Asking], given: Taken
) -> Status[dict[str, Any]]:
    """Make the rule of a suggestion. It is taken back as any rule: `/rules/{handle}/retire`."""
    actor, at = request.arrival.actor, request.arrival.at
    ask = _asked(request, asked)
    row = take_suggestion(alert_id, remedy, ask, actor=actor, at=at, shown=given.mark)
    return Status(201, shown_rule(row, at))
