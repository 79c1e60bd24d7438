"""The only writers of heartbeats as they are configured; what jobs say comes in through `pings`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from muster.core.change import Change
from muster.core.heartbeats import BeatState, Turn, counted_anew, paused, resumed, rhythm_of
from muster.core.permissions import Actor, ActorKind, Denied, Right, require
from muster.core.refusal import Refused
from muster.core.signals import SUMMARY_LIMIT_CHARS, Action, SignalSeverity, bounded_labels, bounded_tags
from muster.core.text import clean_text, one_line
from muster.core.wallclock import format_duration
from muster.detect.commands.beating import tell, told, turn_to
from muster.detect.commands.integrations import disconnect, give_new_key, key_hash, new_key
from muster.detect.models import HEARTBEAT_KIND, Heartbeat, Integration
from muster.detect.queries import beat_of
from muster.detect.reasons import Detect
from muster.foundation.catalog import checks, handles
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.pen import command, lock, record

_DESCRIPTION_LIMIT_CHARS = 10_000
_RHYTHM = frozenset({"schedule", "timezone", "grace"})
_CHANGEABLE = _RHYTHM | {"name", "description", "severity", "message", "labels", "tags", "service_id"}


@command
def add_heartbeat(
    *,
    actor: Actor,
    at: datetime,
    handle: str,
    name: str,
    service_id: int,
    schedule: str,
    grace: timedelta,
    timezone: str = "UTC",
    severity: str = SignalSeverity.ERROR,
    description: str = "",
    message: str = "",
    labels: Mapping[str, str] | None = None,
    tags: Iterable[str] = (),
    made_by: str = "hand",
    enabled: bool = True,
) -> tuple[Heartbeat, str]:
    """Expect a job of this service to report; returns the row and its key, which is shown this once.

    `schedule` is `15m`, `1h`, `1d` or a cron expression on the clock of `timezone`. Nothing is expected
    before the first report.

    Raises:
        Refused: neither the service's team manager nor an admin nor an integration of that service; the
            handle or the name is taken; the rhythm is none; the service is retired.
    """
    service = _live_service(service_id, actor)
    _require_free(name, service)
    given = {
        "name": name,
        "schedule": schedule,
        "timezone": timezone,
        "grace": grace,
        "severity": severity,
        "description": description,
        "message": message,
        "labels": dict(labels or {}),
        "tags": tags,
    }
    columns = _checked(given)
    integration, key = _connected(handle, service, made_by, actor=actor, at=at)
    state = BeatState.NEW if enabled else BeatState.PAUSED
    columns |= {"integration_id": integration.pk, "made_by": made_by, "state": state}
    facts, text = _facts(columns)
    change = Change("heartbeat.added", columns, facts | {"handle": handle, "service": service.pk}, text)
    return record(Heartbeat(), change, actor=actor, at=at), key


@command
def change_heartbeat(
    heartbeat_id: int, changes: Mapping[str, Any], *, actor: Actor, at: datetime
) -> Heartbeat:
    """Change name, description, schedule, timezone, grace, severity, message, labels, tags or service_id.

    Another rhythm begins the clock anew; another service takes an open alert along.

    Raises:
        Refused: as `add_heartbeat`, of both services.
    """
    unknown = set(changes) - _CHANGEABLE
    if unknown:
        raise ValueError(f"a heartbeat cannot change {sorted(unknown)}")
    row = _locked(heartbeat_id, actor)
    if changes.get("service_id", row.integration.service_id) != row.integration.service_id:
        _move(row, changes["service_id"], actor=actor, at=at)
    if changes.get("name", row.name) != row.name or "service_id" in changes:
        service = lock(Service, row.integration.service_id)
        _require_free(changes.get("name", row.name), service, besides=row.pk)
    checked = _checked({**_standing(row), **changes})
    new = {name: value for name, value in checked.items() if getattr(row, name) != value}
    if not new:
        return row
    after, text = _facts(new)
    facts = {name: {"before": _plain(getattr(row, name)), "after": value} for name, value in after.items()}
    change = Change("heartbeat.changed", new, facts, text)
    known = beat_of(row)
    if new.keys() & _RHYTHM:
        known = counted_anew(known, at=at)
        for name in new.keys() & _RHYTHM:
            setattr(row, name, new[name])  # what is due follows from the new rhythm
    turn_to(row, Turn(known, change), actor=actor, at=at)
    return row


@command
def pause_heartbeat(heartbeat_id: int, *, actor: Actor, at: datetime) -> Heartbeat:
    """Expect nothing of the job until somebody resumes it; its alert ends. What it says is kept.

    Raises:
        Refused: not theirs to edit, or it is retired.
    """
    row = _locked(heartbeat_id, actor)
    turn = paused(beat_of(row))
    if turn is not None:
        _turn(row, turn, actor=actor, at=at)
    return row


@command
def resume_heartbeat(heartbeat_id: int, *, actor: Actor, at: datetime) -> Heartbeat:
    """Expect the job again, counted from now; one that never reported waits for its first report.

    Raises:
        Refused: not theirs to edit, or it is retired.
    """
    row = _locked(heartbeat_id, actor)
    turn = resumed(beat_of(row), at=at, was_heard=row.last_ping_at is not None)
    if turn is not None:
        _turn(row, turn, actor=actor, at=at)
    return row


@command
def rotate_address(heartbeat_id: int, *, actor: Actor, at: datetime) -> str:
    """Give the heartbeat a new key and return it, shown this once; the old address works for 24 hours more.

    Raises:
        Refused: not theirs to edit, or it is retired.
    """
    row = _locked(heartbeat_id, actor)
    return give_new_key(lock(Integration, row.integration_id), actor=actor, at=at)


@command
def retire_heartbeat(heartbeat_id: int, *, actor: Actor, at: datetime) -> Heartbeat:
    """Expect nothing more of the job, end its alert, and refuse its address from now on."""
    row = _locked(heartbeat_id, actor, live=False)
    if row.integration.retired_at is not None:
        return row
    known = beat_of(row)
    turn = paused(known) or Turn(replace(known, state=BeatState.PAUSED))
    change = Change("heartbeat.retired", {"state": BeatState.PAUSED}, {"before": row.state})
    _turn(row, replace(turn, change=change), actor=actor, at=at)
    row.integration = disconnect(lock(Integration, row.integration_id), actor=actor, at=at)
    return row


@command
def restore_heartbeat(heartbeat_id: int, *, actor: Actor, at: datetime) -> Heartbeat:
    """Undo `retire_heartbeat`: the address it had works again, and its clock begins now.

    Raises:
        Refused: not theirs to edit; its service is retired; another one has its name now.
    """
    row = _locked(heartbeat_id, actor, live=False)
    integration = lock(Integration, row.integration_id)
    if integration.retired_at is None:
        return row
    _require_free(row.name, _live_service(integration.service_id, actor))
    row.integration = record(
        integration, Change("integration.restored", {"retired_at": None}), actor=actor, at=at
    )
    turn = resumed(beat_of(row), at=at, was_heard=row.last_ping_at is not None)
    assert turn is not None
    state = turn.beat.state
    _turn(row, replace(turn, change=Change("heartbeat.restored", {"state": state})), actor=actor, at=at)
    return row


def _connected(
    handle: str, service: Service, made_by: str, *, actor: Actor, at: datetime
) -> tuple[Integration, str]:
    """The way in of a new heartbeat, and its key. Raises `Refused`: the handle is taken, or no handle."""
    handles.claim(Integration.subject_kind, handle)
    key = new_key()
    columns = {
        "handle": handle,
        "kind": HEARTBEAT_KIND,
        "service_id": service.pk,
        "key_hash": key_hash(key),
        "made_by": made_by,
    }
    facts = {"handle": handle, "kind": HEARTBEAT_KIND, "service": service.pk}
    return record(Integration(), Change("integration.added", columns, facts), actor=actor, at=at), key


def _turn(row: Heartbeat, turn: Turn, *, actor: Actor, at: datetime) -> None:
    """Write it, and tell the alert."""
    turn_to(row, turn, actor=actor, at=at)
    if turn.action is not None:
        tell([told(row, turn.action, turn.why)])


def _move(row: Heartbeat, service_id: int, *, actor: Actor, at: datetime) -> None:
    """To another service. Alerts are known within their service, so an open one ends there and opens here."""
    service = _live_service(service_id, actor)
    is_down = row.state == BeatState.DOWN
    if is_down:
        tell([told(row, Action.RESOLVE, None)])
    before = row.integration.service_id
    facts = {"service_id": {"before": before, "after": service.pk}}
    integration = lock(Integration, row.integration_id)
    row.integration = record(
        integration, Change("integration.changed", {"service_id": service.pk}, facts), actor=actor, at=at
    )
    if is_down:
        tell([told(row, Action.TRIGGER, None)])


def _locked(heartbeat_id: int, actor: Actor, *, live: bool = True) -> Heartbeat:
    row = lock(Heartbeat, heartbeat_id)
    if not _is_its_protocols(actor, row):
        _require(actor, row.integration.service)
    if live and row.integration.retired_at is not None:
        raise Refused(Detect.HEARTBEAT_RETIRED, {"handle": row.handle})
    return row


def _is_its_protocols(actor: Actor, row: Heartbeat) -> bool:
    """Whether a sender asks through the protocol by which the heartbeat was made: its senders know one key
    for the organisation."""
    if actor.kind is not ActorKind.INTEGRATION:
        return False
    return Integration.objects.filter(pk=actor.id or 0, kind=row.made_by, retired_at__isnull=True).exists()


def _require(actor: Actor, service: Service) -> None:
    """The team's manager, an admin, or a sender of the same service through its own protocol."""
    if actor.kind is ActorKind.INTEGRATION:
        own = Integration.objects.filter(pk=actor.id or 0, service=service, retired_at__isnull=True)
        if not own.exists():
            raise Refused(Denied.NOT_YOUR_TEAM)
    else:
        require(actor, Right.EDIT_TEAM, team=service.team_id)


def _live_service(service_id: int, actor: Actor) -> Service:
    """A service of which the actor may expect jobs, held so that nobody retires it meanwhile."""
    service = lock(Service, service_id)
    _require(actor, service)
    if service.retired_at is not None:
        raise Refused(Detect.SERVICE_RETIRED, {"service": service.handle})
    return service


def _require_free(name: str, service: Service, *, besides: int = 0) -> None:
    """One name within a (locked) service: senders ping by it."""
    same = Heartbeat.objects.filter(
        name=name, integration__service=service, integration__retired_at__isnull=True
    )
    if same.exclude(pk=besides).exists():
        raise Refused(Detect.HEARTBEAT_NAME_TAKEN, {"name": name[:80], "service": service.handle})


def _standing(row: Heartbeat) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _CHANGEABLE - {"service_id"}}


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as they are stored. Raises `Refused`."""
    rhythm = rhythm_of(given["schedule"], given["timezone"], given["grace"])
    if given["severity"] not in list(SignalSeverity):
        raise Refused(Detect.SEVERITY_UNKNOWN, {"severity": str(given["severity"])[:40]})
    return {
        "name": checks.name(given["name"]),
        "schedule": rhythm.schedule.text,
        "timezone": given["timezone"],
        "grace": rhythm.grace,
        "severity": SignalSeverity(given["severity"]).value,
        "description": clean_text(given["description"])[:_DESCRIPTION_LIMIT_CHARS],
        "message": one_line(given["message"], SUMMARY_LIMIT_CHARS),
        "tags": list(bounded_tags(given["tags"])),
        "labels": dict(bounded_labels(given["labels"])),
    }


def _facts(columns: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the event keeps for ever, and the free text that can be erased from it."""
    free = {"description", "message"}
    text = {name: columns[name] for name in free if columns.get(name)}
    return {name: _plain(value) for name, value in columns.items() if name not in free}, text


def _plain(value: Any) -> Any:
    return format_duration(value) if isinstance(value, timedelta) else value
