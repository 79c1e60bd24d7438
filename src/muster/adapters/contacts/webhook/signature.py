"""The signature of Standard Webhooks: HMAC-SHA256 over id, time and the exact bytes."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


def derived_secret(master: str, contact_id: str) -> str:
    """The secret of a contact that brought none: the same as long as the installation's stays."""
    digest = hmac.digest(master.encode(), f"contact-webhook:{contact_id}".encode(), hashlib.sha256)
    return PREFIX + base64.b64encode(digest).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`. `secret` is base64 after `whsec_`, or any text, taken as it is.

    Raises `ValueError` for an empty secret: a signature that anybody can make proves nothing.
    """
    key = _key(secret)
    if not key:
        raise ValueError("the signing secret is empty")
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()
