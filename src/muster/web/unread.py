"""Keeps what a door could not read, when the key of an integration came with it (I1; design section 5).

It takes the same road as signals: the sender hears that its payload is wrong only when that is on disk, and
until then what it hears of signals that cannot be stored, so that it comes back (wire rules 9 and 10).
Strangers are only answered: nothing of theirs is kept.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from muster.core.authorization import key_after
from muster.core.intake import IntakeReason
from muster.core.ports.source_form import Admit, Door, Reply
from muster.core.unreadable import KEPT_BYTES, unreadable
from muster.detect.commands import Received, Taken
from muster.web.asgi_types import Scope, header
from muster.web.batching import Flusher
from muster.web.keys import KEY_CHARS, KeyRing, KeysUnavailable
from muster.web.store import NotStored, Refusal


class Guarded(Protocol):
    """What is known of a key: whether its door asks for more."""

    @property
    def admit(self) -> Admit | None:
        """What to ask, or None."""
        ...


GuardedT = TypeVar("GuardedT", bound=Guarded)


class Keeper(Generic[GuardedT]):
    """One door's."""

    def __init__(self, door: Door, keys: KeyRing[GuardedT], flusher: Flusher[Received, Taken]) -> None:
        self._door = door
        self._keys = keys
        self._flusher = flusher
        place, _, name = door.key_location.partition(":")
        self._scheme = name if place == "authorization" else ""
        written = rf'"{re.escape(name)}"\s*:\s*"([A-Za-z0-9]{{{KEY_CHARS}}})"'
        self._named = re.compile(written.encode()) if place == "body" else None

    async def keep(
        self,
        key: str,
        body: bytes,
        reason: IntakeReason,
        errors: Sequence[str] = (),
        *,
        size_bytes: int = 0,
        admitted: bool = False,
    ) -> Reply | None:
        """Keep a body; None when that is done or nobody's affair, else the answer in place of the door's.

        A key that stands in what is no JSON is found by its name: a quote too many is the commonest mistake.
        Where a door asks for more than the key, nothing is kept of what was not `admitted`.
        """
        key = key or self._written(body)
        try:
            known = await self._keys.find(key) if key else None
            if known is None or (known.admit is not None and not admitted):
                return None
        except KeysUnavailable as why:
            return self._door.overloaded() if why.overloaded else self._door.unavailable()
        secrets = self._door.secrets
        rest = unreadable(reason, body, errors=errors, secret=key, names=secrets, size_bytes=size_bytes)
        received = Received(hashlib.sha256(key.encode()).digest(), self._door.kind, (), rest)
        try:
            taken = await self._flusher.put(received, size_bytes=min(len(body), KEPT_BYTES))
        except Refusal as refusal:
            return self._refused(refusal.why)
        if taken.known:
            return None
        self._keys.forget(key)
        return self._door.unknown_key(key)

    async def keep_size(self, key: str, scope: Scope) -> Reply | None:
        """As `keep`, of a body too large to be read: that it came, and how large it was said to be."""
        if self._scheme:
            key = key_after(self._scheme, (header(scope, b"authorization") or b"").decode("latin-1"))
        declared = header(scope, b"content-length") or b""
        size = int(declared) if declared.isdigit() and len(declared) < 16 else 0
        return await self.keep(key, b"", IntakeReason.TOO_LARGE, size_bytes=size)

    def _written(self, body: bytes) -> str:
        found = self._named.search(body) if self._named is not None else None
        return found[1].decode() if found is not None else ""

    def _refused(self, why: NotStored) -> Reply | None:
        if why is NotStored.UNFIT:
            return None
        return self._door.overloaded() if why is NotStored.OVERLOADED else self._door.unavailable()
