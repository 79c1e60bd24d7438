"""Any JSON or form: a mapping of JMESPath expressions says where each thing is (wire facts 3.9)."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from muster.core.ports.source_form import Malformed, Translate
from muster.core.signals import Action, Link, Signal, SignalSeverity, make_signal
from muster.core.text import clean_json, sender_time

EXPRESSION_LIMIT_CHARS = 500
ITEMS_LIMIT = 1_000
_LABEL_LIMIT_CHARS = 255

_SEVERITIES = {
    SignalSeverity.CRITICAL: "critical crit fatal emergency emerg alert disaster urgent p1 sev1",
    SignalSeverity.ERROR: "error err major high p2 sev2",
    SignalSeverity.WARNING: "warning warn minor medium moderate p3 sev3",
    SignalSeverity.INFO: "info informational information none notice low debug p4 p5 sev4",
}
_SEVERITY_OF = {word: severity for severity, words in _SEVERITIES.items() for word in words.split()}


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
    resolve_when: str = "resolve,resolved,resolves,recovered,recovery,ok,up,closed,close,clear,cleared,normal"
    acknowledge_when: str = "acknowledge,acknowledged,ack"


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
        status = _text(found["status"]).strip().lower()
        if status in self._resolve_when:
            return Action.RESOLVE
        return Action.ACKNOWLEDGE if status in self._acknowledge_when else Action.TRIGGER

    def _errors(self, index: int, found: Mapping[str, Any]) -> Iterator[str]:
        if self._action(found) is Action.TRIGGER:
            if not _text(found["summary"]).strip():
                yield f"Item {index} has no summary: send 'summary' (or 'title', or 'message')"
        elif not _text(found["key"]) and not _text(found["summary"]).strip():
            yield f"Item {index} ends something, but says not what: send the 'key' of its trigger"

    def _signal(self, found: Mapping[str, Any], raw: Mapping[str, Any]) -> Signal:
        href = _text(found["link"])
        return make_signal(
            self._action(found),
            _text(found["key"]) or _made_key(found),
            summary=_text(found["summary"]),
            severity=_SEVERITY_OF.get(_text(found["severity"]).strip().lower(), SignalSeverity.ERROR),
            source=_text(found["source"]),
            component=_text(found["component"]),
            group=_text(found["group"]),
            class_=_text(found["class_"]),
            labels=_labels(found["labels"], raw),
            details=raw,
            links=[Link(href)] if href.startswith(("https://", "http://")) else [],
            occurred_at=sender_time(found["occurred_at"]),
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


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(clean_json(value), ensure_ascii=False)


def _made_key(found: Mapping[str, Any]) -> str:
    stable: Sequence[str] = [
        _text(found[name]) for name in ("summary", "source", "component", "group", "class_")
    ]
    return hashlib.sha256(json.dumps(stable).encode()).hexdigest()[:32]


def _labels(value: Any, raw: Mapping[str, Any]) -> dict[str, str]:
    """The members of `labels`, and the short scalars at the top of the body, for matchers to look at."""
    inner = value if isinstance(value, Mapping) else {}
    both = {**{k: v for k, v in raw.items() if not isinstance(v, Mapping | list)}, **inner}
    texts = {str(name): _text(member) for name, member in both.items() if member is not None}
    return {k: v for k, v in texts.items() if len(v) <= _LABEL_LIMIT_CHARS and "\n" not in v}


translate: Translate = _Reader(Mapped())
"""Reads the shapes that most senders already have, without any mapping."""
