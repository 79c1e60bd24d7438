"""How a source describes itself: its doors, its answers, and what its sender is told (design sections 5, 13).

Pure and usable anywhere. A source adapter fills these in as plain data; the edge reads them and never needs
to know which vendor it speaks to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from muster.core.knock import Knock
from muster.core.reply import address_with
from muster.core.signals import Signal

KEY_PLACEHOLDER = "<your key>"
"""Stands where the key goes in copyable text, after it has been shown once (design section 13)."""

EXAMPLE_MAILBOX = "alerts@in.example.com"
_PORTS = {"http": 80, "https": 443}


class Malformed(Exception):
    """The body cannot be understood; `errors` are sentences that tell the sender what to change."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors: tuple[str, ...] = tuple(errors)


class Translate(Protocol):
    """Reads one request. Pure: no clock, no network, no database.

    `headers` have lower-case names, and `:path` among them, the raw path; `body` is the decoded JSON (or, on
    a door with `accepts_form`, a flat mapping of strings from the form). Returns the signals in the order
    they happened, raises `Malformed`, nothing else.
    """

    def __call__(self, headers: Mapping[str, str], body: Any, /) -> list[Signal]: ...


class Reply(msgspec.Struct, frozen=True):
    """What goes back to the sender, byte for byte."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    request_id: str = ""
    """The request's id, where the sender's protocol has ids of its own; else the edge makes one."""


class Receipt(msgspec.Struct, frozen=True):
    """What a sender can be told of its signals, now that they are on disk.

    One key and one alert for each signal, in order; the alert is 0 where a signal concerned none. `at` is the
    database's time, `seconds` how long the request took.
    """

    dedup_keys: tuple[str, ...]
    alerts: tuple[int, ...] = ()
    at: datetime | None = None
    seconds: float = 0.0


def json_reply(status: int, body: Mapping[str, Any], *headers: tuple[str, str]) -> Reply:
    """An answer in JSON."""
    return Reply(status, msgspec.json.encode(body), headers=headers)


def problem_reply(status: int, title: str, detail: str, *headers: tuple[str, str], **more: Any) -> Reply:
    """An answer in the form of RFC 9457, for doors whose senders have no error form of their own."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    encoded = msgspec.json.encode(body)
    return Reply(status, encoded, "application/problem+json", headers)


Admit = Callable[[Knock], Reply | None]
"""Lets a request in (None) or answers it. Runs in a thread; may fetch what `Knock.fetch` lets it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that an integration of a kind may be told beside its key; `label` is a message id.

    A `secret` one is encrypted where it is stored, and shown to nobody again.
    """

    name: str
    label: str
    secret: bool = False
    limit_chars: int = 500


@dataclass(frozen=True, slots=True)
class MappedField:
    """One place that a mapping of payloads may name; `label` and `hint` are message ids.

    `usual` is what is looked for where the mapping says nothing.
    """

    name: str
    label: str
    usual: str
    hint: str = ""


Glance = Callable[[Any], Signal | None]
"""Reads the decoded body of a lone, plain trigger as far as counting a repeat needs it: action, key,
severity, times and `raw`. None for all else. What it says, `Translate` says of the same body, and more."""


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: where it stands, where the key is, how big a body may be, and what it answers.

    `paths` are (method, raw path template); the template is matched on the raw path, a trailing slash is
    welcome, and `{key}` stands for one path segment, in the middle too; any other `{name}` for one that only
    `translate` looks at, in `:path`. `key_location` is `path`, `body:<member>` for a member of the JSON body,
    or `authorization:<scheme>` for the header.
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
    """The queue is full: the answer after which this door's senders come back soonest."""
    unavailable: Callable[[], Reply]
    """The database is away."""
    accepts_form: bool = False
    configured: Callable[[Mapping[str, str]], Translate] | None = None
    """Where reading can be configured per integration: makes a `Translate`, or raises `Malformed`."""
    guard: Callable[[Mapping[str, str]], Admit | None] | None = None
    """Where more than the key is asked: what to ask, by an integration's settings; None for nothing."""
    receipt: Callable[[Receipt], Reply] | None = None
    """Where the answer tells more than keys: in the place of `accepted`."""
    takes: Callable[[str, bytes], bool] | None = None
    """Which requests at its paths are its own, by method and raw query, where Django answers the others."""
    bodiless: bool = False
    """No body stands for an empty object."""
    secrets: tuple[str, ...] = ()
    """Members whose text is kept nowhere: what `translate` leaves out, for bodies that it cannot read."""
    glance: Glance | None = None
    """Where most of a storm can be told at a glance, and is read in full only when it matters."""


@dataclass(frozen=True, slots=True)
class SourceForm:
    """What a person sees when connecting a sender.

    The texts (`name`, `instructions`) are message ids: the view words them with gettext. `connect` is text to
    copy into the sender's configuration; it holds `{base_url}` and `{key}` to be replaced, and `{scheme}` and
    `{host}` (with its port) where a sender wants the address in pieces, and `{mailbox}` where it writes
    letters, see `connect_text`. `settings` is
    what an integration may be told in its `mapping` beside what `Door.configured` reads.
    """

    kind: str
    name: str
    path: str
    instructions: str
    connect: str
    connect_language: str = "text"
    settings: tuple[Setting, ...] = ()
    mapping: tuple[MappedField, ...] = ()
    """What an integration may map of its payloads; empty for kinds that are read in one way."""

    def url(self, base_url: str, key: str = KEY_PLACEHOLDER) -> str:
        """The address to give to the sender; without a key, a placeholder stands in its place."""
        return base_url.rstrip("/") + self.path.replace("{key}", key)

    def connect_text(self, base_url: str, key: str = KEY_PLACEHOLDER, mailbox: str = EXAMPLE_MAILBOX) -> str:
        """The configuration to copy into the sender; `mailbox` is where alerts come in by mail."""
        url = urlsplit(base_url)
        host = url.netloc if url.port or not url.netloc else f"{url.netloc}:{_PORTS.get(url.scheme, 443)}"
        text = self.connect.replace("{base_url}", base_url.rstrip("/")).replace("{key}", key)
        text = text.replace("{mailbox}", address_with(key, mailbox))
        return text.replace("{scheme}", url.scheme).replace("{host}", host)


@dataclass(frozen=True, slots=True)
class Source:
    """A sender's vendor: how it describes itself, and its doors."""

    form: SourceForm
    doors: tuple[Door, ...]
    is_organisation_wide: bool = False
    """The same key means the same alert through all integrations of this kind, whatever their service."""


def webhook_door(
    kind: str,
    translate: Translate,
    *,
    limit_bytes: int,
    name: str = "",
    paths: Sequence[str] = (),
    methods: Sequence[str] = ("POST",),
    accepted: Callable[[Sequence[str]], Reply] | None = None,
    accepts_form: bool = False,
    configured: Callable[[Mapping[str, str]], Translate] | None = None,
    guard: Callable[[Mapping[str, str]], Admit | None] | None = None,
    secrets: Sequence[str] = (),
) -> Door:
    """A door at `/in/<kind>/{key}`, or at `paths`, for senders that only look at the status (design 13).

    Overload is 503, never 429: Alertmanager comes back at once after a 5xx, and only at its next group
    interval after a 429 (measured).
    """
    retry = ("retry-after", "1")
    allow = ("allow", ", ".join(methods))
    return Door(
        kind=kind,
        name=name or kind,
        paths=tuple((method, path) for path in paths or (f"/in/{kind}/{{key}}",) for method in methods),
        key_location="path",
        limit_bytes=limit_bytes,
        translate=translate,
        accepted=accepted or _accepted,
        malformed=_malformed,
        not_json=lambda: problem_reply(
            400, "The body is not JSON", "Send one complete JSON document in UTF-8, with its right length."
        ),
        unknown_key=lambda _key: problem_reply(
            404, "No such integration", "The key in the address is unknown or revoked. Copy it again."
        ),
        too_large=lambda: problem_reply(
            413, "The body is too large", f"Send at most {limit_bytes} bytes in one request."
        ),
        wrong_method=lambda: problem_reply(405, "Wrong method", f"Use {' or '.join(methods)}.", allow),
        overloaded=lambda: problem_reply(503, "Busy", "Nothing was stored: send it again.", retry),
        unavailable=lambda: problem_reply(
            503, "The database is away", "Nothing was stored: send it again.", retry
        ),
        accepts_form=accepts_form,
        configured=configured,
        guard=guard,
        secrets=tuple(secrets),
    )


def _accepted(keys: Sequence[str]) -> Reply:
    return json_reply(202, {"status": "accepted", "dedup_keys": list(keys)})


def _malformed(errors: Sequence[str]) -> Reply:
    return problem_reply(400, "The body is not understood", "; ".join(errors), errors=list(errors))
