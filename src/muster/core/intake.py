"""A signal becomes, joins or ends an alert (design section 5; R2). Pure; the database's clock comes in as `at`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

DEDUP_KEY_LIMIT_CHARS = 255
SUMMARY_LIMIT_CHARS = 1024
LABEL_LIMIT_CHARS = 1024
LABELS_LIMIT = 128
_KEY_HEAD_CHARS = DEDUP_KEY_LIMIT_CHARS - 65


class Action(StrEnum):
    """What a sender says about its key. `CHANGE` (a deploy, say) is stored and shown, and never feeds an alert."""

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


@dataclass(frozen=True, slots=True)
class Link:
    """An address the sender offers, with its words (may be empty)."""

    href: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture the sender offers: `src` to show, `href` to follow, `alt` to read."""

    src: str
    href: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing a monitoring system said, in our words. Built by `make_signal`, which bounds and cleans it.

    `occurred_at` is the sender's clock, aware, or None. `ended_at` is set only by senders who say when the trouble
    that they now resolve ended, by the same clock as `occurred_at`. `raw` is what is stored as the signal's payload.
    """

    action: Action
    dedup_key: str
    summary: str = ""
    severity: SignalSeverity = SignalSeverity.ERROR
    source: str = ""
    component: str = ""
    group: str = ""
    class_: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    client: str = ""
    client_url: str = ""
    group_key: str = ""
    occurred_at: datetime | None = None
    ended_at: datetime | None = None
    raw: Any = None


def bounded_key(key: str) -> str:
    """A deduplication key of at most 255 characters: longer ones keep their beginning and end in a SHA-256.

    The same long key always gives the same short one, so a sender that repeats it finds its alert again.
    """
    if len(key) <= DEDUP_KEY_LIMIT_CHARS:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{key[:_KEY_HEAD_CHARS]}~{digest}"
