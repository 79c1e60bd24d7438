"""How integrations do, and a test signal through one of them (`/integrations/HANDLE/health`, `…/test`)."""

from datetime import datetime
from typing import Any

from ninja import Query, Router, Status

from muster.detect import commands
from muster.detect.models import Integration
from muster.detect.queries import integration_of, integrations
from muster.detect.queries_traffic import Figures, last_mistakes, traffic_of
from muster.detect.words import DOING, became
from muster.foundation.access.http import Paging, Shown, page_of
from muster.foundation.access.requests import Request

router = Router(tags=["integrations"])


class RefusedOut(Shown):
    """How much of the last day was refused in one way for one reason."""

    disposition: str
    reason: str
    sentence: str
    signals: int


class MistakeOut(Shown):
    """Something that was refused; `errors` is what its sender was told."""

    at: datetime
    disposition: str
    reason: str
    sentence: str
    errors: list[str]
    dedup_key: str
    alert: str | None


class HealthOut(Shown):
    """How an integration does: `state` is quiet, wrong, never, sending or off.

    `by_hour` are the last 24 hours, the one that runs last. Identical repeats of a storm that have no row of
    their own are not counted. `is_whole` is false while so much comes that the newest is not counted yet.
    """

    handle: str
    service: str
    kind: str
    state: str
    sentence: str
    last_seen_at: datetime | None
    last_hour: int
    last_day: int
    by_hour: list[int]
    refused: list[RefusedOut]
    is_whole: bool


class HealthPage(Shown):
    """Newest first."""

    items: list[HealthOut]
    next: str | None


class HealthInFull(HealthOut):
    """With the last that was refused, newest first, and until when a replaced key still works."""

    mistakes: list[MistakeOut]
    old_key_until: datetime | None


class TestOut(Shown):
    """The alert that a test signal opened, joined or ended; null when there was none to end."""

    alert: str | None


@router.get("/integration-health", response=HealthPage)
def list_health(request: Request, asked: Query[Paging]) -> dict[str, Any]:
    """How the integrations in use do."""
    arrival = request.arrival
    rows = integrations(arrival.actor).filter(retired_at__isnull=True)
    page = page_of(rows, asked, lambda row: row)
    figures = traffic_of(page["items"], arrival.at)
    return page | {"items": [_shown(row, figures[row.pk]) for row in page["items"]]}


@router.get("/integrations/{handle}/health", response=HealthInFull)
def health(request: Request, handle: str) -> dict[str, Any]:
    """How one integration does, and what of it was refused lately."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    shown = _shown(row, traffic_of([row], arrival.at)[row.pk])
    until = row.old_key_until
    return shown | {
        "old_key_until": until if until is not None and until > arrival.at else None,
        "mistakes": [
            {
                "at": one.at,
                "disposition": one.disposition,
                "reason": one.reason,
                "sentence": became(one.disposition, one.reason),
                "errors": list(one.errors),
                "dedup_key": one.key,
                "alert": f"ALR-{one.alert}" if one.alert else None,
            }
            for one in last_mistakes(arrival.actor, row)
        ],
    }


@router.post("/integrations/{handle}/test", response={201: TestOut})
def test(request: Request, handle: str) -> Status[dict[str, Any]]:
    """Send a signal as its sender would: it opens a real alert of severity info, or joins the last test's."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    alert = commands.send_test_signal(row.pk, actor=arrival.actor, at=arrival.at)
    return Status(201, {"alert": f"ALR-{alert}"})


@router.post("/integrations/{handle}/test/end", response=TestOut)
def end_test(request: Request, handle: str) -> dict[str, Any]:
    """Send the signal that ends the test."""
    arrival = request.arrival
    row = integration_of(arrival.actor, handle)
    alert = commands.end_test_signal(row.pk, actor=arrival.actor, at=arrival.at)
    return {"alert": f"ALR-{alert}" if alert else None}


def _shown(row: Integration, figures: Figures) -> dict[str, Any]:
    return {
        "handle": row.handle,
        "service": row.service.handle,
        "kind": row.kind,
        "state": figures.doing.value,
        "sentence": str(DOING[figures.doing]),
        "last_seen_at": row.last_seen_at,
        "last_hour": figures.last_hour,
        "last_day": figures.last_day,
        "by_hour": list(figures.hours),
        "refused": [
            {
                "disposition": disposition,
                "reason": reason,
                "sentence": became(disposition, reason),
                "signals": signals,
            }
            for (disposition, reason), signals in figures.refused.items()
        ],
        "is_whole": figures.is_whole,
    }
