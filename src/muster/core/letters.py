"""Letters that come in: which mailboxes are ours, to whom a letter was written, and how one is known again.

A letter that lies in a mailbox has lost its envelope (RFC 5321). Where it was to go stands in a header that
the mailbox's server wrote, else it is read from To and Cc. Pure.
"""

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec

from muster.core.ports.contact_form import email_problem
from muster.core.reply import token_of

HEADERS_LIMIT_BYTES = 100 * 1024
"""Mail servers take no larger ones; reading such takes longer with the square of their size."""
TOKENS_LIMIT = 10
_ENVELOPE = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_WRITTEN = ("to", "cc", "resent-to", "resent-cc")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class Aside(StrEnum):
    """Why a letter in a mailbox was set aside for a person to look at."""

    ASTRAY = "astray"
    HEADERS_TOO_LARGE = "headers_too_large"
    FAILED = "failed"


class Mailboxes(NamedTuple):
    """The mailboxes whose `name+token` addresses are ours, for replies and for alerts; "" for none."""

    replies: str
    alerts: str


def mailboxes_of(query: str) -> Mailboxes:
    """Read `to=ack@in.example.com&alerts=alerts@in.example.com`; one of them is enough.

    Raises `ValueError` with one sentence.
    """
    named = parse_qs(query)
    found = {name: named.get(name, [""])[0] for name in ("to", "alerts")}
    if not any(found.values()):
        raise ValueError("it must name a mailbox: 'to' for replies, 'alerts' for alerts")
    for name, mailbox in found.items():
        if mailbox and (email_problem(mailbox) is not None or "+" in mailbox):
            raise ValueError(f"'{name}' is not an e-mail address such as ack@reply.example.com")
    if found["to"].casefold() == found["alerts"].casefold():
        raise ValueError("'to' and 'alerts' must be two mailboxes")
    return Mailboxes(found["to"], found["alerts"])


def headers_of(content: bytes) -> bytes:
    """The headers of a letter, without what follows."""
    return _BLANK_LINE.split(content, maxsplit=1)[0]


def tokens_for(content: bytes, mailbox: str) -> list[str]:
    """The tokens of all `name+token` addresses of this mailbox to which the letter was sent or written.

    Each once, at most ten. A letter to two integrations in one mailbox is for both, however many copies of it
    came.
    """
    if not mailbox:
        return []
    headers = _headers(content)
    found = dict.fromkeys(token_of(address, mailbox) for address in _addresses(headers))
    return [token for token in found if token][:TOKENS_LIMIT]


def envelope_sender(content: bytes) -> str:
    """Whom the letter's server heard it from; empty for a machine's report. Without that header, its From."""
    headers = _headers(content)
    path = headers.get("return-path")
    if path is not None:
        return str(path).strip().strip("<>").strip()
    return next(iter(_named(headers, ("from",))), "")


def letter_mark(key_hash: bytes, letter: Mapping[str, Any], arrived: str) -> bytes | None:
    """What one letter to one integration is known by, however often and by whichever way it comes.

    By its Message-ID, and by the rest of what it says: some devices use one id for all their letters. One
    without an id, or without a date, which tells two of such a device apart, is known by when it arrived in
    its mailbox, else not at all (None): two that say the same are then two.
    """
    if not (letter.get("message_id") and letter.get("date")):
        if not arrived:
            return None
        letter = {**letter, "arrived": arrived}
    said = msgspec.json.encode({name: letter[name] for name in sorted(letter)})
    return hashlib.sha256(key_hash + said).digest()


def _headers(content: bytes) -> Message:
    return email.message_from_bytes(headers_of(content), policy=email.policy.compat32)


def _addresses(headers: Message) -> Iterator[str]:
    yield from _named(headers, _ENVELOPE)
    yield from _named(headers, _WRITTEN)


def _named(headers: Message, names: tuple[str, ...]) -> list[str]:
    values = [str(value) for name in names for value in headers.get_all(name, [])]
    return [address for _, address in getaddresses(values) if address]
