"""`/health`: whether all that watches over pages is well."""

from datetime import datetime
from typing import Any

from ninja import Router

from muster.core.permissions import Right, require
from muster.foundation.access.http import Shown
from muster.foundation.access.requests import Request
from muster.mobilize.watch import queries
from muster.mobilize.watch.models import Finding
from muster.mobilize.watch.words import said

router = Router(tags=["health"])

_MOST = 50


class FindingOut(Shown):
    """One thing that was wrong: the check in code and in words, what it is about, and what became of it."""

    check: str
    sentence: str
    about: str
    found_at: datetime
    mended_at: datetime | None
    ended_at: datetime | None


class WorkerOut(Shown):
    """A worker that was seen within 30 s; `standing` are threads of it that do not turn."""

    process: str
    version: str
    seen_at: datetime
    standing: list[str]


class HealthOut(Shown):
    """The auditor's last pass; `silent` says why the outside watcher hears nothing, null when it may."""

    clean_at: datetime | None
    ended_at: datetime | None
    took_ms: int | None
    silent: str | None
    pinged_at: datetime | None
    workers: list[WorkerOut]
    findings: list[FindingOut]
    past: list[FindingOut]


@router.get("/health", response=HealthOut)
def show_health(request: Request) -> dict[str, Any]:
    """How the auditor, the workers and the outside watcher fare; for those who may configure."""
    actor, at = request.arrival.actor, request.arrival.at
    require(actor, Right.CONFIGURE)
    health = queries.health(at)
    return {
        "clean_at": health.watch.clean_at,
        "ended_at": health.watch.ended_at,
        "took_ms": health.watch.took_ms,
        "silent": health.silent,
        "pinged_at": health.watch.pinged_at,
        "workers": [
            {
                "process": one.process,
                "version": one.version,
                "seen_at": one.seen_at,
                "standing": list(one.standing),
            }
            for one in health.workers
        ],
        "findings": [_finding(row) for row in queries.open_findings(actor)[:_MOST]],
        "past": [_finding(row) for row in queries.past_findings(actor, at)[:_MOST]],
    }


def _finding(row: Finding) -> dict[str, Any]:
    return {
        "check": row.check_name,
        "sentence": said(row.check_name),
        "about": row.about,
        "found_at": row.found_at,
        "mended_at": row.mended_at,
        "ended_at": row.ended_at,
    }
