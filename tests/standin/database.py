"""A database that can be told to be away, to hang, or to refuse one signal."""

import hashlib
import threading
from collections.abc import Sequence

from django.db import DataError, OperationalError

from muster.config import wiring
from muster.core.knock import FetchFailed
from muster.detect.commands import Received, Taken
from muster.web.doors import FoundKey


def key_of(kind: str) -> str:
    """The key of the integration of a kind, of which there is one each."""
    return kind.ljust(32, "0")


PAGERDUTY, ALERTMANAGER, GENERIC = "P" * 32, "A" * 32, "G" * 32
SIGNED, CLIENT_SECRET = "S" * 32, "sentry-client-secret"
MAPPED, REVOKED, AWAY, LOCKED = "M" * 32, "R" * 32, "W" * 32, "L" * 32

MODE = "ok"
GO_ON = threading.Event()
GO_ON.set()
STORED: list[str] = []
UNREAD: list[str] = []
BATCHES: list[int] = []
LOOKUPS: list[str] = []
LEARNED: dict[tuple[bytes, str], str] = {}

_KINDS = {
    PAGERDUTY: FoundKey("pagerduty", {}),
    ALERTMANAGER: FoundKey("alertmanager", {}),
    GENERIC: FoundKey("generic", {}),
    MAPPED: FoundKey("generic", {"summary": "what", "key": "which"}),
    REVOKED: FoundKey("pagerduty", {}),
    LOCKED: FoundKey("sentry", None),
    SIGNED: FoundKey("sentry", {"client_secret": CLIENT_SECRET}),
    **{key_of(source.form.kind): FoundKey(source.form.kind, {}) for source in wiring.SOURCES},
}
_BY_HASH = {hashlib.sha256(key.encode()).digest(): (key, found) for key, found in _KINDS.items()}
_REVOKED_HASH = hashlib.sha256(REVOKED.encode()).digest()


async def lookup(key_hash: bytes) -> FoundKey | None:
    """As the query on the integrations' table."""
    if key_hash == hashlib.sha256(AWAY.encode()).digest():
        raise OperationalError("away")
    key, found = _BY_HASH.get(key_hash, ("", None))
    LOOKUPS.append(key)
    return found


def fetch(url: str) -> bytes:
    """Nothing outside answers."""
    raise FetchFailed(url)


def learn(key_hash: bytes, name: str, text: str) -> str:
    """As `learn_setting`: the first value stays."""
    return LEARNED.setdefault((key_hash, name), text)


def receive(batch: Sequence[Received]) -> list[Taken]:
    """As `receive_signals`: all or nothing."""
    GO_ON.wait(30)
    if MODE == "lost":
        raise OperationalError("the server closed the connection unexpectedly")
    if MODE == "broken":
        raise RuntimeError("not a matter of this batch")
    said = [signal for one in batch for signal in (one.whole() if one.whole else one.signals)]
    if any("poison" in signal.summary for signal in said):
        raise DataError("unsupported Unicode escape sequence")
    BATCHES.append(len(batch))
    taken = []
    for received in batch:
        if received.key_hash == _REVOKED_HASH:
            taken.append(Taken(known=False))
            continue
        keys = tuple(signal.dedup_key for signal in received.signals)
        STORED.extend(keys)
        UNREAD.extend([received.kind] if received.unread is not None else [])
        taken.append(Taken(True, keys))
    return taken
