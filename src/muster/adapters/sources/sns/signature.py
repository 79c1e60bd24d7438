"""The signature of a message of SNS, versions 1 and 2 (wire facts 3.4)."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message",
        "MessageId",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
TYPES = frozenset(_SIGNED)
"""What SNS sends."""


def public_key(pem: bytes) -> RSAPublicKey:
    """The key in a certificate of SNS. Raises `ValueError` when there is none."""
    key = x509.load_pem_x509_certificate(pem).public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA certificate")
    return key


def is_signed(message: Mapping[str, Any], key: RSAPublicKey) -> bool:
    """Whether a message of one of `TYPES` was signed with the key that belongs to this one."""
    algorithm = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(str(message.get("SignatureVersion")))
    if algorithm is None:
        return False
    try:
        given = base64.b64decode(str(message.get("Signature")), validate=True)
        key.verify(given, _canonical(message), padding.PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _canonical(message: Mapping[str, Any]) -> bytes:
    """The signed members, each with its name on a line before it; what is not there is left out."""
    names = [name for name in _SIGNED[str(message["Type"])] if message.get(name) is not None]
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode("utf-8", "replace")
