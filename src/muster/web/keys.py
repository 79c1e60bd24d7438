"""Integration keys, looked up once and remembered for a moment (design section 5).

The memory only saves look-ups: the flush reads the keys of its batch again, so a revoked key is refused there
however fresh it is here.
"""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

KnownT = TypeVar("KnownT")

KEY_CHARS = 32


class KeysUnavailable(Exception):
    """The key could not be looked up: the database is away, or too many strangers are asking."""

    def __init__(self, *, overloaded: bool = False) -> None:
        super().__init__()
        self.overloaded = overloaded


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """How long an answer is remembered, how many are, and how many look-ups may run at once."""

    known_seconds: float = 30.0
    unknown_seconds: float = 2.0
    remembered: int = 10_000
    lookups: int = 64


class Together(Generic[KnownT]):
    """Looks keys up in a thread, those together that are asked for while it is busy: a burst of many senders
    costs a few look-ups. Use from the event loop."""

    def __init__(self, look_up: Callable[[list[bytes]], Mapping[bytes, KnownT]]) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._look_up = look_up
        self._asked: dict[bytes, asyncio.Future[KnownT | None]] = {}
        self._working: asyncio.Task[None] | None = None

    async def find(self, key: bytes) -> KnownT | None:
        """What belongs to the key, or None; raises what the look-up raises."""
        answer = self._asked.setdefault(key, asyncio.get_running_loop().create_future())
        if self._working is None or self._working.done():
            self._working = asyncio.ensure_future(self._work())
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            look_up = functools.partial(self._look_up, list(asked))
            try:
                found = await asyncio.get_running_loop().run_in_executor(self._thread, look_up)
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                for answer in asked.values():
                    answer.set_exception(error)
            else:
                for key, answer in asked.items():
                    answer.set_result(found.get(key))


class KeyRing(Generic[KnownT]):
    """What belongs to a key, by `lookup`, which returns None for an unknown one.

    Two requests with the same new key look it up once. Use from the event loop.
    """

    def __init__(
        self, lookup: Callable[[str], Awaitable[KnownT | None]], limits: KeyLimits | None = None
    ) -> None:
        self._lookup = lookup
        self._limits = limits or KeyLimits()
        self._remembered: dict[str, tuple[float, KnownT | None]] = {}
        self._asking: dict[str, asyncio.Task[KnownT | None]] = {}

    def remembered(self, key: str) -> KnownT | None:
        """What belongs to the key, when that was looked up a moment ago; None says nothing."""
        entry = self._remembered.get(key)
        return entry[1] if entry is not None and entry[0] >= time.monotonic() else None

    async def find(self, key: str) -> KnownT | None:
        """What belongs to the key, or None. Raises `KeysUnavailable`."""
        if len(key) != KEY_CHARS or not key.isalnum() or not key.isascii():
            return None
        entry = self._remembered.get(key)
        if entry is not None and entry[0] >= time.monotonic():
            return entry[1]
        task = self._asking.get(key)
        if task is None:
            if len(self._asking) >= self._limits.lookups:
                raise KeysUnavailable(overloaded=True)
            task = self._asking[key] = asyncio.ensure_future(self._ask(key))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            raise KeysUnavailable from error

    def forget(self, key: str) -> None:
        """Look this key up anew the next time."""
        self._remembered.pop(key, None)

    async def _ask(self, key: str) -> KnownT | None:
        try:
            known = await self._lookup(key)
        finally:
            self._asking.pop(key, None)
        if len(self._remembered) >= self._limits.remembered:
            self._remembered.clear()
        seconds = self._limits.unknown_seconds if known is None else self._limits.known_seconds
        self._remembered[key] = (time.monotonic() + seconds, known)
        return known
