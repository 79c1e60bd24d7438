"""Signed heads of the chain, kept outside PostgreSQL: cutting the tail or rewriting all is seen (design 4).

`<data>/anchors.jsonl` holds one line for each; `<data>/anchor.key` is the Ed25519 key, made when missing.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from muster.core.chain import Finding, instant
from muster.foundation.timeline.models import Anchor

EVERY_S = 300.0
KEY_FILE = "anchor.key"
ANCHOR_FILE = "anchors.jsonl"
_DOMAIN = b"muster/anchor/1"


@dataclass(frozen=True, slots=True)
class Anchored:
    """One line of the file: the head `hash` at `seq`, when it was signed, by which public key (hex)."""

    seq: int
    hash: str
    at: str
    key: str
    signature: str

    def message(self) -> bytes:
        """What is signed."""
        return _DOMAIN + self.seq.to_bytes(8, "big") + bytes.fromhex(self.hash) + self.at.encode()

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is of this key."""
        try:
            key.verify(bytes.fromhex(self.signature), self.message())
        except (InvalidSignature, ValueError):
            return False
        return True


def anchor_head(data: Path, at: datetime) -> Anchored | None:
    """Sign the head and append it to the file, then note it in the database.

    None when the head is anchored already, or nothing is sealed. `at` is the database's time.

    Raises:
        OSError: the folder cannot be written.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq, hash FROM timeline_link ORDER BY seq DESC LIMIT 1")
        head = cursor.fetchone()
    anchors = read(data)
    if head is None or (anchors and head[0] <= anchors[-1].seq):
        return None
    key = _key(data)
    public = key.public_key().public_bytes_raw().hex()
    anchored = Anchored(head[0], bytes(head[1]).hex(), instant(at), public, "")
    anchored = Anchored(anchored.seq, anchored.hash, anchored.at, public, key.sign(anchored.message()).hex())
    _append(data / ANCHOR_FILE, json.dumps(_as_dict(anchored)))
    row = {"hash": head[1], "signature": bytes.fromhex(anchored.signature), "place": ANCHOR_FILE, "at": at}
    Anchor.objects.get_or_create(seq=anchored.seq, defaults=row)
    return anchored


def anchor_due_head() -> int:
    """Anchor the head in the data folder: due work at intervals, and once more when a worker stops.

    Without `MUSTER_DATA` there is no place outside PostgreSQL, and nothing is done; always 0.
    """
    data: Path | None = settings.ENV.data
    if data is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            [at] = cursor.fetchone()
        anchor_head(data, at)
    return 0


def _as_dict(anchored: Anchored) -> dict[str, Any]:
    return {name: getattr(anchored, name) for name in ("seq", "hash", "at", "key", "signature")}


def _append(path: Path, line: str) -> None:
    """One write, then fsync; it begins a new line of its own, whatever a loss of power has left before it."""
    opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(opened, b"\n" + line.encode())
        os.fsync(opened)
    finally:
        os.close(opened)


def _key(data: Path) -> Ed25519PrivateKey:
    """The key of this folder; made whole beside, then linked, so that two workers cannot make two."""
    path = data / KEY_FILE
    if not path.exists():
        making = data / f"{KEY_FILE}.{os.getpid()}"
        opened = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(opened, Ed25519PrivateKey.generate().private_bytes_raw())
            os.fsync(opened)
        finally:
            os.close(opened)
        with contextlib.suppress(FileExistsError):
            os.link(making, path)
        making.unlink()
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def read(data: Path) -> list[Anchored]:
    """The anchors in the file, oldest first; a torn line is left out (the database knows what it said)."""
    path = data / ANCHOR_FILE
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
    return [a for a in (_parsed(line) for line in lines) if a is not None]


def _parsed(line: str) -> Anchored | None:
    try:
        found = json.loads(line)
        return Anchored(*(found[name] for name in ("seq", "hash", "at", "key", "signature")))
    except (ValueError, TypeError, KeyError):
        return None


def compare(cursor: CursorWrapper, data: Path | None, *, head_seq: int) -> Iterator[Finding]:
    """Hold the chain beside its anchors: those of the file, and those noted in the database."""
    outside = read(data) if data else []
    cursor.execute("SELECT seq, hash FROM timeline_anchor ORDER BY seq")
    noted = {seq: bytes(hash_).hex() for seq, hash_ in cursor.fetchall()}
    claims = {**noted, **{a.seq: a.hash for a in outside}}
    cursor.execute("SELECT seq, hash FROM timeline_link WHERE seq = ANY(%s)", [list(claims)])
    links = {seq: bytes(hash_).hex() for seq, hash_ in cursor.fetchall()}
    for anchored in outside:
        yield from _signature(anchored, data)
    for seq, hash_ in sorted(claims.items()):
        if seq > head_seq:
            yield Finding(
                seq, None, f"an anchor proves link {seq}, but the chain ends at {head_seq}: cut off"
            )
        elif links.get(seq) != hash_:
            yield Finding(seq, None, f"an anchor proves another link {seq}: the chain was rewritten")
    for seq in sorted(noted.keys() - {a.seq for a in outside} if data else ()):
        yield Finding(seq, None, f"the anchor of link {seq} is missing in {ANCHOR_FILE}")


def _signature(anchored: Anchored, data: Path | None) -> Iterator[Finding]:
    key = data / KEY_FILE if data else None
    if key is None or not key.is_file():
        return
    public = Ed25519PrivateKey.from_private_bytes(key.read_bytes()).public_key()
    if not anchored.is_signed_by(public):
        yield Finding(anchored.seq, None, f"the anchor of link {anchored.seq} is not signed by our key")
