"""The hash chain of the timeline: what is digested, how links are made, how they are checked (design 4).

An event's digest covers everything the event says. A link's hash covers its place, the link before it and the
digest, so that changing, removing, inserting or moving any of them breaks every later link.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import rfc8785

GENESIS = bytes(32)
"""The hash "before" the first link."""

_LINK_DOMAIN = b"muster/link/1"
_TEXT_DOMAIN = b"muster/text/1"


@dataclass(frozen=True, slots=True)
class Link:
    """One place in the chain: `hash` seals `digest` as number `seq` after `prev_hash`."""

    seq: int
    event_id: int
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the chain, in words a person can act on, and where."""

    seq: int | None
    event_id: int | None
    what: str


def instant(at: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC with microseconds, the one spelling that is digested.

    Raises:
        ValueError: the time has no zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_LARGEST_INTEGER = 2**53 - 1
_sorted = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """Return the canonical JSON (RFC 8785) of JSON types.

    The quick way serves what a sorted encoder spells alike: all but floats, integers beyond 2^53 and keys
    whose order in UTF-16 may differ. (For an event 3 us instead of 24; a property test compares the two.)

    Raises:
        ValueError: something is no JSON, or an integer is beyond 2^53.
    """
    if _is_quick(value):
        return _sorted.encode(value)
    return rfc8785.dumps(value)


def _is_quick(value: Any) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return bool(-_LARGEST_INTEGER <= value <= _LARGEST_INTEGER)
    if kind is dict:
        for name, one in value.items():
            if type(name) is not str or not name.isascii():
                return False
            if type(one) is not str and one is not None and not _is_quick(one):
                return False
        return True
    return kind is list and all(_is_quick(one) for one in value)


def digest(spelled: bytes) -> bytes:
    """Return SHA-256 of the canonical JSON (RFC 8785) of what an event says."""
    return hashlib.sha256(spelled).digest()


def text_digest(salt: bytes, body: str) -> str:
    """Return the salted digest (hex) that stands in a payload in place of human text."""
    return hmac.new(salt, _TEXT_DOMAIN + body.encode(), hashlib.sha256).hexdigest()


def link_hash(seq: int, prev_hash: bytes, event_digest: bytes) -> bytes:
    """Return SHA-256(domain, seq, previous, digest): seq as eight bytes, big endian."""
    return hashlib.sha256(_LINK_DOMAIN + seq.to_bytes(8, "big") + prev_hash + event_digest).digest()


def forge(after_seq: int, prev_hash: bytes, events: Iterable[tuple[int, bytes]]) -> Iterator[Link]:
    """Make the links for `(event_id, digest)` in order, continuing after the given head."""
    seq = after_seq
    for event_id, event_digest in events:
        seq += 1
        hash_ = link_hash(seq, prev_hash, event_digest)
        yield Link(seq, event_id, prev_hash, hash_)
        prev_hash = hash_


class Verifier:
    """Walks the chain in order of `seq` and names what does not fit.

    `recomputed` is the digest made afresh from the event's columns (None: the event is gone); `stored` is the
    digest column. After one break it goes on from what is stored, so that each fault is named once.
    """

    def __init__(self) -> None:
        self.seq = 0
        self.head = GENESIS

    def check(self, link: Link, *, stored: bytes | None, recomputed: bytes | None) -> Iterator[Finding]:
        """Yield the findings of one link; links must come in ascending `seq`."""
        if link.seq != self.seq + 1:
            yield Finding(link.seq, link.event_id, f"links {self.seq + 1} to {link.seq - 1} are missing")
        elif link.prev_hash != self.head:
            yield Finding(link.seq, link.event_id, "does not follow the link before it")
        if stored is None or recomputed is None:
            yield Finding(link.seq, link.event_id, "its event is missing")
        elif stored != recomputed:
            yield Finding(
                link.seq, link.event_id, "its event was changed: the digest does not fit its columns"
            )
        elif link_hash(link.seq, link.prev_hash, stored) != link.hash:
            yield Finding(link.seq, link.event_id, "its hash does not fit: link or digest was changed")
        self.seq, self.head = link.seq, link.hash
