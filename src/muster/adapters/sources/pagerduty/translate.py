"""PagerDuty's Events API version 2 and its change events (wire facts 1.1 and 1.2)."""

from collections.abc import Iterator, Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import is_scalar, made_key, mapping_of, objects_in, short_texts_of, text_of
from muster.core.signals import (
    Action,
    Image,
    Link,
    Signal,
    SignalSeverity,
    is_plain_key,
    make_signal,
)
from muster.core.text import sender_time

_TRIGGER = Action.TRIGGER
_ACTIONS = {"trigger": _TRIGGER, "acknowledge": Action.ACKNOWLEDGE, "resolve": Action.RESOLVE}
_SEVERITIES = {severity.value: severity for severity in SignalSeverity}


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one event of version 2. Null is absent, unknown members are ignored. Raises `Malformed`."""
    event = _object(body)
    payload = mapping_of(event.get("payload"))
    summary, source = text_of(payload.get("summary")), text_of(payload.get("source"))
    severity, dedup_key = _severity(payload), text_of(event.get("dedup_key"))
    is_plain = dedup_key and severity and source.strip() and summary.strip()
    if not (is_plain and event.get("event_action") == "trigger"):
        errors = list(_event_errors(event))
        if errors:
            raise Malformed(errors)
    details = event_details(payload.get("custom_details"))
    return [
        make_signal(
            _ACTIONS[event["event_action"]],
            dedup_key or made_key(without(event, "routing_key")),
            summary=summary,
            severity=severity or SignalSeverity.ERROR,
            source=source,
            component=text_of(payload.get("component")),
            group=text_of(payload.get("group")),
            class_=text_of(payload.get("class")),
            labels=short_texts_of(details),
            details=details,
            links=links_of(event.get("links")),
            images=images_of(event.get("images")),
            client=text_of(event.get("client")),
            client_url=text_of(event.get("client_url")),
            occurred_at=sender_time(payload.get("timestamp")),
            raw=without(event, "routing_key"),
        )
    ]


def glance(event: Any, /) -> Signal | None:
    """A plain trigger as far as counting a repeat needs it (see `Door.glance`): 1 µs in place of 7."""
    if type(event) is not dict or event.get("event_action") != "trigger":
        return None
    payload, dedup_key = event.get("payload"), event.get("dedup_key")
    if type(payload) is not dict or not is_plain_key(dedup_key):
        return None
    word, said_at = payload.get("severity"), payload.get("timestamp")
    severity = _SEVERITIES.get(word) if type(word) is str else None
    summary, source = payload.get("summary"), payload.get("source")
    if severity is None or not (_says_something(summary) and _says_something(source)):
        return None
    return Signal(
        _TRIGGER,
        dedup_key,
        severity=severity,
        occurred_at=None if said_at is None else sender_time(said_at),
        raw=without(event, "routing_key"),
    )


def _says_something(text: Any) -> bool:
    return type(text) is str and bool(text) and not text.isspace()


def translate_change(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one change event: stored and shown beside alerts, never one itself. Raises `Malformed`."""
    event = _object(body)
    payload = mapping_of(event.get("payload"))
    if not payload:
        raise Malformed(["'payload' is missing or blank"])
    if not text_of(payload.get("summary")).strip():
        raise Malformed(["'payload.summary' is missing or blank"])
    details = event_details(payload.get("custom_details"))
    return [
        make_signal(
            Action.CHANGE,
            made_key(without(event, "routing_key")),
            summary=text_of(payload.get("summary")),
            severity=SignalSeverity.INFO,
            source=text_of(payload.get("source")),
            labels=short_texts_of(details),
            details=details,
            links=links_of(event.get("links")),
            images=images_of(event.get("images")),
            occurred_at=sender_time(payload.get("timestamp")),
            raw=without(event, "routing_key"),
        )
    ]


def _event_errors(event: Mapping[str, Any]) -> Iterator[str]:
    action = event.get("event_action")
    if action in (None, ""):
        yield "'event_action' is missing or blank"
    elif not isinstance(action, str) or action not in _ACTIONS:
        yield (
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"
        )
    key = event.get("dedup_key")
    if not is_scalar(key):
        yield "'dedup_key' must be a string"
    elif action in ("acknowledge", "resolve") and not text_of(key):
        yield "'dedup_key' is missing or blank"
    if action == "trigger":
        yield from _payload_errors(event.get("payload"))


def _payload_errors(payload: Any) -> Iterator[str]:
    if payload is None:
        yield "'payload' is missing or blank"
        return
    if not (type(payload) is dict or isinstance(payload, Mapping)):
        yield "'payload' must be an object"
        return
    for name in ("summary", "source"):
        value = payload.get(name)
        if not is_scalar(value):
            yield f"'payload.{name}' must be a string"
        elif not text_of(value).strip():
            yield f"'payload.{name}' is missing or blank"
    if payload.get("severity") in (None, ""):
        yield "'payload.severity' is missing or blank"
    elif _severity(payload) is None:
        yield (
            "'payload.severity' is invalid (must be one of the following: "
            "'critical', 'warning', 'error' or 'info')"
        )


def _severity(payload: Mapping[str, Any]) -> SignalSeverity | None:
    said = text_of(payload.get("severity"))
    return _SEVERITIES.get(said) or _SEVERITIES.get(said.strip().lower())


def _object(body: Any) -> Mapping[str, Any]:
    if not (type(body) is dict or isinstance(body, Mapping)):
        raise Malformed(["The event must be a JSON object"])
    return body


def without(event: Mapping[str, Any], secret_name: str) -> dict[str, Any]:
    """The event as it may be stored: without the integration's key."""
    kept = dict(event)
    kept.pop(secret_name, None)
    return kept


def event_details(value: Any) -> dict[str, Any]:
    """Custom details as an object: some senders send a text or a list in its place."""
    if type(value) is dict:
        return value
    if value in (None, "", {}, []):
        return {}
    return dict(value) if isinstance(value, Mapping) else {"details": value}


def links_of(value: Any) -> list[Link]:
    """The links with an address; others are left out."""
    return [
        Link(text_of(x.get("href")), text_of(x.get("text")))
        for x in objects_in(value)
        if text_of(x.get("href"))
    ]


def images_of(value: Any) -> list[Image]:
    """The images with a source; others are left out."""
    return [
        Image(text_of(x.get("src")), text_of(x.get("href")), text_of(x.get("alt")))
        for x in objects_in(value)
        if text_of(x.get("src"))
    ]
