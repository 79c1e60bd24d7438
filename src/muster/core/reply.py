"""A reply by e-mail that acknowledges a page: what it answers, and whether a person wrote it (RFC 3834; S17).

A page's letter has a Reply-To of its own, `ack+<token>@...`; the token is signed and names one delivery. The
reply counts when it comes from the very address that the delivery went to, in time, and no machine sent it.
"""

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum
from typing import Final

LASTS: Final = timedelta(hours=24)
"""As long as the signed link in the same letter."""
_MACHINES: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_MARKS: Final = ("x-autoreply", "x-autorespond", "list-id", "x-loop")


class ReplyAnswer(StrEnum):
    """What became of a reply."""

    ACKNOWLEDGED = "reply_acknowledged"
    AUTOMATIC = "reply_automatic"
    TOKEN_UNKNOWN = "reply_token_unknown"  # noqa: S105 - a reason
    WRONG_SENDER = "reply_wrong_sender"
    CONTACT_NOT_PROVED = "reply_contact_not_proved"
    TOO_LATE = "reply_too_late"
    REFUSED = "reply_refused"


@dataclass(frozen=True, slots=True)
class Reply:
    """A letter to one of our reply addresses. `senders` are the mailboxes of From, in lower case."""

    token: str
    senders: tuple[str, ...]
    automatic: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The delivery that a token names: where it went, whether that is still proved, and since when."""

    address: str
    proved: bool
    sent_at: datetime


def token_of(recipient: str, mailbox: str) -> str | None:
    """The token of `ack+<token>@d` where `mailbox` is `ack@d`, in any case; None for another address."""
    name, _at, domain = mailbox.casefold().rpartition("@")
    local, _at, host = recipient.casefold().rpartition("@")
    found, plus, token = local.partition("+")
    return token if plus and token and (found, host) == (name, domain) else None


def address_with(token: str, mailbox: str) -> str:
    """The reply address that holds a token."""
    name, _at, domain = mailbox.rpartition("@")
    return f"{name}+{token}@{domain}"


def read(content: bytes, envelope_sender: str, token: str) -> Reply:
    """Read a letter as far as it matters; what cannot be read counts as a machine's."""
    try:
        letter = email.message_from_bytes(content, policy=email.policy.compat32)
        listed = [str(value) for value in letter.get_all("from", [])]
        senders = tuple(address.casefold() for _name, address in getaddresses(listed) if address)
        return Reply(token, senders, is_automatic(letter, envelope_sender))
    except (ValueError, LookupError, TypeError, RecursionError):
        return Reply(token, (), True)


def is_automatic(letter: Message, envelope_sender: str) -> bool:
    """Whether a machine answered: an empty return path, a report, or any of the marks that machines set."""

    def said(name: str) -> str:
        return str(letter.get(name, "")).strip().casefold()

    if not envelope_sender.strip("<> "):
        return True
    if said("auto-submitted").partition(";")[0].strip() not in ("", "no"):
        return True
    if said("precedence") in _MACHINES or any(said(mark) for mark in _MARKS):
        return True
    return letter.get_content_type() in ("multipart/report", "message/delivery-status")


def judge(reply: Reply, answered: Answered | None, at: datetime) -> ReplyAnswer | None:
    """Why a reply does not count; None when it does and the page is to be acknowledged."""
    if reply.automatic:
        return ReplyAnswer.AUTOMATIC
    if answered is None:
        return ReplyAnswer.TOKEN_UNKNOWN
    if reply.senders != (answered.address.casefold(),):
        return ReplyAnswer.WRONG_SENDER
    if not answered.proved:
        return ReplyAnswer.CONTACT_NOT_PROVED
    return ReplyAnswer.TOO_LATE if at >= answered.sent_at + LASTS else None
