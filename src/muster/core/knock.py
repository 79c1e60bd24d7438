"""What a door may ask of whoever knocks beside the key: a signature, a confirmation (design sections 5, 10).

Pure and usable anywhere: the edge fills in a `Knock`, a source's folder judges it.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


class FetchFailed(Exception):
    """Nothing came from that address, or not a yes; the message says what, without secrets."""


@dataclass(frozen=True, slots=True)
class Knock:
    """One request with a known key, before what it says counts.

    `body` is as it came, `value` is decoded, `now` is this machine's clock, which only judges how old a
    signature is. `fetch` gets a web address through the egress guard, raises `FetchFailed`, and may take
    seconds. `learn` remembers a setting of the integration that has none yet, and returns what is remembered:
    the first value wins.
    """

    headers: Mapping[str, str]
    body: bytes
    value: Any
    settings: Mapping[str, str]
    now: datetime
    fetch: Callable[[str], bytes]
    learn: Callable[[str, str], str]


def is_signed(secret: str, message: bytes, given: str) -> bool:
    """Whether `given` is the hexadecimal HMAC-SHA256 of the message; takes the same time for any answer."""
    expected = hmac.digest(secret.encode(), message, hashlib.sha256).hex()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def is_same(secret: str, given: str) -> bool:
    """Whether `given`, as it stood in a header, is the secret; takes the same time for any of its length.

    Headers are read byte for byte (Latin-1), so a secret beyond ASCII came as UTF-8.
    """
    return hmac.compare_digest(secret.encode(), given.encode("latin-1", "replace"))
