"""`/unattended`: every alert is acknowledged or escalated; here are those that were not (R41)."""

from datetime import datetime, timedelta
from typing import Any

from ninja import Query, Router
from ninja import Schema as QueryForm
from pydantic import AwareDatetime, Field

from muster.core.wallclock import format_duration
from muster.foundation.access.http import Shown
from muster.foundation.access.requests import Request
from muster.mobilize.escalation.attendance import Attended, attendance
from muster.mobilize.escalation.words import ATTENDANCE

router = Router(tags=["alerts"])

WEEK = timedelta(weeks=1)


class TimeQuery(QueryForm):
    """Alerts opened from `from` (a week ago) until `to` (now)."""

    from_: AwareDatetime | None = Field(None, alias="from")
    to: AwareDatetime | None = None


class UnattendedOut(Shown):
    """An alert that nobody acknowledged, and about which nobody further was asked, by `due_at`."""

    group: str
    service: str
    summary: str
    state: str
    urgency: str
    opened_at: datetime
    due_at: datetime
    reason: str
    sentence: str


class AttendanceOut(Shown):
    """How many alerts were owed an answer within `within`, the share that had one, and those that had none.

    `whole` is false when there were more alerts than one answer judges: ask for a shorter time.
    """

    since: datetime
    until: datetime
    within: str
    owed: int
    attended: int
    percent: float
    wanted_percent: int
    whole: bool
    items: list[UnattendedOut]


@router.get("/unattended", response=AttendanceOut)
def unattended(request: Request, asked: Query[TimeQuery]) -> dict[str, Any]:
    """Whether every alert was acknowledged or escalated in time, and which were not."""
    arrival = request.arrival
    until = asked.to or arrival.at
    report = attendance(arrival.actor, asked.from_ or until - WEEK, until, arrival.at)
    return {
        "since": report.since,
        "until": report.until,
        "within": format_duration(report.within),
        "owed": report.share.owed,
        "attended": report.share.attended,
        "percent": round(report.share.percent, 1),
        "wanted_percent": report.wanted_percent,
        "whole": report.whole,
        "items": [_shown(one) for one in report.unattended],
    }


def _shown(one: Attended) -> dict[str, Any]:
    group = one.group
    return {
        "group": group.public_id,
        "service": group.service.handle,
        "summary": group.summary,
        "state": group.state,
        "urgency": group.urgency,
        "opened_at": group.opened_at,
        "due_at": one.due_at,
        "reason": one.outcome.value,
        "sentence": str(ATTENDANCE[one.outcome]),
    }
