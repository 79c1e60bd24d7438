"""What only the subscribed browser can read: the message encryption of RFC 8291 over RFC 8188."""

import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from muster.adapters.contacts.webpush.vapid import point_of

RECORD_BYTES = 4096
LIMIT_BYTES = 3993
"""The longest plaintext in one record of 4096 bytes: 86 are header, 1 padding, 16 tag."""


def seal(
    plaintext: bytes,
    browser_point: bytes,
    auth: bytes,
    *,
    own_key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of a push: header and one record of `aes128gcm`.

    `browser_point` and `auth` are the subscription's `p256dh` and `auth`. `own_key` and `salt` are fresh for
    every message; only the RFC's example gives them. Raises `ValueError` for what is no subscription's, or
    for a plaintext over `LIMIT_BYTES`.
    """
    if len(plaintext) > LIMIT_BYTES or len(auth) != 16:
        raise ValueError("too long, or no subscription's secret")
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_point)
    own_key = own_key or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    own_point = point_of(own_key.public_key())
    shared = own_key.exchange(ec.ECDH(), browser)
    info = b"WebPush: info\x00" + browser_point + own_point
    material = HKDF(SHA256(), length=32, salt=auth, info=info).derive(shared)
    key = HKDF(SHA256(), length=16, salt=salt, info=b"Content-Encoding: aes128gcm\x00").derive(material)
    nonce = HKDF(SHA256(), length=12, salt=salt, info=b"Content-Encoding: nonce\x00").derive(material)
    header = salt + struct.pack("!LB", RECORD_BYTES, len(own_point)) + own_point
    return header + AESGCM(key).encrypt(nonce, plaintext + b"\x02", None)
