"""What Opsgenie's clients say of an alert, as signals (wire facts 2.2). Pure."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    is_scalar,
    made_key,
    mapping_of,
    objects_in,
    severity_of,
    text_of,
    text_or_json,
    texts_of,
)
from muster.core.signals import DEDUP_KEY_LIMIT_CHARS, Action, Signal, make_signal
from muster.core.text import clean_text, one_line

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
DEFAULT_PRIORITY = "P3"
ALIAS_LIMIT_CHARS = 512
_LISTED = 50
_TEXT_LIMIT_CHARS = 512
_TEXTS = ("alias", "description", "entity", "source", "user", "note")


def create(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """A new alert, or one more time the alert that is open under its alias. Raises `Malformed`."""
    said = object_of(body)
    errors = [*_text_errors(said, "message", *_TEXTS), *_create_errors(said)]
    if errors:
        raise Malformed(errors)
    priority = priority_of(said) or DEFAULT_PRIORITY
    alias = text_of(said.get("alias"))
    if not alias.strip():
        alias = made_key({name: value for name, value in said.items() if value is not None})
    return [
        make_signal(
            Action.TRIGGER,
            alias,
            summary=text_of(said.get("message")),
            severity=severity_of(priority),
            source=text_of(said.get("source")),
            component=text_of(said.get("entity")),
            labels=texts_of(said.get("details")),
            description=text_of(said.get("description")),
            tags=tags_of(said.get("tags")),
            vendor=_vendor(said, alias, priority),
            raw=said,
        )
    ]


def close(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """The open alert under an alias is over. Raises `Malformed`."""
    return [_about_alias(Action.RESOLVE, headers, body)]


def acknowledge(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Somebody has the open alert under an alias. Raises `Malformed`."""
    return [_about_alias(Action.ACKNOWLEDGE, headers, body)]


def _about_alias(action: Action, headers: Mapping[str, str], body: Any) -> Signal:
    said = object_of(body)
    alias = identifier_in(headers.get(":path", ""))
    errors = [*_text_errors(said, "user", "note", "source")]
    if not alias.strip():
        errors.append("identifier: may not be empty")
    if errors:
        raise Malformed(errors)
    return make_signal(action, alias, source=text_of(said.get("source")), raw={**said, "alias": alias})


def identifier_in(raw_path: str) -> str:
    """The alert that `/v2/alerts/{identifier}/...` names. A `%2F` is part of the name (wire rule 7)."""
    segments = raw_path.split("/")
    return clean_text(unquote(segments[3], errors="replace")) if len(segments) > 3 else ""


def object_of(body: Any) -> Mapping[str, Any]:
    """The body, which is an object. Raises `Malformed`."""
    if not isinstance(body, Mapping):
        raise Malformed(["The request must be a JSON object."])
    return body


def priority_of(said: Mapping[str, Any]) -> str:
    """The priority as it is written in the protocol; empty when none or no such one is given."""
    found = text_of(said.get("priority")).strip().upper()
    return found if found in PRIORITIES else ""


def tags_of(value: Any) -> list[str]:
    """Tags: a list, or a text with commas as in a query."""
    if isinstance(value, str):
        return [tag.strip() for tag in value.split(",") if tag.strip()]
    return [text_or_json(tag) for tag in value if tag is not None] if isinstance(value, list) else []


def list_error(said: Mapping[str, Any], name: str) -> Iterator[str]:
    """What is wrong with a list of texts."""
    if not isinstance(said.get(name), list | str | None):
        yield f"{name}: must be a list"


def details_error(said: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the details."""
    if not isinstance(said.get("details"), Mapping | None):
        yield "details: must be an object of texts"


def priority_error(said: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the priority."""
    if said.get("priority") not in (None, "") and not priority_of(said):
        yield f"priority: must be one of {', '.join(PRIORITIES)}"


def text_error(said: Mapping[str, Any], name: str) -> Iterator[str]:
    """What is wrong with a text that must be there."""
    if not is_scalar(said.get(name)):
        yield f"{name}: must be a text"
    elif not text_of(said.get(name)).strip():
        yield f"{name}: may not be empty"


def _text_errors(said: Mapping[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        if not is_scalar(said.get(name)):
            yield f"{name}: must be a text"


def _create_errors(said: Mapping[str, Any]) -> Iterator[str]:
    if is_scalar(said.get("message")) and not text_of(said.get("message")).strip():
        yield "message: may not be empty"
    yield from list_error(said, "tags")
    yield from list_error(said, "actions")
    for name in ("responders", "visibleTo", "teams"):
        if not isinstance(said.get(name), list | None):
            yield f"{name}: must be a list"
    yield from details_error(said)
    yield from priority_error(said)


def _vendor(said: Mapping[str, Any], alias: str, priority: str) -> dict[str, Any]:
    """What only this protocol knows, without what says nothing."""
    teams = [{"type": "team", **team} for team in objects_in(said.get("teams"))]
    kept = {
        "priority": priority,
        "alias": alias[:ALIAS_LIMIT_CHARS] if len(alias) > DEDUP_KEY_LIMIT_CHARS else "",
        "actions": [one_line(action, _TEXT_LIMIT_CHARS) for action in tags_of(said.get("actions"))[:_LISTED]],
        "responders": [_recipient(one) for one in [*objects_in(said.get("responders")), *teams][:_LISTED]],
        "visible_to": [_recipient(one) for one in objects_in(said.get("visibleTo"))[:_LISTED]],
    }
    return {name: value for name, value in kept.items() if value}


def _recipient(one: Mapping[str, Any]) -> dict[str, str]:
    names = ("type", "id", "name", "username")
    return {name: one_line(text_of(one[name]), _TEXT_LIMIT_CHARS) for name in names if text_of(one.get(name))}


def details_of(said: Mapping[str, Any]) -> dict[str, str]:
    """The details as texts: what is nested becomes JSON."""
    return texts_of(mapping_of(said.get("details")))
