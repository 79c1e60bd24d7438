"""incident.io's alert sources (wire facts 3.8): one alert, or an Alertmanager's group."""

from collections.abc import Mapping
from typing import Any

from muster.core.labelled import group_signals
from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    first_of,
    made_key,
    mapping_of,
    severity_of,
    short_texts_of,
    text_of,
    text_or_json,
    web_links,
)
from muster.core.signals import Action, Signal, make_signal

_STATES = {"firing": Action.TRIGGER, "resolved": Action.RESOLVE}


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one alert event. Without a key of its own the title is the key. Raises `Malformed`."""
    if not isinstance(body, Mapping):
        raise Malformed(["Send one JSON object with 'title' and 'status'"])
    action = _STATES.get(text_of(body.get("status")).strip().lower())
    title, key = text_of(body.get("title")).strip(), text_of(body.get("deduplication_key"))
    errors = []
    if action is None:
        errors.append("'status' must be 'firing' or 'resolved'")
    if not title and (action is Action.TRIGGER or not key):
        errors.append("'title' is missing or blank")
    if action is None or errors:
        raise Malformed(errors)
    metadata = mapping_of(body.get("metadata"))
    labels = short_texts_of(metadata)
    return [
        make_signal(
            action,
            key or made_key([title]),
            summary=title,
            severity=severity_of(first_of(labels, ("severity", "priority"))),
            source=first_of(labels, ("source", "host", "hostname")),
            component=first_of(labels, ("service", "component")),
            group=first_of(labels, ("environment", "env", "cluster")),
            labels=labels,
            details={"description": text_or_json(body.get("description")), **metadata},
            links=web_links(("", body.get("source_url"))),
            client="incident.io",
            raw=body,
        )
    ]


def translate_group(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read what Alertmanager's own receiver for incident.io sends. Raises `Malformed`."""
    return group_signals(body, "Alertmanager")
