"""`/heartbeats`: jobs that ought to report; the address of each is shown once (design section 13)."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from ninja import Query, Router, Status
from pydantic import Field

from muster.core.heartbeats import PingKind, Standing, expected_at, schedule_of, standing
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.core.wallclock import format_duration, parse_duration
from muster.detect import commands
from muster.detect.heartbeat_words import ping_address, schedule_words
from muster.detect.models import Heartbeat, Ping
from muster.detect.queries import beat_of, heartbeat_of, heartbeats, pings_of, rhythm_of_row
from muster.detect.reasons import Detect
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.queries import organisation
from muster.foundation.access.requests import Request, base_url
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle

router = Router(tags=["heartbeats"])

COMING = 5
Text = Annotated[str, Field(max_length=200)]


class HeartbeatOut(Shown):
    """A job that ought to report. In `url`, `<your key>` stands in the place of the key.

    `state` is new, up, late, down or paused. `expected_at` is when it ought to report next, `due_at` when its
    alert opens otherwise; `started_at` is set while a run goes on, `took_s` is how long the last one took.
    """

    handle: str
    name: str
    service: str
    description: str
    schedule: str
    schedule_words: str
    timezone: str
    grace: str
    severity: str
    message: str
    labels: dict[str, str]
    tags: list[str]
    url: str
    state: Standing
    last_ping_at: datetime | None
    started_at: datetime | None
    took_s: float | None
    expected_at: datetime | None
    due_at: datetime | None
    retired_at: datetime | None


class HeartbeatPage(Shown):
    """Newest first."""

    items: list[HeartbeatOut]
    next: str | None


class NewAddress(Shown):
    """The key, and the address to ping: shown this once."""

    handle: str
    key: str
    url: str


class PingOut(Shown):
    """What a job said: success, start, fail or log."""

    number: int
    kind: PingKind
    at: datetime
    exit_status: int | None
    took_s: float | None
    body: str


class PingsOut(Shown):
    """The last hundred, newest first."""

    items: list[PingOut]


class HeartbeatIn(Body):
    """A job to expect. `schedule` is `15m`, `1h`, `1d` or a cron expression on the clock of `timezone`, which
    is the organisation's unless said. `message` is the first line of its alert, made up when it is empty."""

    handle: str
    name: str
    service: str
    schedule: Text
    grace: Text = "5m"
    timezone: Text | None = None
    severity: str = SignalSeverity.ERROR.value
    description: str = Field("", max_length=10_000)
    message: str = Field("", max_length=1_024)
    labels: dict[str, str] = Field(default_factory=dict, max_length=50)
    tags: list[str] = Field(default_factory=list, max_length=100)


class HeartbeatChange(Body):
    """What to change; what is absent stays."""

    name: str | None = None
    service: str | None = None
    schedule: Text | None = None
    grace: Text | None = None
    timezone: Text | None = None
    severity: str | None = None
    description: str | None = Field(None, max_length=10_000)
    message: str | None = Field(None, max_length=1_024)
    labels: dict[str, str] | None = Field(None, max_length=50)
    tags: list[str] | None = Field(None, max_length=100)


class Preview(Body):
    """A schedule to try."""

    schedule: Text
    timezone: Text | None = None


class PreviewOut(Shown):
    """What a schedule means, and its next times if the job reports at each of them."""

    words: str
    coming: list[datetime]


class Listing(Paging):
    """`active` leaves out what is retired."""

    active: bool = False
    service: str = Field("", max_length=100)


@router.get("/heartbeats", response=HeartbeatPage)
def list_heartbeats(request: Request, asked: Query[Listing]) -> dict[str, Any]:
    """All heartbeats."""
    actor = request.arrival.actor
    rows = heartbeats(actor)
    if asked.active:
        rows = rows.filter(integration__retired_at__isnull=True)
    if asked.service:
        rows = rows.filter(integration__service=by_handle(Service, asked.service, actor=actor))
    return page_of(rows, asked, lambda row: _shown(row, request))


@router.post("/heartbeat-previews", response=PreviewOut)
def preview(request: Request, given: Preview) -> dict[str, Any]:
    """What a schedule means."""
    schedule = schedule_of(given.schedule, given.timezone or organisation().timezone)
    return {
        "words": schedule_words(schedule),
        "coming": schedule.coming(request.arrival.at, COMING),
    }


@router.get("/heartbeats/{handle}", response=HeartbeatOut)
def heartbeat(request: Request, handle: str) -> dict[str, Any]:
    """One heartbeat."""
    return _shown(heartbeat_of(request.arrival.actor, handle), request)


@router.get("/heartbeats/{handle}/pings", response=PingsOut)
def pings(request: Request, handle: str) -> dict[str, Any]:
    """What the job said last."""
    return {"items": [_ping(one) for one in pings_of(heartbeat_of(request.arrival.actor, handle))]}


@router.post("/heartbeats", response={201: NewAddress})
def add_heartbeat(request: Request, given: HeartbeatIn) -> Status[dict[str, str]]:
    """Expect a job; its address is in this answer and nowhere else."""
    arrival = request.arrival
    row, key = commands.add_heartbeat(
        actor=arrival.actor,
        at=arrival.at,
        service_id=by_handle(Service, given.service, actor=arrival.actor).pk,
        grace=_grace(given.grace),
        timezone=given.timezone or organisation().timezone,
        **given.model_dump(exclude={"service", "grace", "timezone"}),
    )
    return Status(201, _with_key(row, key, request))


@router.patch("/heartbeats/{handle}", response=HeartbeatOut)
def change_heartbeat(request: Request, handle: str, given: HeartbeatChange) -> dict[str, Any]:
    """Change what is said; another rhythm begins the clock anew."""
    arrival = request.arrival
    changes = given.model_dump(exclude_unset=True, exclude_none=True)
    if "service" in changes:
        changes["service_id"] = by_handle(Service, changes.pop("service"), actor=arrival.actor).pk
    if "grace" in changes:
        changes["grace"] = _grace(changes["grace"])
    row = heartbeat_of(arrival.actor, handle)
    commands.change_heartbeat(row.pk, changes, actor=arrival.actor, at=arrival.at)
    return _shown(heartbeat_of(arrival.actor, handle), request)


@router.post("/heartbeats/{handle}/rotate", response=NewAddress)
def rotate(request: Request, handle: str) -> dict[str, str]:
    """Make a new address, shown this once; the old one works for 24 hours more."""
    arrival = request.arrival
    row = heartbeat_of(arrival.actor, handle)
    return _with_key(row, commands.rotate_address(row.pk, actor=arrival.actor, at=arrival.at), request)


@router.post("/heartbeats/{handle}/pause", response=HeartbeatOut)
def pause(request: Request, handle: str) -> dict[str, Any]:
    """Expect nothing until it is resumed; an open alert ends."""
    arrival = request.arrival
    row = heartbeat_of(arrival.actor, handle)
    commands.pause_heartbeat(row.pk, actor=arrival.actor, at=arrival.at)
    return _shown(heartbeat_of(arrival.actor, handle), request)


@router.post("/heartbeats/{handle}/resume", response=HeartbeatOut)
def resume(request: Request, handle: str) -> dict[str, Any]:
    """Expect it again, counted from now."""
    arrival = request.arrival
    row = heartbeat_of(arrival.actor, handle)
    commands.resume_heartbeat(row.pk, actor=arrival.actor, at=arrival.at)
    return _shown(heartbeat_of(arrival.actor, handle), request)


@router.post("/heartbeats/{handle}/retire", response={204: None})
def retire(request: Request, handle: str) -> Status[None]:
    """Expect nothing more, and refuse its address."""
    arrival = request.arrival
    row = heartbeat_of(arrival.actor, handle)
    commands.retire_heartbeat(row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.post("/heartbeats/{handle}/restore", response={204: None})
def restore(request: Request, handle: str) -> Status[None]:
    """Expect it again, at the address it had."""
    arrival = request.arrival
    row = heartbeat_of(arrival.actor, handle)
    commands.restore_heartbeat(row.pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


def _grace(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise Refused(Detect.GRACE_UNREADABLE, {"grace": text[:40]}) from None


def _shown(row: Heartbeat, request: Request) -> dict[str, Any]:
    known, rhythm = beat_of(row), rhythm_of_row(row)
    return {
        "handle": row.handle,
        "name": row.name,
        "service": row.integration.service.handle,
        "description": row.description,
        "schedule": row.schedule,
        "schedule_words": schedule_words(rhythm.schedule),
        "timezone": row.timezone,
        "grace": format_duration(row.grace),
        "severity": row.severity,
        "message": row.message,
        "labels": row.labels,
        "tags": row.tags,
        "url": ping_address(base_url(request)),
        "state": standing(known, rhythm, request.arrival.at),
        "last_ping_at": row.last_ping_at,
        "started_at": row.started_at,
        "took_s": row.took.total_seconds() if row.took is not None else None,
        "expected_at": expected_at(known, rhythm),
        "due_at": row.due_at,
        "retired_at": row.integration.retired_at,
    }


def _ping(one: Ping) -> dict[str, Any]:
    return {
        "number": one.number,
        "kind": one.kind,
        "at": one.at,
        "exit_status": one.exit_status,
        "took_s": one.took.total_seconds() if one.took is not None else None,
        "body": one.body,
    }


def _with_key(row: Heartbeat, key: str, request: Request) -> dict[str, str]:
    return {"handle": row.handle, "key": key, "url": ping_address(base_url(request), key)}
