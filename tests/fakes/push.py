"""A push service and a browser behind it: RFC 8030, with VAPID verified (8292) and messages opened (8291).

Everything here is computed anew from the RFCs; nothing of the product's own code takes part.
"""

import base64
import hashlib
import hmac
import json
import os
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fakes.webhook import Request, WebhookReceiver, _Connection, status


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def octets(said: str) -> bytes:
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))


def _hkdf(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    extracted = hmac.digest(salt, material, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:length]


class Browser:
    """A subscription: what the browser keeps, and what it gives to the site."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def opened(self, body: bytes) -> bytes:
        """The plaintext of a push (RFC 8291 3.4, RFC 8188 2)."""
        salt, (_size, length), rest = body[:16], struct.unpack("!LB", body[16:21]), body[21:]
        sender, record = rest[:length], rest[length:]
        shared = self.key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        material = _hkdf(self.auth, shared, b"WebPush: info\x00" + self.point + sender, 32)
        key = _hkdf(salt, material, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _hkdf(salt, material, b"Content-Encoding: nonce\x00", 12)
        padded = AESGCM(key).decrypt(nonce, record, None)
        plain, mark, _zeros = padded.rpartition(b"\x02")
        assert mark, "the last record is not marked"
        return plain


@dataclass
class PushService(WebhookReceiver):
    """`with PushService(key) as push:`, then `push.subscription`, `push.shown`. `key` is who may push."""

    key: str = ""
    browser: Browser = field(default_factory=Browser)
    taken: list[dict[str, Any]] = field(default_factory=list)
    """Every message that was taken, opened, oldest first."""
    expired: bool = False

    def __enter__(self) -> "PushService":
        super().__enter__()
        self.answer = self.push
        return self

    @property
    def subscription(self) -> dict[str, str]:
        """What the browser gives to the site."""
        return {
            "device": "Work phone",
            "endpoint": self.url,
            "p256dh": text(self.browser.point),
            "auth": text(self.browser.auth),
        }

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What the browser shows: a later notification of the same tag takes the first one's place."""
        return list({one["tag"]: one for one in self.taken}.values())

    def push(self, connection: _Connection, request: Request) -> None:
        """Take a message, or say why not (RFC 8030 5)."""
        code = self._refusal(request)
        if code is not None:
            status(code)(connection, request)
            return
        self.taken.append(json.loads(self.browser.opened(request.body)))
        status(201, ("location", f"{self.url}/m/{len(self.taken)}"), body=b"")(connection, request)

    def _refusal(self, request: Request) -> int | None:
        if self.expired:
            return 410
        said = request.headers
        if "ttl" not in said or said.get("content-encoding") != "aes128gcm":
            return 400
        if said.get("urgency") not in ("very-low", "low", "normal", "high"):
            return 400
        topic = said.get("topic", "")
        if len(topic) > 32 or not set(topic) <= set("-_") | {c for c in topic if c.isascii() and c.isalnum()}:
            return 400
        if len(request.body) > 4096:
            return 413
        return self._stranger(said.get("authorization", ""))

    def _stranger(self, authorization: str) -> int | None:
        """401 or 403 unless a fresh token for us is signed by the key that subscribed (RFC 8292)."""
        scheme, _space, parameters = authorization.partition(" ")
        pairs = dict(part.strip().partition("=")[::2] for part in parameters.split(","))
        if scheme != "vapid" or pairs.keys() != {"t", "k"}:
            return 401
        signed, _dot, signature = pairs["t"].rpartition(".")
        raw = octets(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets(pairs["k"]))
        try:
            numbers = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
            key.verify(numbers, signed.encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return 403
        head, claims = (json.loads(octets(part)) for part in signed.split("."))
        fresh = time.time() < claims["exp"] <= time.time() + 24 * 3600
        audience = self.url.removesuffix("/pages")
        subject = claims["sub"].startswith(("mailto:", "https://"))
        good = head == {"typ": "JWT", "alg": "ES256"} and claims["aud"] == audience and fresh and subject
        return None if good and pairs["k"] == self.key else 403
