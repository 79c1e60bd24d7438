"""The signed part of a reply address: names one delivery and fits a mailbox (64 characters, no case)."""

import base64
import hashlib
import hmac

from django.conf import settings

from muster.core.reply import address_with


def reply_token(delivery_id: int) -> str:
    """The token of a delivery: its number and 130 bits that only this installation can make."""
    return f"{delivery_id}.{_mark(delivery_id)}"


def delivery_of_reply(token: str) -> int | None:
    """The number of the delivery that a token names; None when it is not ours. Compared in constant time."""
    number, _dot, mark = token.partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    genuine = hmac.compare_digest(mark.encode("utf-8", "replace"), _mark(int(number)).encode())
    return int(number) if genuine else None


def reply_address(delivery_id: int) -> str:
    """Where a reply to this delivery acknowledges it; empty where no reply can come in."""
    mailbox = settings.REPLY_MAILBOX
    return address_with(reply_token(delivery_id), mailbox) if mailbox else ""


def _mark(delivery_id: int) -> str:
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"reply:{delivery_id}".encode(), hashlib.sha256)
    return base64.b32encode(digest).decode()[:26].lower()
