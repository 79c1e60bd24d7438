"""Datadog's webhook with our template: every value is a text (wire facts 3.3)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    first_of,
    is_web_address,
    made_key,
    severity_of,
    short_texts_of,
    text_of,
    texts_of,
    web_links,
)
from muster.core.signals import Action, Image, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

_KEYS = ("alert_cycle_key", "aggreg_key")
_TITLES = ("alert_title", "title")
_LABELS = ("alert_id", "alert_metric", "alert_transition", "alert_priority", "event_type")
_DETAILS = ("alert_query", "alert_status", "alert_metric", "alert_scope", "alert_transition", "tags")
_STATE = re.compile(r"\[[^\]]*(Triggered|Warn|No Data|Recovered|Renotify)[^\]]*\]\s*", re.IGNORECASE)
_FENCE = re.compile(r"^\s*%%%\s*$", re.MULTILINE)


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one notification of a monitor or an event.

    The key is the alert cycle's, the same from trigger to recovery. What was not filled in arrives as "null",
    as nothing, or as the variable itself, and counts as absent. Raises `Malformed`.
    """
    if not isinstance(body, Mapping):
        raise Malformed(["Send one JSON object, as the template that we publish does"])
    said = {name: text for name, text in texts_of(body).items() if _is_said(text)}
    title = _STATE.sub("", first_of(said, _TITLES), count=1).strip()
    action = _action(said)
    key = first_of(said, _KEYS) or _made_key(said, title)
    if not key:
        raise Malformed(["'alert_cycle_key' and 'title' are both missing: copy the template as it is"])
    scope, tags = said.get("alert_scope", ""), dict(_tags(said))
    snapshot = said.get("snapshot")
    return [
        make_signal(
            action,
            key,
            summary=f"{title or 'Datadog'} ({scope})" if scope else title or "Datadog",
            severity=_severity(said),
            source=said.get("hostname") or tags.get("host", ""),
            component=tags.get("service", ""),
            group=tags.get("env", ""),
            labels={**short_texts_of(tags), **{name: said[name] for name in _LABELS if name in said}},
            details={**_message(said), **{name: said[name] for name in _DETAILS if name in said}},
            links=web_links(("", said.get("link"))),
            images=[Image(snapshot)] if is_web_address(snapshot) else (),
            client="Datadog",
            occurred_at=sender_time(said.get("date") or said.get("last_updated")),
            raw=body,
        )
    ]


def _is_said(text: str) -> bool:
    return text.strip().lower() not in ("", "null", "none") and not re.fullmatch(r"\$[A-Z_]+", text)


def _made_key(said: Mapping[str, str], title: str) -> str:
    if "alert_id" in said:
        return made_key([said["alert_id"], said.get("alert_scope", "")])
    return made_key([title, said.get("hostname", "")]) if title else ""


def _action(said: Mapping[str, str]) -> Action:
    """By the transition; by the type only where that says nothing (an event has no transition)."""
    transition = said.get("alert_transition", "").lower()
    if transition:
        return Action.RESOLVE if "recovered" in transition else Action.TRIGGER
    return Action.RESOLVE if said.get("alert_type", "").lower() == "success" else Action.TRIGGER


def _severity(said: Mapping[str, str]) -> SignalSeverity:
    """The monitor's priority, else the type of the alert; one that only warns is a warning at most."""
    found = severity_of(first_of(said, ("alert_priority", "alert_type")))
    warns = "warn" in said.get("alert_transition", "").lower()
    return SignalSeverity.WARNING if warns and found.rank > SignalSeverity.WARNING.rank else found


def _tags(said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """`host:db-1,env:prod,canary` as names and values; a tag without a value is `true`."""
    for tag in f"{said.get('alert_scope', '')},{said.get('tags', '')}".split(","):
        name, _, value = text_of(tag).strip().partition(":")
        if name and name != "*":
            yield name, value or "true"


def _message(said: Mapping[str, str]) -> dict[str, str]:
    text = _FENCE.sub("", said.get("body", "")).strip()
    return {"message": text} if text else {}
