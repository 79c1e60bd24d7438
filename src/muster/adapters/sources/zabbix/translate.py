"""Zabbix, through the media type that we publish: problems, their updates and their recovery.

How sure this is: the body is ours, its members are macros, and what they hold was recorded from a Zabbix
server 6.0.14, into which our media type was imported (sure): `{EVENT.VALUE}` is 1 for a problem and 0 for its
recovery, `{EVENT.ID}` is the problem's in its updates and its recovery too, `{EVENT.UPDATE.ACTION}` says
"acknowledged and commented", "unacknowledged", "acknowledged and changed severity from Disaster to High", and
a macro that holds nothing arrives as its own name or as `*UNKNOWN*`. `{EVENT.TIMESTAMP}` is in the
documentation of newer versions (sure); 6.0 leaves it as it is, and then no time is known.
"""

from collections.abc import Mapping
from typing import Any

from muster.core.decoding import NotDecodable, decode_json
from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    mapping_of,
    objects_in,
    said,
    scalars_of,
    severity_of,
    text_of,
    web_links,
)
from muster.core.signals import Action, Link, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

_PROBLEM, _RECOVERY = "1", "0"
_LEVELS = {
    "1": SignalSeverity.INFO,
    "2": SignalSeverity.WARNING,
    "3": SignalSeverity.ERROR,
    "4": SignalSeverity.ERROR,
    "5": SignalSeverity.CRITICAL,
}
_TOLD = (
    "event_opdata",
    "trigger_description",
    "event_update_action",
    "event_update_message",
    "user",
    "host_ip",
)


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification. The key is the problem's event id, which its updates and its recovery share.

    An acknowledgement that changes the severity too is two signals. Raises `Malformed`.
    """
    body = {name: value for name, value in mapping_of(body).items() if name != "send_to"}  # it has the key
    told = {name: text.strip() for name, text in scalars_of(body).items() if _says(text)}
    key = told.get("event_id") or told.get("trigger_id", "")
    errors = []
    if not key:
        errors.append("'event_id' is missing: it holds the macro {EVENT.ID} in the media type of Muster")
    if told.get("event_value") not in (_PROBLEM, _RECOVERY):
        errors.append("'event_value' must be '1' (problem) or '0' (recovery): it holds {EVENT.VALUE}")
    if errors:
        raise Malformed(errors)
    return [_signal(action, key, told, body) for action in _actions(told)]


def _says(text: str) -> bool:
    """Whether a macro was filled in."""
    stripped = text.strip()
    return bool(stripped) and stripped != "*UNKNOWN*" and not (stripped[0] == "{" and stripped[-1] == "}")


def _actions(told: Mapping[str, str]) -> list[Action]:
    if told["event_value"] == _RECOVERY:
        return [Action.RESOLVE]
    update = told.get("event_update_action", "").lower() if told.get("event_update_status") == "1" else ""
    if "acknowledged" not in update or "unacknowledged" in update:
        return [Action.TRIGGER]
    return [Action.TRIGGER, Action.ACKNOWLEDGE] if "severity" in update else [Action.ACKNOWLEDGE]


def _signal(action: Action, key: str, told: Mapping[str, str], body: Mapping[str, Any]) -> Signal:
    tags = _tags(body.get("event_tags"))
    host = told.get("host_name") or told.get("host_host", "")
    name = told.get("event_name") or f"Problem {key}"
    recovered_at = sender_time(told.get("event_recovery_timestamp"))
    return make_signal(
        action,
        key,
        summary=name if not host or host in name else f"{host}: {name}",
        severity=_LEVELS.get(told.get("event_nseverity", "")) or severity_of(told.get("event_severity", "")),
        source=host,
        component=tags.get("component", ""),
        group=told.get("host_groups", ""),
        class_=told.get("event_name", ""),
        labels=said(host=told.get("host_host", ""), trigger=told.get("trigger_id", "")) | tags,
        details={name: told[name] for name in _TOLD if name in told},
        links=_links(told),
        client="Zabbix",
        client_url=told.get("zabbix_url", ""),
        occurred_at=sender_time(told.get("event_timestamp")),
        ended_at=recovered_at if action is Action.RESOLVE else None,
        raw=body,
    )


def _tags(value: Any) -> dict[str, str]:
    """The event's tags, which come as JSON in a text; several values of one tag are joined by commas."""
    if isinstance(value, str):
        try:
            value = decode_json(value.encode("utf-8", "replace"))
        except NotDecodable:
            return {}
    found: dict[str, list[str]] = {}
    for tag in objects_in(value):
        if name := text_of(tag.get("tag")):
            found.setdefault(name, []).append(text_of(tag.get("value")))
    return {name: ", ".join(filter(None, values)) for name, values in found.items()}


def _links(told: Mapping[str, str]) -> list[Link]:
    zabbix, trigger, event = (told.get(name, "") for name in ("zabbix_url", "trigger_id", "event_id"))
    problem = f"{zabbix.rstrip('/')}/tr_events.php?triggerid={trigger}&eventid={event}"
    return web_links(
        ("Problem", problem if trigger and event else zabbix), ("Trigger's address", told.get("trigger_url"))
    )
