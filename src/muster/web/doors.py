"""The front doors for monitoring systems: key, body, signals, durable, answer (design section 5, wire 0).

What a door says, and in which words, stands in its source's folder (`adapters/sources/<kind>/door.py`); here
is only what all of them do. No database on this path but the flusher's, and the key look-up's on a miss.
"""

import asyncio
import functools
import hashlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from muster.core.authorization import key_after
from muster.core.decoding import NotDecodable, decode_form, decode_json
from muster.core.intake import IntakeReason
from muster.core.ports.source_form import Admit, Door, Glance, Malformed, Receipt, Reply, Source, Translate
from muster.core.signals import Signal
from muster.detect.commands import Received, Taken
from muster.web.asgi_types import Headers, Receive, Scope, Send, header, header_in
from muster.web.batching import Flusher
from muster.web.bodies import BodyLimits, BodyRefused, Budget, Gone, lingering, read_body
from muster.web.deadline import Deadline
from muster.web.keys import KeyRing, KeysUnavailable
from muster.web.names import Names
from muster.web.porter import Porter
from muster.web.replies import closing, respond
from muster.web.store import NotStored, Refusal
from muster.web.unread import Keeper

LARGE_BYTES = 128 * 1024
"""Larger bodies are read in a thread, so that they do not hold up the small ones."""
_FORM = b"application/x-www-form-urlencoded"
_MEMORY_BYTES = 128 * 1024 * 1024

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundKey:
    """The integration behind a key: its kind, and what its owner told it, secrets too; None if unreadable."""

    kind: str
    mapping: Mapping[str, Any] | None = field(repr=False)


Lookup = Callable[[bytes], Awaitable[FoundKey | None]]
"""The integration in use that has this key (given by its SHA-256), or None. Raises when it cannot tell."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What one door remembers of a key."""

    key_hash: bytes
    translate: Translate
    glance: Glance | None = None
    admit: Admit | None = None
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


class Entrance:
    """One door, standing open. Answers every request in the door's own words."""

    def __init__(
        self,
        door: Door,
        *,
        lookup: Lookup,
        flusher: Flusher[Received, Taken],
        budget: Budget,
        readers: ThreadPoolExecutor,
        deadline: Deadline,
        porter: Porter,
    ) -> None:
        self.door = door
        self._lookup = lookup
        self._keys: KeyRing[_Known] = KeyRing(self._know)
        self._flusher = flusher
        self._budget = budget
        self._readers = readers
        self._limits = BodyLimits(limit_bytes=door.limit_bytes)
        self._at_once_bytes = min(LARGE_BYTES, door.limit_bytes)
        self._deadline = deadline
        self._porter = porter
        place, _, name = door.key_location.partition(":")
        self._member = name if place == "body" else ""
        self._scheme = name if place == "authorization" else ""
        self._keeper = Keeper(door, self._keys, flusher)

    async def answer(self, scope: Scope, receive: Receive, send: Send, key: str) -> None:
        """Take one request of the right method; `key` is the path's, or empty when it is in the body."""
        try:
            reply = await self._reply(scope, receive, key)
        except Gone:
            return
        except BodyRefused as why:
            other = await self._keeper.keep_size(key, scope) if why.status == 413 else None
            reply = self._unread(why.status) if other is None else closing(other)
            send = lingering(receive, send)
        await respond(send, reply)

    def take(self, headers: Headers, body: bytes, key: str, answer: Callable[[Reply], None]) -> bool:
        """Take a whole request whose key is remembered, and call `answer` once, when it is durable.

        False, and nothing done, for all that needs a look-up, a thread or a refusal: `answer()` is for that.
        """
        begun, size_bytes = time.monotonic(), len(body)
        if size_bytes > self._at_once_bytes:
            return False
        try:
            value = decode_json(body)
            key = key or self._key_in(value, headers)
            if (known := self._keys.remembered(key)) is None:
                return False
            received = self._received(known, headers, value)
        except Exception:  # noqa: BLE001 (the general way meets it again, and answers or logs it)
            return False
        weight = len(received.signals)
        if not weight:
            return False
        told = functools.partial(self._told, answer, key, begun)
        refused = self._flusher.offer(received, told, weight=weight, size_bytes=size_bytes)
        if refused is not None:
            answer(self._refused(refused))
        return True

    def _received(self, known: _Known, headers: Headers, value: Any) -> Received:
        """What a whole request brought, read at a glance where that is enough for now."""
        read = functools.partial(_read, known.translate, headers, value)
        seen = known.glance(value) if known.glance is not None else None
        if seen is not None:
            return Received(known.key_hash, self.door.kind, (seen,), whole=read)
        return Received(known.key_hash, self.door.kind, tuple(read()))

    def _told(
        self, answer: Callable[[Reply], None], key: str, begun: float, result: Taken | NotStored
    ) -> None:
        answer(self._refused(result) if isinstance(result, NotStored) else self._accepted(key, result, begun))

    async def _reply(self, scope: Scope, receive: Receive, key: str) -> Reply:
        body = await read_body(scope, receive, self._limits, self._budget, self._deadline)
        try:
            if self._scheme:
                key = self._key_in(None, scope["headers"])
                if not key:
                    return self.door.unknown_key("")
            known = await self._keys.find(key) if key else None
            if key and known is None:
                return self.door.unknown_key(key)
            large = len(body) > LARGE_BYTES
            decode = functools.partial(self._decode, scope, body)
            value = await self._aside(decode) if large else decode()
            if known is None:
                key = self._key_in(value, scope["headers"])
                known = await self._keys.find(key) if key else None
            if known is None:
                return self._nobody(key, value)
            if known.admit is not None:
                refused = await self._asked(known.admit, known, scope, body, value, key)
                if refused is not None:
                    return refused
            names = Names([*scope["headers"], (b":path", scope["raw_path"])])
            read = functools.partial(_translate, known.translate, names, value)
            signals = await self._aside(read) if large else read()
            return await self._store(known, key, signals, len(body))
        except NotDecodable:
            return await self._keeper.keep(key, body, IntakeReason.NOT_JSON) or self.door.not_json()
        except Malformed as why:
            reason = IntakeReason.NOT_UNDERSTOOD
            other = await self._keeper.keep(key, body, reason, why.errors, admitted=True)
            return other or self.door.malformed(why.errors)
        except KeysUnavailable as why:
            return self.door.overloaded() if why.overloaded else self.door.unavailable()

    async def _asked(
        self, admit: Admit, known: _Known, scope: Scope, body: bytes, value: Any, key: str
    ) -> Reply | None:
        """The answer of a door that asks for more than the key, or None when the request may pass."""
        headers = dict(Names(scope["headers"]))
        asked = await self._porter.ask(admit, known.key_hash, known.settings, headers, body, value)
        if asked.learned:
            self._keys.forget(key)
        if asked.crowded:
            return self.door.overloaded()
        return self.door.unavailable() if asked.failed else asked.refusal

    async def _store(self, known: _Known, key: str, signals: tuple[Signal, ...], size_bytes: int) -> Reply:
        begun = time.monotonic()
        if not signals:
            return self.door.accepted(())
        received = Received(known.key_hash, self.door.kind, signals)
        try:
            taken = await self._flusher.put(received, weight=len(signals), size_bytes=size_bytes)
        except Refusal as refusal:
            return self._refused(refusal.why)
        return self._accepted(key, taken, begun)

    def _accepted(self, key: str, taken: Taken, begun: float) -> Reply:
        if not taken.known:
            self._keys.forget(key)
            return self.door.unknown_key(key)
        if self.door.receipt is not None:
            seconds = time.monotonic() - begun
            return self.door.receipt(Receipt(taken.dedup_keys, taken.alerts, taken.at, seconds))
        return self.door.accepted(taken.dedup_keys)

    def _refused(self, why: NotStored) -> Reply:
        if why is NotStored.OVERLOADED:
            return self.door.overloaded()
        if why is NotStored.UNFIT:
            return self.door.malformed(["The event holds a value that cannot be stored"])
        return self.door.unavailable()

    def _unread(self, status: int) -> Reply:
        if status == 413:
            return closing(self.door.too_large())
        if status == 503:
            return closing(self.door.overloaded())
        return closing(self.door.not_json())

    def _nobody(self, key: str, value: Any) -> Reply:
        """No integration: what is not even an object is told so first."""
        if not isinstance(value, Mapping):
            return self.door.malformed(["The event must be a JSON object"])
        return self.door.unknown_key(key)

    def _key_in(self, value: Any, headers: Headers) -> str:
        """The body's member; else the header that old clients used, named after it (wire facts 1.1). Or what
        the `Authorization` header holds, where the door's key stands there."""
        if self._scheme:
            return key_after(self._scheme, (header_in(headers, b"authorization") or b"").decode("latin-1"))
        found = value.get(self._member) if type(value) is dict else None
        if found is None:
            named = header_in(headers, b"x-" + self._member.replace("_", "-").encode())
            found = named.decode("latin-1") if named else ""
        return found if isinstance(found, str) else str(found)[:64]

    def _decode(self, scope: Scope, body: bytes) -> Any:
        if not body and self.door.bodiless:
            return {}
        try:
            return decode_json(body)
        except NotDecodable:
            kind = header(scope, b"content-type") or b""
            if self.door.accepts_form and kind.lower().startswith(_FORM):
                return decode_form(body)
            raise

    async def _aside(self, work: "functools.partial[T]") -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def _know(self, key: str) -> _Known | None:
        key_hash = hashlib.sha256(key.encode()).digest()
        found = await self._lookup(key_hash)
        if found is None or found.kind != self.door.kind:
            return None
        if found.mapping is None:
            raise KeysUnavailable
        told = {str(name): str(text) for name, text in found.mapping.items()}
        admit = self.door.guard(told) if self.door.guard is not None else None
        translate = self._reading(told)
        glance = self.door.glance if translate is self.door.translate else None
        return _Known(key_hash, translate, glance, admit, told)

    def _reading(self, told: Mapping[str, str]) -> Translate:
        if self.door.configured is None or not told:
            return self.door.translate
        try:
            return self.door.configured(told)
        except Malformed:
            log.warning("a mapping of kind %s is not understood; reading without it", self.door.kind)
            return self.door.translate


class GuardedEntrance(Entrance):
    """A door that may ask for more than the key: then the short way is closed, for asking needs a thread."""

    def take(self, headers: Headers, body: bytes, key: str, answer: Callable[[Reply], None]) -> bool:
        """As `Entrance.take`."""
        known = self._keys.remembered(key)
        if known is None or known.admit is not None:
            return False
        return super().take(headers, body, key, answer)


def _read(translate: Translate, headers: Headers, value: Any) -> list[Signal]:
    return translate(Names(headers), value)


def _translate(translate: Translate, headers: Mapping[str, str], value: Any) -> tuple[Signal, ...]:
    """The signals. A body that the source trips over is the sender's to change, and ours to look into."""
    try:
        return tuple(translate(headers, value))
    except Malformed:
        raise
    except Exception:
        log.exception("a source could not read a body")
        raise Malformed(["The event is built in a way that is not understood"]) from None


@dataclass(frozen=True, slots=True)
class Way:
    """Where a raw path leads: a door, the key in the path (or nothing), and the methods that it takes."""

    entrance: Entrance
    key: str
    methods: frozenset[str]

    def takes(self, method: str, query: bytes) -> bool:
        """Whether the request is this door's at all, and not Django's."""
        own = self.entrance.door.takes
        return own is None or own(method, query)

    def take(self, headers: Headers, body: bytes, answer: Callable[[Reply], None]) -> bool:
        """As `Entrance.take`."""
        return self.entrance.take(headers, body, self.key, answer)


class Doors:
    """All doors of all sources, found by raw path. A trailing slash is welcome (wire rules 1, 2, 7).

    `{key}` is one whole segment of a door's path; `ValueError` says so when the process starts. Most paths
    end with it and are found by what stands before; the few that do not are tried last, one by one.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        lookup: Lookup,
        flusher: Flusher[Received, Taken],
        porter: Porter,
        body_seconds: float = 20.0,
    ) -> None:
        self._exact: dict[bytes, Way] = {}
        self._keyed: dict[bytes, Way] = {}
        self._inner: list[tuple[re.Pattern[bytes], Way]] = []
        budget = Budget(_MEMORY_BYTES)
        readers = ThreadPoolExecutor(2, thread_name_prefix="reader")
        deadline = Deadline(body_seconds)
        for source in sources:
            for door in source.doors:
                kind = GuardedEntrance if door.guard is not None else Entrance
                entrance = kind(
                    door,
                    lookup=lookup,
                    flusher=flusher,
                    budget=budget,
                    readers=readers,
                    deadline=deadline,
                    porter=porter,
                )
                self._open(entrance)

    def _open(self, entrance: Entrance) -> None:
        for template in dict.fromkeys(path for _, path in entrance.door.paths):
            methods = frozenset(method for method, path in entrance.door.paths if path == template)
            way = Way(entrance, "", methods)
            fixed, keyed, rest = template.partition("{key}")
            if not keyed and "{" not in fixed:
                self._exact[fixed.encode()] = way
            elif keyed and not rest and fixed.endswith("/") and "{" not in fixed:
                self._keyed[fixed.encode()] = way
            else:
                self._inner.append((_pattern(entrance.door, template), way))

    def find(self, raw_path: bytes) -> Way | None:
        """The door at this path, or None."""
        path = raw_path.rstrip(b"/")
        found = self._exact.get(path)
        if found is not None:
            return found
        cut = path.rfind(b"/") + 1
        found = self._keyed.get(path[:cut])
        if found is not None:
            return Way(found.entrance, path[cut:].decode("latin-1"), found.methods)
        for pattern, way in self._inner:
            if match := pattern.fullmatch(path):
                key: bytes = match.groupdict().get("key", b"")
                return Way(way.entrance, key.decode("latin-1"), way.methods)
        return None


def _pattern(door: Door, template: str) -> re.Pattern[bytes]:
    """What matches a path with placeholders in its middle; those that are not the key are of any content."""
    segments = template.split("/")
    wanted = 1 if door.key_location == "path" else 0
    if segments.count("{key}") != wanted:
        raise ValueError(f"{door.name}: {template} does not have its key as one of its segments")
    written = [
        "(?P<key>[^/]*)" if one == "{key}" else "[^/]+" if one.startswith("{") else re.escape(one)
        for one in segments
    ]
    return re.compile("/".join(written).encode())
