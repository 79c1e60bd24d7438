"""How a source describes itself: its doors, its answers, and what its sender must be told (design sections 5, 13).

Pure and usable anywhere. A source adapter fills these in as plain data; the edge reads them and never needs to know
which vendor it speaks to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from muster.core.intake import Signal

KEY_PLACEHOLDER = "<your key>"
"""Stands where the integration key goes in copyable text, after the key has been shown once (design section 13)."""


class Malformed(Exception):
    """The body cannot be understood. `errors` are sentences in the sender's protocol that say what to change."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors: tuple[str, ...] = tuple(errors)


class Translate(Protocol):
    """Reads one request. Pure: no clock, no network, no database.

    `headers` have lower-case names; `body` is the decoded JSON (or, on a door with `accepts_form`, a flat mapping of
    strings from the form). Returns the signals in the order they happened, raises `Malformed`, nothing else.
    """

    def __call__(self, headers: Mapping[str, str], body: Any, /) -> list[Signal]: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the sender, byte for byte."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: where it stands, where the key is, how big a body may be, and what it answers.

    `paths` are (method, raw path template); the template is matched on the raw path, a trailing slash is welcome, and
    `{key}` stands for one path segment. `key_location` is `path`, or `body:<member>` for a member of the JSON body.
    """

    kind: str
    name: str
    paths: tuple[tuple[str, str], ...]
    key_location: str
    limit_bytes: int
    translate: Translate
    accepted: Callable[[Sequence[str]], Reply]
    """Every signal is on disk; gets their deduplication keys in order."""
    malformed: Callable[[Sequence[str]], Reply]
    """`translate` raised `Malformed`; gets its errors."""
    not_json: Callable[[], Reply]
    """The body is not JSON (empty, cut, not UTF-8, too deep)."""
    unknown_key: Callable[[str], Reply]
    """No such integration, or revoked, or retired; gets what was presented (empty when nothing was)."""
    too_large: Callable[[], Reply]
    wrong_method: Callable[[], Reply]
    overloaded: Callable[[], Reply]
    """The queue is full: the answer after which this door's senders come back soonest (wire rules 9 and 10)."""
    unavailable: Callable[[], Reply]
    """The database is away."""
    accepts_form: bool = False
    configured: Callable[[Mapping[str, str]], Translate] | None = None
    """For sources whose reading can be configured per integration: makes a `Translate`, or raises `Malformed`."""


@dataclass(frozen=True, slots=True)
class SourceForm:
    """What a person sees when connecting a sender.

    The texts (`name`, `instructions`) are message ids: the view words them with gettext. `connect` is text to copy
    into the sender's configuration; it holds `{base_url}` and `{key}` to be replaced, see `connect_text`.
    """

    kind: str
    name: str
    path: str
    instructions: str
    connect: str
    connect_language: str = "text"

    def url(self, base_url: str, key: str = KEY_PLACEHOLDER) -> str:
        """The address to give to the sender; without a key, a placeholder stands in its place."""
        return base_url.rstrip("/") + self.path.replace("{key}", key)

    def connect_text(self, base_url: str, key: str = KEY_PLACEHOLDER) -> str:
        """The configuration to copy into the sender."""
        return self.connect.replace("{base_url}", base_url.rstrip("/")).replace("{key}", key)


@dataclass(frozen=True, slots=True)
class Source:
    """A sender's vendor: how it describes itself, and its doors."""

    form: SourceForm
    doors: tuple[Door, ...]
