"""`/metrics`: the figures of a period, each with the incidents behind it (R58)."""

from datetime import datetime
from typing import Any

from ninja import Query, Router
from pydantic import Field

from muster.core.metrics import Count, Figure
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.review.metrics.asking import asked
from muster.review.metrics.queries import by_week, measured

router = Router(tags=["metrics"])


class SpanOut(Shown):
    """How long one incident took."""

    incident: str
    seconds: float


class OmittedOut(Shown):
    """An incident that does not count in a figure, and why."""

    incident: str
    reason: str


class WeekOut(Shown):
    """The figure of one week; weeks without an incident are left out."""

    week: datetime
    seconds: float
    incidents: int


class FigureOut(Shown):
    """One metric: all statistics, the one that the Standard chooses, its target, and what it rests on."""

    name: str
    title: str
    seconds: float | None
    mean_seconds: float | None
    median_seconds: float | None
    p90_seconds: float | None
    target_below_seconds: float | None
    verdict: str
    incidents: list[SpanOut]
    omitted: list[OmittedOut]
    weeks: list[WeekOut]


class CountOut(Shown):
    """How many incidents fall under a word."""

    word: str
    count: int
    percent: int
    incidents: list[str]


class ReportOut(Shown):
    """A period measured; drills and what was no incident are left out."""

    period: str
    start: datetime
    end: datetime
    statistic: str
    total: int
    metrics: list[FigureOut]
    by_severity: list[CountOut]
    by_service: list[CountOut]
    top_causes: list[CountOut]


class Asking(Body):
    """Which report: `2026-q3`, `2026` or `90d`; by default this quarter. A team by handle."""

    period: str = Field("", max_length=20)
    team: str = Field("", max_length=80)


@router.get("/metrics", response=ReportOut)
def metrics(request: Request, given: Query[Asking]) -> dict[str, Any]:
    """The figures of a period, from the incidents that you may see."""
    actor, at = request.arrival.actor, request.arrival.at
    ask = asked({"period": given.period, "team": given.team}, actor=actor, at=at)
    found = measured(actor, ask.period, ask.team)

    def shown(one: Figure) -> dict[str, Any]:
        weeks = by_week(found, one.name, at=at, timezone=ask.timezone)
        return _figure(one) | {"weeks": [_week(start, answer) for start, answer in weeks]}

    return {
        "period": ask.period.name,
        "start": ask.period.start,
        "end": ask.period.end,
        "statistic": found.rules.statistic.value,
        "total": found.report.total,
        "metrics": [shown(one) for one in found.report.figures],
        "by_severity": [_count(one) for one in found.report.by_severity],
        "by_service": [_count(one) for one in found.report.by_service],
        "top_causes": [_count(one) for one in found.report.top_causes],
    }


def _figure(one: Figure) -> dict[str, Any]:
    spans = {
        "seconds": one.chosen,
        "mean_seconds": one.mean,
        "median_seconds": one.median,
        "p90_seconds": one.p90,
        "target_below_seconds": one.target_below,
    }
    return {
        "name": one.name,
        "title": one.title,
        **{name: None if span is None else span.total_seconds() for name, span in spans.items()},
        "verdict": one.verdict.value,
        "incidents": [
            {"incident": f"INC-{span.incident}", "seconds": span.length.total_seconds()} for span in one.spans
        ],
        "omitted": [{"incident": f"INC-{number}", "reason": why.value} for number, why in one.omitted],
    }


def _week(start: datetime, answer: Figure) -> dict[str, Any]:
    seconds = answer.chosen.total_seconds() if answer.chosen is not None else 0.0
    return {"week": start, "seconds": seconds, "incidents": len(answer.spans)}


def _count(one: Count) -> dict[str, Any]:
    return {
        "word": one.word,
        "count": one.count,
        "percent": one.percent,
        "incidents": [f"INC-{number}" for number in one.incidents],
    }
