"""Grafana OnCall's formatted webhook, and the groups that it takes from an Alertmanager (wire facts 2.5)."""

from collections.abc import Mapping
from typing import Any

from muster.core.labelled import group_signals
from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    is_web_address,
    made_key,
    mapping_of,
    severity_of,
    short_texts_of,
    text_of,
    text_or_json,
    web_links,
)
from muster.core.signals import Action, Image, Signal, make_signal

_NOT_LABELS = frozenset({"alert_uid", "title", "message", "image_url", "link_to_upstream_details", "state"})
_LIBRENMS_ACKNOWLEDGED = 2


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one formatted webhook: all members are optional there, but something must say what it is.

    Without `alert_uid` the title is the key, so that the `ok` which follows finds its alert. Raises
    `Malformed`.
    """
    if not isinstance(body, Mapping):
        raise Malformed(["Send one JSON object with 'alert_uid', 'title', 'message' and 'state'"])
    uid, title = text_of(body.get("alert_uid")), text_of(body.get("title")).strip()
    message = text_or_json(body.get("message"))
    first_line = next(iter(message.strip().splitlines()), "")
    if not (uid or title or first_line):
        raise Malformed(["Send 'alert_uid', 'title' or 'message': nothing says what this alert is"])
    image = body.get("image_url")
    return [
        make_signal(
            _action(body),
            uid or made_key([title or first_line]),
            summary=title or first_line or uid,
            severity=severity_of(text_of(body.get("severity"))),
            source=text_of(body.get("hostname") or body.get("host")),
            labels={k: v for k, v in short_texts_of(body).items() if k not in _NOT_LABELS},
            details=body,
            links=web_links(("", body.get("link_to_upstream_details"))),
            images=[Image(image)] if is_web_address(image) else (),
            client="Grafana OnCall",
            raw=body,
        )
    ]


def _action(body: Mapping[str, Any]) -> Action:
    """`ok` in any case ends it. LibreNMS says `ok` too when a person acknowledged, and `raw_state` 2."""
    if text_of(body.get("state")).strip().lower() != "ok":
        return Action.TRIGGER
    return Action.ACKNOWLEDGE if body.get("raw_state") == _LIBRENMS_ACKNOWLEDGED else Action.RESOLVE


def translate_group(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read a notification of Alertmanager's or Grafana's that went to OnCall. Raises `Malformed`."""
    is_grafana = mapping_of(body).get("version") == "1"
    return group_signals(body, "Grafana" if is_grafana else "Alertmanager")
