"""Opsgenie's Heartbeat API but for its pings: made, read, changed, enabled, disabled, deleted (wire 2.3).

A key sees the heartbeats of its own service and those that came by this API, and no others. Deleting one
retires it: Muster keeps it and its history.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from muster.adapters.sources.opsgenie import answers, shown
from muster.adapters.sources.opsgenie.asked import Asked
from muster.adapters.sources.opsgenie.door import KIND
from muster.adapters.sources.opsgenie.translate import PRIORITIES, list_error, tags_of
from muster.core.heartbeats import HeartbeatRefusal, Standing, standing
from muster.core.ports.source_form import Malformed, Reply
from muster.core.reading import is_scalar, severity_of, text_of
from muster.core.refusal import Refused
from muster.core.signals import SignalSeverity
from muster.detect.commands import (
    add_heartbeat,
    change_heartbeat,
    pause_heartbeat,
    resume_heartbeat,
    retire_heartbeat,
)
from muster.detect.models import Heartbeat
from muster.detect.queries import beat_of, free_handle, heartbeats_of_sender, home_of, rhythm_of_row
from muster.detect.reasons import Detect
from muster.foundation.catalog.handles import handle_of
from muster.foundation.catalog.reasons import Invalid
from muster.foundation.timeline.refusals import told

_UNITS = {"minutes": "m", "hours": "h", "days": "d"}
_WHOLE = {letter: unit for unit, letter in _UNITS.items()}
_PRIORITIES = {
    SignalSeverity.CRITICAL: "P1",
    SignalSeverity.ERROR: "P2",
    SignalSeverity.WARNING: "P3",
    SignalSeverity.INFO: "P4",
}
_DEFAULT_PRIORITY = "P3"
_LARGEST_INTERVAL = 10_000_000
_MEMBERS = {
    Invalid.NAME: "name",
    HeartbeatRefusal.SCHEDULE_UNREADABLE: "interval",
    HeartbeatRefusal.SCHEDULE_TOO_SHORT: "interval",
    HeartbeatRefusal.SCHEDULE_TOO_LONG: "interval",
}
"""Which member each refusal is about."""

Answer = Callable[[Asked, str], Reply]


def ways(names: list[str]) -> Mapping[str, Answer]:
    """What answers an address under `/v2/heartbeats`, by method."""
    match names:
        case []:
            return {"GET": listed, "POST": created}
        case [_]:
            return {"GET": one, "PATCH": changed, "DELETE": deleted}
        case [_, "enable" | "disable" as verb]:
            act = enabled if verb == "enable" else disabled
            return {"POST": act, "PUT": act, "PATCH": act}
        case _:
            return {}


def listed(asked: Asked, _name: str) -> Reply:
    """The heartbeats in use."""
    rows = heartbeats_of_sender(asked.caller.actor, KIND)
    return answers.data({"heartbeats": [_whole(row, asked) for row in rows]}, seconds=asked.seconds)


def one(asked: Asked, name: str) -> Reply:
    """One heartbeat."""
    return _with(asked, name, lambda row: answers.data(_whole(row, asked), seconds=asked.seconds))


def created(asked: Asked, _name: str) -> Reply:
    """A new heartbeat of the key's own service; nothing is expected before its first ping.

    Raises:
        Malformed: the request cannot be understood.
    """
    _require(asked.said, _create_errors)
    said, caller = asked.said, asked.caller
    name = text_of(said.get("name")).strip()
    try:
        row, _key = add_heartbeat(
            actor=caller.actor,
            at=caller.at,
            handle=free_handle(handle_of(name, "heartbeat")),
            name=name,
            service_id=home_of(caller.integration_id),
            schedule=f"{int(said['interval'])}{_UNITS[said['intervalUnit']]}",
            grace=timedelta(0),
            enabled=said.get("enabled") is not False,
            made_by=KIND,
            **({"severity": severity_of(_DEFAULT_PRIORITY).value} | _given(said)),
        )
    except Refused as refused:
        return _refused(refused)
    return answers.created(_whole(row, asked), seconds=asked.seconds)


def changed(asked: Asked, name: str) -> Reply:
    """Another interval, description or alert; enabled or disabled. Raises `Malformed`."""
    _require(asked.said, _change_errors)
    return _with(asked, name, lambda row: _change(row, asked))


def enabled(asked: Asked, name: str) -> Reply:
    """Expect it again."""
    return _with(asked, name, lambda row: _turned(row, asked, is_enabled=True))


def disabled(asked: Asked, name: str) -> Reply:
    """Expect nothing of it."""
    return _with(asked, name, lambda row: _turned(row, asked, is_enabled=False))


def deleted(asked: Asked, name: str) -> Reply:
    """Expect it no more."""

    def retire(row: Heartbeat) -> Reply:
        retire_heartbeat(row.pk, actor=asked.caller.actor, at=asked.caller.at)
        return answers.done("Deleted", seconds=asked.seconds)

    return _with(asked, name, retire)


def _with(asked: Asked, name: str, answer: Callable[[Heartbeat], Reply]) -> Reply:
    """Answer about the heartbeat of this name: the one of the key's own service, if two are called alike."""
    rows = [row for row in heartbeats_of_sender(asked.caller.actor, KIND) if row.name == name]
    home = home_of(asked.caller.integration_id)
    rows.sort(key=lambda row: (row.integration.service_id != home, row.pk))
    if not rows:
        return answers.refused(404, "There is no such heartbeat.")
    try:
        return answer(rows[0])
    except Refused as refused:
        return _refused(refused)


def _change(row: Heartbeat, asked: Asked) -> Reply:
    said, caller = asked.said, asked.caller
    changes = _given(said)
    if said.get("interval") is not None or said.get("intervalUnit") is not None:
        interval, unit = _interval(row)
        interval = interval if said.get("interval") is None else int(said["interval"])
        changes["schedule"] = f"{interval}{_UNITS[said.get('intervalUnit') or unit]}"
    change_heartbeat(row.pk, changes, actor=caller.actor, at=caller.at)
    if isinstance(said.get("enabled"), bool):
        return _turned(row, asked, is_enabled=said["enabled"])
    return _meta(row, asked)


def _turned(row: Heartbeat, asked: Asked, *, is_enabled: bool) -> Reply:
    act = resume_heartbeat if is_enabled else pause_heartbeat
    act(row.pk, actor=asked.caller.actor, at=asked.caller.at)
    return _meta(row, asked)


def _refused(refused: Refused) -> Reply:
    """What a command would not do. A refusal without a member's name is a conflict, or not theirs to do."""
    words = told(refused)
    if refused.reason is Detect.HEARTBEAT_NAME_TAKEN:
        return answers.refused(409, words.sentence)
    member = _MEMBERS.get(refused.reason)
    if member is not None:
        return answers.not_processable([f"{member}: {words.sentence}"])
    if words.status == 403:
        return answers.refused(403, words.sentence, code=40301)
    return answers.refused(words.status, words.sentence)


def _given(said: Mapping[str, Any]) -> dict[str, Any]:
    """The members that say what the heartbeat is and what its alert says."""
    found: dict[str, Any] = {}
    if said.get("description") is not None:
        found["description"] = text_of(said["description"])
    if said.get("alertMessage") is not None:
        found["message"] = text_of(said["alertMessage"])
    if said.get("alertTags") is not None:
        found["tags"] = tags_of(said["alertTags"])
    if text_of(said.get("alertPriority")):
        found["severity"] = severity_of(text_of(said["alertPriority"])).value
    return found


def _require(said: Mapping[str, Any], errors: Callable[[Mapping[str, Any]], Iterator[str]]) -> None:
    found = [*errors(said), *_common_errors(said)]
    if found:
        raise Malformed(found)


def _create_errors(said: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(said.get("name"), str) or not said["name"].strip():
        yield "name: may not be empty"
    if said.get("interval") is None:
        yield "interval: may not be empty"
    if said.get("intervalUnit") is None:
        yield "intervalUnit: may not be empty"


def _change_errors(said: Mapping[str, Any]) -> Iterator[str]:
    yield from ()


def _common_errors(said: Mapping[str, Any]) -> Iterator[str]:
    interval = said.get("interval")
    if interval is not None and not _is_interval(interval):
        yield "interval: must be a whole number from 1"
    if said.get("intervalUnit") is not None and said["intervalUnit"] not in list(_UNITS):
        yield f"intervalUnit: must be one of {', '.join(_UNITS)}"
    if not isinstance(said.get("enabled"), bool | None):
        yield "enabled: must be true or false"
    for name in ("description", "alertMessage", "alertPriority"):
        if not is_scalar(said.get(name)):
            yield f"{name}: must be a text"
    priority = text_of(said.get("alertPriority")).strip().upper()
    if priority and priority not in PRIORITIES:
        yield f"alertPriority: must be one of {', '.join(PRIORITIES)}"
    yield from list_error(said, "alertTags")


def _is_interval(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdecimal() and len(value) < 9 and int(value) > 0
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_INTERVAL


def _interval(row: Heartbeat) -> tuple[int, str]:
    """How often, in Opsgenie's units: as it was written, or in whole minutes for what it has no words for."""
    number, letter = row.schedule[:-1], row.schedule[-1:]
    if letter in _WHOLE and number.isdecimal():
        return int(number), _WHOLE[letter]
    stride = rhythm_of_row(row).schedule.stride
    return max(1, math.ceil(stride / timedelta(minutes=1))), "minutes"


def _whole(row: Heartbeat, asked: Asked) -> dict[str, Any]:
    interval, unit = _interval(row)
    shown_ping = {} if row.last_ping_at is None else {"lastPingTime": shown.stamp(row.last_ping_at)}
    team = row.integration.service.team
    owner = {} if team is None else {"ownerTeam": {"id": team.handle, "name": team.name}}
    return {
        "name": row.name,
        "description": row.description,
        "interval": interval,
        "enabled": _is_enabled(row),
        "intervalUnit": unit,
        "expired": _is_expired(row, asked),
        **shown_ping,
        **owner,
        "alertMessage": row.message or f"{row.name} is expired",
        "alertTags": row.tags,
        "alertPriority": _PRIORITIES[SignalSeverity(row.severity)],
    }


def _meta(row: Heartbeat, asked: Asked) -> Reply:
    row.refresh_from_db()
    data = {"name": row.name, "enabled": _is_enabled(row), "expired": _is_expired(row, asked)}
    return answers.data(data, seconds=asked.seconds)


def _is_enabled(row: Heartbeat) -> bool:
    return row.state != Standing.PAUSED


def _is_expired(row: Heartbeat, asked: Asked) -> bool:
    return standing(beat_of(row), rhythm_of_row(row), asked.caller.at) is Standing.DOWN
