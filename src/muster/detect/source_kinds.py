"""The kinds of sender that this version understands, told by the wiring at start-up (design section 13)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from muster.core.ports.source_form import KEY_PLACEHOLDER, Malformed, Setting, Source, Translate
from muster.core.refusal import Refused
from muster.core.signals import Signal
from muster.detect.reasons import Detect

ORGANISATION = "organisation"
"""The scope of those senders whose keys mean the same alert whatever the service."""

_sources: dict[str, Source] = {}


def register(*sources: Source) -> None:
    """Add kinds of sender; the same kind again replaces it."""
    _sources.update({source.form.kind: source for source in sources})


def known() -> list[Source]:
    """Every kind of sender, by name."""
    return sorted(_sources.values(), key=lambda source: source.form.kind)


def source_of(kind: str) -> Source | None:
    """The sender of a kind, or None when this version lacks it."""
    return _sources.get(kind)


def source_needed(kind: str) -> Source:
    """The sender of a kind. Raises `Refused` when this version lacks it."""
    source = source_of(kind)
    if source is None:
        names = ", ".join(one.form.kind for one in known())
        raise Refused(Detect.INTEGRATION_KIND, {"kind": kind[:40], "known": names})
    return source


def organisation_wide() -> list[str]:
    """The kinds whose keys mean the same alert in the whole organisation."""
    return sorted(source.form.kind for source in _sources.values() if source.is_organisation_wide)


def scope_of(kind: str, service_id: int) -> str:
    """The scope in which the keys of an integration mean one alert (design section 5; `intake_sql.SCOPE`)."""
    source = source_of(kind)
    return ORGANISATION if source is not None and source.is_organisation_wide else f"service:{service_id}"


def check(kind: str, mapping: Mapping[str, str]) -> None:
    """See to it that signals of this kind can be read, with this mapping.

    Raises:
        Refused: this version lacks the kind, or its sender takes no such mapping.
    """
    source = source_needed(kind)
    if not mapping:
        return
    readers = [door.configured for door in source.doors if door.configured is not None]
    if not readers and not source.form.settings:
        raise Refused(Detect.MAPPING_NOT_READ, {"kind": kind})
    try:
        if readers:
            readers[0](mapping)
        else:
            _check_settings(settings_of(kind), mapping)
    except Malformed as malformed:
        raise Refused(Detect.MAPPING_INVALID, {"why": "; ".join(malformed.errors)}) from None


def _check_settings(known: Mapping[str, Setting], mapping: Mapping[str, str]) -> None:
    """Raise `Malformed` for what this kind cannot be told."""
    errors = [
        f"'{name}' is not known; known are {', '.join(sorted(known))}" for name in set(mapping) - set(known)
    ]
    errors += [
        f"'{name}' is longer than {known[name].limit_chars} characters"
        for name, text in mapping.items()
        if name in known and len(text) > known[name].limit_chars
    ]
    if errors:
        raise Malformed(sorted(errors))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a mapping makes of one payload: signals, or the sentences that say why not."""

    payload: Any
    signals: tuple[Signal, ...] = ()
    errors: tuple[str, ...] = ()


def preview(kind: str, mapping: Mapping[str, str], payloads: Iterable[Any]) -> list[Seen]:
    """What signals of this kind would be with this mapping. Nothing is stored.

    Raises:
        Refused: this kind takes no mapping of how to read, or not this one.
    """
    check(kind, mapping)
    source = source_of(kind)
    doors = [door for door in source.doors if door.configured is not None] if source else []
    if not doors or doors[0].configured is None:
        raise Refused(Detect.MAPPING_NOT_READ, {"kind": kind})
    read = doors[0].configured(mapping)
    return [_seen(read, payload) for payload in payloads]


def _seen(read: Translate, payload: Any) -> Seen:
    try:
        return Seen(payload, signals=tuple(read({}, payload)))
    except Malformed as malformed:
        return Seen(payload, errors=malformed.errors)


def settings_of(kind: str) -> dict[str, Setting]:
    """What an integration of this kind may be told beside how to read, by name."""
    source = source_of(kind)
    return {setting.name: setting for setting in source.form.settings} if source is not None else {}


def url(kind: str, base_url: str, key: str = KEY_PLACEHOLDER) -> str:
    """The address to give to a sender of this kind; without a key, a placeholder stands in its place.

    Empty for a kind that this version no longer has.
    """
    source = source_of(kind)
    return source.form.url(base_url, key) if source is not None else ""
