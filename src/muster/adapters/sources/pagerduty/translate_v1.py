"""PagerDuty's Events API version 1, still spoken by old Nagios scripts and Alertmanager's `service_key`."""

from collections.abc import Iterator, Mapping
from typing import Any

from muster.adapters.sources.pagerduty.translate import (
    event_details,
    images_of,
    links_of,
    without,
)
from muster.core.ports.source_form import Malformed
from muster.core.reading import is_scalar, made_key, short_texts_of, text_of
from muster.core.signals import Action, Signal, SignalSeverity, make_signal

_ACTIONS = {"trigger": Action.TRIGGER, "acknowledge": Action.ACKNOWLEDGE, "resolve": Action.RESOLVE}


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one event of version 1 (wire facts 1.3). It knows no severity: an error. Raises `Malformed`."""
    if not isinstance(body, Mapping):
        raise Malformed(["The event must be a JSON object"])
    errors = list(_errors(body))
    if errors:
        raise Malformed(errors)
    details = event_details(body.get("details"))
    contexts = body.get("contexts")
    return [
        make_signal(
            _ACTIONS[body["event_type"]],
            text_of(body.get("incident_key")) or made_key(without(body, "service_key")),
            summary=text_of(body.get("description")),
            severity=SignalSeverity.ERROR,
            source=text_of(body.get("client")),
            labels=short_texts_of(details),
            details=details,
            links=links_of(contexts),
            images=images_of(contexts),
            client=text_of(body.get("client")),
            client_url=text_of(body.get("client_url")),
            raw=without(body, "service_key"),
        )
    ]


def _errors(event: Mapping[str, Any]) -> Iterator[str]:
    action = event.get("event_type")
    if action in (None, ""):
        yield "'event_type' is missing or blank"
    elif not isinstance(action, str) or action not in _ACTIONS:
        yield "'event_type' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"
    key = event.get("incident_key")
    if not is_scalar(key):
        yield "'incident_key' must be a string"
    elif action in ("acknowledge", "resolve") and not text_of(key):
        yield "'incident_key' is missing or blank"
    if action == "trigger" and not text_of(event.get("description")).strip():
        yield "'description' is missing or blank"
