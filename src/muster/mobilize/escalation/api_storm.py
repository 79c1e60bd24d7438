"""`/storm`: what is going on when many alerts come at once, as the screen of the same name draws it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from ninja import Query, Router
from ninja import Schema as QueryForm
from pydantic import Field

from muster.core import storm as rules
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import groups, visible_incidents
from muster.foundation.access.http import Shown
from muster.foundation.access.models import Person
from muster.foundation.access.requests import Request
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.mobilize.escalation.storm import StormReport, storm

router = Router(tags=["alerts"])

LISTED = 50


class StormQuery(QueryForm):
    """The latest storm of a day; with `of` the time just past. `service` chooses whose groups are listed."""

    of: Literal["", "1h", "6h", "24h"] = ""
    service: str = Field("", max_length=100)


class LaneOut(Shown):
    """Alerts of one service (null: all that have no lane) by step: those that paged, those held back."""

    service: str | None
    services: int
    state: str
    first_at: datetime
    alerts: int
    held: int
    waiting: int
    paged_bars: list[int]
    held_bars: list[int]


class StormHeldOut(Shown):
    """What held alerts back, how many, and in words why."""

    by: str
    alerts: int
    sentence: str


class StormGroup(Shown):
    """A group: how many alerts the storm brought it, and when the first of them came."""

    id: str
    service: str
    state: str
    held_back: bool
    urgency: str
    summary: str
    alerts: int
    first_at: datetime
    incident: str | None
    acknowledged_by: str | None


class StormOut(Shown):
    """What is going on. `storm` says whether one was found; `going_on` whether it may still be coming down.

    `pages` counts those of which a message went out, `people` to how many. `groups` are first seen first;
    `listed` says how many of `group_count` they are at most. `whole` is false when older alerts or messages
    were not looked at.
    """

    storm: bool
    going_on: bool
    since: datetime
    until: datetime
    start: datetime
    step_seconds: int
    alerts: int
    service_count: int
    group_count: int
    waiting: int
    held: int
    pages: int
    people: list[str]
    first_page_at: datetime | None
    first: str | None
    lanes: list[LaneOut]
    others: LaneOut | None
    held_by: list[StormHeldOut]
    groups: list[StormGroup]
    largest: list[str]
    listed: int
    whole: bool


@router.get("/storm", response=StormOut)
def show_storm(request: Request, asked: Query[StormQuery]) -> dict[str, Any]:
    """Lanes by service, where it began, what was held back and by what, and the groups, first seen first."""
    actor, at = request.arrival.actor, request.arrival.at
    report = storm(actor, at, of=asked.of)
    chosen = by_handle(Service, asked.service, actor=actor).pk if asked.service else None
    listed = report.only(chosen)[:LISTED]
    known = groups(actor).in_bulk([one.id for one in listed])
    seen = visible_incidents(actor, known.values())
    made, window = report.made, report.window
    people = Person.objects.filter(pk__in=list(report.sent.people)).order_by("handle")
    return {
        "storm": report.run is not None,
        "going_on": report.run is not None and report.run.goes_on(at),
        "since": made.first.at if made.first is not None else window.since,
        "until": window.end,
        "start": window.start,
        "step_seconds": int(window.step.total_seconds()),
        "alerts": made.alerts,
        "service_count": made.services,
        "group_count": len(made.groups),
        "waiting": made.waiting,
        "held": made.held_alerts,
        "pages": report.sent.pages,
        "people": [person.handle for person in people],
        "first_page_at": report.sent.first_at,
        "first": report.first.public_id if report.first is not None else None,
        "lanes": [_lane(one, report) for one in made.lanes],
        "others": _lane(made.rest, report) if made.rest is not None else None,
        "held_by": [{"by": one.by, "alerts": one.alerts, "sentence": one.sentence} for one in report.held],
        "groups": [_group(one, known[one.id], seen) for one in listed if one.id in known],
        "largest": [f"GRP-{one.id}" for one in made.largest(3)],
        "listed": LISTED,
        "whole": report.whole,
    }


def _lane(lane: rules.Lane, report: StormReport) -> dict[str, Any]:
    return {
        "service": report.name(lane.service) or None,
        "services": lane.services,
        "state": {"now": "needs_somebody", "had": "acknowledged", "held": "held_back"}[lane.kind],
        "first_at": lane.first_at,
        "alerts": lane.alerts,
        "held": lane.held,
        "waiting": lane.waiting,
        "paged_bars": list(lane.filled),
        "held_bars": list(lane.hollow),
    }


def _group(seen: rules.GroupSeen, row: AlertGroup, incidents: Collection[int]) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "service": row.service.handle,
        "state": row.state,
        "held_back": row.held_back,
        "urgency": row.urgency,
        "summary": row.summary,
        "alerts": seen.alerts,
        "first_at": seen.first_at,
        "incident": f"INC-{row.incident_id}" if row.incident_id in incidents else None,
        "acknowledged_by": row.acknowledged_by.handle if row.acknowledged_by else None,
    }
