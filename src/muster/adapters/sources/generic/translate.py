"""Any JSON or form: a mapping of JMESPath expressions says where each thing is (wire facts 3.9)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from muster.core.ports.source_form import Malformed, Translate
from muster.core.reading import (
    LABEL_TEXT_LIMIT_CHARS,
    made_key,
    severity_of,
    short_texts_of,
    text_or_json,
    texts_of,
    web_links,
)
from muster.core.signals import Action, Signal, make_signal
from muster.core.text import sender_time

EXPRESSION_LIMIT_CHARS = 500
ITEMS_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where each thing is, as JMESPath; and the words of `status` that end or acknowledge (by commas)."""

    summary: str = "summary || title || message || subject || name || description || text"
    key: str = "dedup_key || deduplication_key || key || alias || incident_key || fingerprint || id"
    status: str = "action || event_action || event_type || status || state"
    severity: str = "severity || level || priority"
    source: str = "source || host || hostname || instance"
    component: str = "component || service"
    group: str = "group || environment || env || cluster"
    class_: str = "class || check || type"
    link: str = "link || url || source_url"
    labels: str = "labels || tags"
    occurred_at: str = "occurred_at || timestamp || time"
    holds_until: str = "holds_until"
    resolve_when: str = "resolve,resolved,resolves,recovered,recovery,ok,up,closed,close,clear,cleared,normal"
    acknowledge_when: str = "acknowledge,acknowledged,ack"


_STABLE = ("summary", "source", "component", "group", "class_")
_EXPRESSIONS = tuple(f.name for f in fields(Mapped) if not f.name.endswith("_when"))


class _Reader:
    """A mapping, compiled. Calling it translates."""

    def __init__(self, mapped: Mapped) -> None:
        self._compiled = {name: jmespath.compile(getattr(mapped, name)) for name in _EXPRESSIONS}
        self._resolve_when = _words(mapped.resolve_when)
        self._acknowledge_when = _words(mapped.acknowledge_when)

    def __call__(self, headers: Mapping[str, str], body: Any, /) -> list[Signal]:
        items = body if isinstance(body, list) else [body]
        if not items or len(items) > ITEMS_LIMIT or not all(isinstance(item, Mapping) for item in items):
            raise Malformed([f"Send one JSON object, or a list of 1 to {ITEMS_LIMIT} objects"])
        found = [{name: self._find(name, item) for name in _EXPRESSIONS} for item in items]
        errors = [error for index, item in enumerate(found) for error in self._errors(index, item)]
        if errors:
            raise Malformed(errors[:20])
        return [self._signal(item, raw) for item, raw in zip(found, items, strict=True)]

    def _find(self, name: str, item: Mapping[str, Any]) -> Any:
        try:
            return self._compiled[name].search(item)
        except (JMESPathError, TypeError, ValueError, RecursionError) as why:
            raise Malformed(
                [f"The mapping of '{name}' does not fit this body: {type(why).__name__}"]
            ) from why

    def _action(self, found: Mapping[str, Any]) -> Action:
        status = text_or_json(found["status"]).strip().lower()
        if status in self._resolve_when:
            return Action.RESOLVE
        return Action.ACKNOWLEDGE if status in self._acknowledge_when else Action.TRIGGER

    def _errors(self, index: int, found: Mapping[str, Any]) -> Iterator[str]:
        if self._action(found) is Action.TRIGGER:
            if not text_or_json(found["summary"]).strip():
                yield f"Item {index} has no summary: send 'summary' (or 'title', or 'message')"
        elif not text_or_json(found["key"]) and not text_or_json(found["summary"]).strip():
            yield f"Item {index} ends something, but says not what: send the 'key' of its trigger"

    def _signal(self, found: Mapping[str, Any], raw: Mapping[str, Any]) -> Signal:
        return make_signal(
            self._action(found),
            text_or_json(found["key"]) or made_key([text_or_json(found[name]) for name in _STABLE]),
            summary=text_or_json(found["summary"]),
            severity=severity_of(text_or_json(found["severity"])),
            source=text_or_json(found["source"]),
            component=text_or_json(found["component"]),
            group=text_or_json(found["group"]),
            class_=text_or_json(found["class_"]),
            labels=_labels(found["labels"], raw),
            details=raw,
            links=web_links(("", found["link"])),
            occurred_at=sender_time(found["occurred_at"]),
            holds_until=sender_time(found["holds_until"]),
            raw=raw,
        )


def reader(options: Mapping[str, str]) -> Translate:
    """A `translate` for one integration's mapping: the members of `Mapped`, the rest by default.

    Raises `Malformed` with one sentence for each option that is unknown, too long or not JMESPath.
    """
    errors = list(_option_errors(options))
    if errors:
        raise Malformed(errors)
    return _Reader(replace(Mapped(), **options))


def _option_errors(options: Mapping[str, str]) -> Iterator[str]:
    known = {f.name for f in fields(Mapped)}
    for name, expression in options.items():
        if name not in known:
            yield f"'{name}' cannot be mapped; known are {', '.join(sorted(known))}"
        elif len(expression) > EXPRESSION_LIMIT_CHARS:
            yield f"'{name}' is longer than {EXPRESSION_LIMIT_CHARS} characters"
        elif name in _EXPRESSIONS:
            try:
                jmespath.compile(expression)
            except (JMESPathError, RecursionError) as why:
                yield f"'{name}' is not JMESPath: {str(why).splitlines()[0]}"


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in text.split(",") if word.strip())


def _labels(value: Any, raw: Mapping[str, Any]) -> dict[str, str]:
    """The members of `labels`, and the short scalars at the top of the body, for matchers to look at."""
    return short_texts_of(raw) | {
        name: text
        for name, text in texts_of(value).items()
        if len(text) <= LABEL_TEXT_LIMIT_CHARS and "\n" not in text
    }


translate: Translate = _Reader(Mapped())
"""Reads the shapes that most senders already have, without any mapping."""
