"""How a way of reaching a person describes itself: its fields and its limits (design sections 7, 13; R39,
R44).

Pure and usable anywhere: screens draw their forms from it, and `apply` checks contacts with it.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@<>\"(),:;\\\[\]]{1,253}")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
REFUSED_PORTS = frozenset({22, 23, 25, 110, 143, 465, 587, 993, 995, 3306, 5432, 6379, 11211, 27017})
"""Ports on which an HTTP request could be read as another protocol (reliability S27)."""


class FieldKind(StrEnum):
    """What a field holds, so that a screen can draw it and `problem_of` check it."""

    TEXT = "text"
    EMAIL = "email"
    URL = "url"
    SECRET = "secret"  # noqa: S105 - the name of a kind of field
    YES_NO = "yes_no"


class FieldProblem(StrEnum):
    """Why a value is refused; views and `apply` word it."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_AN_EMAIL_ADDRESS = "not_an_email_address"
    NOT_A_WEB_ADDRESS = "not_a_web_address"
    USERINFO_IN_ADDRESS = "userinfo_in_address"
    PORT_REFUSED = "port_refused"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_OF_ITS_FORM = "not_of_its_form"
    UNKNOWN_FIELD = "unknown_field"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a contact. `label` is a message id: the view words it with gettext.

    `pattern` is what the whole of a text must match, empty when anything may stand there.
    """

    name: str
    kind: FieldKind
    label: str
    required: bool = True
    limit_chars: int = 254
    example: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class ContactForm:
    """One kind of contact.

    `address_field` holds what tells two contacts of one person apart and is shown in lists. `read_by_person`:
    a person reads it, so pages are bundled into digests; a machine gets every one, unless the contact says
    `bundle` (design section 7). `has_receipts`: after `accepted` a `delivered` may follow. `limit_chars`
    bounds what one message may hold, None when it does not matter. `icon` is a Lucide name. `notes` are
    message ids: what a person should know before relying on it. `subscribes_with`: the person's browser fills
    every field but the address, by subscribing with the public key made from the installation's secret.
    """

    kind: str
    name: str
    fields: tuple[Field, ...]
    address_field: str
    read_by_person: bool
    has_receipts: bool = False
    limit_chars: int | None = None
    icon: str = "send"
    notes: tuple[str, ...] = ()
    subscribes_with: Callable[[str], str] | None = None

    def blames_contact(self, reason: str) -> bool:
        """Whether a failure for good speaks of this contact, and not of a provider that serves everybody."""
        own_server = any(field.kind is FieldKind.URL for field in self.fields)
        return reason in OF_THE_CONTACT or (own_server and reason in OF_ITS_SERVER)

    def problems(self, values: Mapping[str, object]) -> Iterator[tuple[str, FieldProblem]]:
        """Each field that is wrong, with the reason; nothing when the contact may be saved."""
        known = {field.name for field in self.fields}
        yield from ((name, FieldProblem.UNKNOWN_FIELD) for name in values if name not in known)
        for field in self.fields:
            problem = problem_of(field, values.get(field.name))
            if problem is not None:
                yield field.name, problem


@dataclass(frozen=True, slots=True)
class Message:
    """What to say. The caller words it in the person's language; the channel only dresses it.

    `key` is the delivery's idempotency key: the same on every attempt. Ids are public ones (`DL-7`, `PG-7`,
    `ALR-7`); `alert` and `incident` are None where the page has none. `headline` is one line; `lines` are the
    paragraphs after it; `ack_label` and `open_label` are the words on the buttons that lead to `ack_url` and
    `url`, `footer` says why it came. A POST to `ack_post_url` acknowledges at once, without a page. Empty
    `ack_url` and `ack_post_url` mean that there is nothing to acknowledge (a code). A letter to `reply_to`
    acknowledges too; it is empty where none can come in, and `reply_label` says so to the reader.
    """

    key: str
    delivery: str
    page: str
    person: str
    person_name: str
    subject: str
    headline: str
    summary: str
    urgency: str
    url: str
    created_at: datetime
    lines: tuple[str, ...] = ()
    count: int = 1
    service: str | None = None
    alert: str | None = None
    incident: str | None = None
    ack_url: str = ""
    ack_post_url: str = ""
    ack_label: str = ""
    open_label: str = ""
    reply_to: str = ""
    reply_label: str = ""
    footer: str = ""
    kind: str = "page"


class Failure(StrEnum):
    """Whether trying again can help."""

    TEMPORARY = "temporary"
    PERMANENT = "permanent"


class FailureReason(StrEnum):
    """Why a send failed. Stored with the delivery and worded by views."""

    NOT_CONFIGURED = "not_configured"
    BAD_CONTACT = "bad_contact"
    TARGET_REFUSED = "target_refused"
    NAME_NOT_FOUND = "name_not_found"
    CANNOT_CONNECT = "cannot_connect"
    TIMED_OUT = "timed_out"
    TARGET_RESTING = "target_resting"
    CONNECTION_LOST = "connection_lost"
    TLS_FAILED = "tls_failed"
    SIGN_IN_REFUSED = "sign_in_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    GONE = "gone"
    SERVER_ERROR = "server_error"
    UNEXPECTED_ANSWER = "unexpected_answer"


OF_THE_CONTACT = frozenset({FailureReason.GONE, FailureReason.RECIPIENT_REFUSED, FailureReason.BAD_CONTACT})
"""Failures that speak of the one contact, whoever serves it."""
OF_ITS_SERVER = frozenset(
    {FailureReason.REFUSED, FailureReason.SIGN_IN_REFUSED, FailureReason.TARGET_REFUSED}
)
"""Failures that do so where each contact names its own server."""


def problem_of(field: Field, value: object) -> FieldProblem | None:
    """Why this value may not stand in this field, or None."""
    if field.kind is FieldKind.YES_NO:
        return None if value is None or isinstance(value, bool) else FieldProblem.NOT_YES_OR_NO
    text = "" if value is None else str(value)
    if not text:
        return FieldProblem.MISSING if field.required else None
    if len(text) > field.limit_chars:
        return FieldProblem.TOO_LONG
    if field.pattern and not re.fullmatch(field.pattern, text):
        return FieldProblem.NOT_OF_ITS_FORM
    if field.kind is FieldKind.EMAIL:
        return email_problem(text)
    return url_problem(text) if field.kind is FieldKind.URL else None


def email_problem(address: str) -> FieldProblem | None:
    """Whether one mailbox stands here, and nothing that could become a second one or a header (S47)."""
    if _EMAIL.fullmatch(address) and address.isprintable() and not address.startswith("-"):
        return None
    return FieldProblem.NOT_AN_EMAIL_ADDRESS


def url_problem(url: str) -> FieldProblem | None:
    """Whether we may post to this address as it is written; the guard checks the peer (S26)."""
    if _UNSAFE.search(url) or not url.isprintable():
        return FieldProblem.NOT_A_WEB_ADDRESS
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return FieldProblem.NOT_A_WEB_ADDRESS
    if parts.scheme not in ("http", "https") or not parts.hostname or not _is_host(parts.hostname):
        return FieldProblem.NOT_A_WEB_ADDRESS
    if "@" in parts.netloc:
        return FieldProblem.USERINFO_IN_ADDRESS
    return FieldProblem.PORT_REFUSED if port in REFUSED_PORTS else None


def _is_host(host: str) -> bool:
    """A name, or an address in its one canonical writing (not octal, hexadecimal or shortened: S22)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.rstrip(".").split(".")
        return len(host) <= 253 and all(0 < len(label) <= 63 for label in labels) and not _numeric(labels[-1])
    return True


def _numeric(label: str) -> bool:
    return label.isdigit() or bool(re.fullmatch(r"0[xX][0-9a-fA-F]*", label))
