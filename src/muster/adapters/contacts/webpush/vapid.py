"""Who we are to push services: a P-256 key of this installation, and the token signed with it (RFC 8292).

The key is made from the installation's secret, so there is nothing more to keep, every process has the same,
and what was sealed with that secret (the subscriptions) lives exactly as long as the key.
"""

import base64
import functools
import json
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOKEN_LASTS_SECONDS = 12 * 3600
"""RFC 8292 allows 24 hours; half of it bears a clock that is wrong by some hours."""

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@functools.cache
def private_key(secret_key: str) -> ec.EllipticCurvePrivateKey:
    """The key of an installation with this secret."""
    stream = HKDF(SHA256(), length=48, salt=None, info=b"muster web push").derive(secret_key.encode())
    return ec.derive_private_key(int.from_bytes(stream) % (_ORDER - 1) + 1, ec.SECP256R1())


def public_key(secret_key: str) -> str:
    """What browsers subscribe with (`applicationServerKey`): the point, base64url without padding."""
    return encoded(point_of(private_key(secret_key).public_key()))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as 65 bytes (X9.62, uncompressed)."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def authorization(secret_key: str, endpoint: str, subject: str) -> str:
    """The value of `Authorization` for one push to this endpoint; `subject` is how we can be reached."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + TOKEN_LASTS_SECONDS,
        "sub": subject,
    }
    head = encoded(b'{"typ":"JWT","alg":"ES256"}')
    signed = f"{head}.{encoded(json.dumps(claims, separators=(',', ':')).encode())}"
    r, s = decode_dss_signature(private_key(secret_key).sign(signed.encode(), ec.ECDSA(SHA256())))
    token = f"{signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"
    return f"vapid t={token},k={public_key(secret_key)}"


def encoded(data: bytes) -> str:
    """Base64url without padding, as these protocols write bytes."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """The bytes of base64url, padded or not. Raises `ValueError`."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), "-_", validate=True)
