"""What a monitoring system said, in our words: bounded, and fit for PostgreSQL (design section 5)."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, TypeGuard

import msgspec

from muster.core.text import clean_json, clean_text, one_line

DEDUP_KEY_LIMIT_CHARS = 255
SUMMARY_LIMIT_CHARS = 1024
LABEL_LIMIT_CHARS = 1024
LABELS_LIMIT = 128
LINKS_LIMIT = 50
DESCRIPTION_LIMIT_CHARS = 15_000
TAGS_LIMIT = 100
TAG_LIMIT_CHARS = 255
_KEY_HEAD_CHARS = DEDUP_KEY_LIMIT_CHARS - 65


class Action(StrEnum):
    """What a sender says about its key. `CHANGE` (a deploy, say) is stored and never feeds an alert."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    CHANGE = "change"


class SignalSeverity(StrEnum):
    """A sender's severity, worst first (PagerDuty Events API v2). Not an incident's SEV1 to SEV4."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info up to 3 for critical."""
        return _RANK[self]


_RANK = {
    SignalSeverity.CRITICAL: 3,
    SignalSeverity.ERROR: 2,
    SignalSeverity.WARNING: 1,
    SignalSeverity.INFO: 0,
}


class Link(msgspec.Struct, frozen=True):
    """An address the sender offers, with its words (may be empty). Not to be trusted as a link target."""

    href: str
    text: str = ""


class Image(msgspec.Struct, frozen=True):
    """A picture the sender offers: `src` to show, `href` to follow, `alt` to read."""

    src: str
    href: str = ""
    alt: str = ""


class Signal(msgspec.Struct, frozen=True):
    """One thing a monitoring system said, in our words. Build it with `make_signal`, which bounds and cleans
    it.

    `occurred_at` is the sender's clock, aware, or None. `ended_at` is set only by senders who say when the
    trouble that they now resolve ended, by the same clock as `occurred_at`. `holds_until` is set only by
    senders who repeat what still holds: a trigger that comes after that instant says that it is over.
    `group_key` is the sender's own grouping (Alertmanager's). `vendor` is what only the sender's protocol
    knows of an alert, kept to be read back through it. `raw` is what is stored as the signal's payload; it
    is not cleaned.

    (A Struct, because ten thousand a second are made: a frozen dataclass of this size costs 4 µs, this 0.6.)
    """

    action: Action
    dedup_key: str
    summary: str = ""
    severity: SignalSeverity = SignalSeverity.ERROR
    source: str = ""
    component: str = ""
    group: str = ""
    class_: str = ""
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)
    details: Mapping[str, Any] = msgspec.field(default_factory=dict)
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    client: str = ""
    client_url: str = ""
    group_key: str = ""
    occurred_at: datetime | None = None
    ended_at: datetime | None = None
    holds_until: datetime | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    vendor: Mapping[str, Any] | None = None
    raw: Any = None


def bounded_key(key: str) -> str:
    """A deduplication key of at most 255 characters: longer ones keep their beginning and end in a SHA-256.

    The same long key always gives the same short one, so a sender that repeats it finds its alert again.
    """
    if len(key) <= DEDUP_KEY_LIMIT_CHARS:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[:_KEY_HEAD_CHARS]}~{digest}"


def is_plain_key(key: Any) -> TypeGuard[str]:
    """Whether a sender's key is the deduplication key as it stands: neither cleaned nor shortened."""
    return type(key) is str and 0 < len(key) <= DEDUP_KEY_LIMIT_CHARS and key.isprintable()


def make_signal(
    action: Action,
    dedup_key: str,
    *,
    summary: str = "",
    severity: SignalSeverity = SignalSeverity.ERROR,
    labels: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
    links: Iterable[Link] = (),
    images: Iterable[Image] = (),
    group_key: str = "",
    occurred_at: datetime | None = None,
    ended_at: datetime | None = None,
    holds_until: datetime | None = None,
    description: str = "",
    tags: Iterable[str] = (),
    vendor: Mapping[str, Any] | None = None,
    raw: Any = None,
    **texts: str,
) -> Signal:
    """A signal whose texts are bounded, on one line where people read them on one, and fit for PostgreSQL.

    `texts`: `source`, `component`, `group`, `class_`, `client`, `client_url`. Raises `ValueError` for an
    empty key, which only a programming error in a source can bring about.
    """
    if not dedup_key:
        raise ValueError("a signal needs a deduplication key")
    return Signal(
        action=action,
        dedup_key=bounded_key(clean_text(dedup_key)),
        summary=one_line(summary, SUMMARY_LIMIT_CHARS),
        severity=severity,
        labels=bounded_labels(labels) if labels else {},
        details=clean_json(details) if details else {},
        links=_links(links) if links else (),
        images=_images(images) if images else (),
        group_key=bounded_key(clean_text(group_key)) if group_key else "",
        occurred_at=occurred_at,
        ended_at=ended_at,
        holds_until=holds_until,
        description=bounded_description(description) if description else "",
        tags=bounded_tags(tags) if tags else (),
        vendor=clean_json(vendor) if vendor else None,
        raw=raw,
        **{name: one_line(text, LABEL_LIMIT_CHARS) for name, text in texts.items() if text},
    )


def bounded_description(text: str) -> str:
    """A description as it is kept: its lines stay, what is beyond 15,000 characters goes."""
    cleaned, limit = clean_text(text), DESCRIPTION_LIMIT_CHARS
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"


def bounded_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: each once, in their order, at most 100."""
    found = dict.fromkeys(one_line(tag, TAG_LIMIT_CHARS).strip() for tag in tags)
    return tuple(islice((tag for tag in found if tag), TAGS_LIMIT))


def bounded_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels as they are kept: on one line, at most 128."""
    kept = labels if len(labels) <= LABELS_LIMIT else dict(islice(labels.items(), LABELS_LIMIT))
    return {one_line(k, LABEL_LIMIT_CHARS): one_line(v, LABEL_LIMIT_CHARS) for k, v in kept.items()}


def _links(links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(Link(clean_text(x.href), clean_text(x.text)) for x in islice(links, LINKS_LIMIT))


def _images(images: Iterable[Image]) -> tuple[Image, ...]:
    return tuple(
        Image(clean_text(x.src), clean_text(x.href), clean_text(x.alt)) for x in islice(images, LINKS_LIMIT)
    )
