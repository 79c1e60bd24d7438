"""VictorOps' REST integration (wire facts 3.8)."""

from collections.abc import Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import first_of, made_key, severity_of, short_texts_of, text_of, texts_of
from muster.core.signals import Action, Signal, make_signal
from muster.core.text import sender_time

_ACTIONS = {
    "CRITICAL": Action.TRIGGER,
    "WARNING": Action.TRIGGER,
    "INFO": Action.CHANGE,
    "ACKNOWLEDGEMENT": Action.ACKNOWLEDGE,
    "RECOVERY": Action.RESOLVE,
}
_NOT_LABELS = frozenset({"message_type", "entity_id", "entity_display_name", "state_message"})


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one event. `INFO` is kept and opens nothing, as there. Raises `Malformed`."""
    if not isinstance(body, Mapping):
        raise Malformed(["Send one JSON object with 'message_type' and 'entity_id'"])
    said = texts_of(body)
    word = said.get("message_type", "").strip().upper()
    action = _ACTIONS.get(word)
    if action is None:
        raise Malformed([f"'message_type' must be one of {', '.join(_ACTIONS)}"])
    message = said.get("state_message", "")
    first_line = next(iter(message.strip().splitlines()), "")
    title = said.get("entity_display_name", "").strip() or first_line
    key = text_of(body.get("entity_id")) or (made_key([title]) if title else "")
    if not key:
        raise Malformed(["'entity_id' is missing or blank"])
    return [
        make_signal(
            action,
            key,
            summary=title or key,
            severity=severity_of(word),
            source=first_of(said, ("host_name", "hostname", "host")),
            component=first_of(said, ("service", "service_name")),
            labels={k: v for k, v in short_texts_of(body).items() if k not in _NOT_LABELS},
            details=body,
            client=said.get("monitoring_tool", ""),
            occurred_at=sender_time(body.get("state_start_time")) if action is Action.TRIGGER else None,
            raw=body,
        )
    ]
