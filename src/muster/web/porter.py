"""Asks whoever knocks at a guarded door for more than the key, in threads of its own.

An answer may have to be fetched from outside: nobody else at the doors waits for that.
"""

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from muster.core.knock import FetchFailed, Knock
from muster.core.ports.source_form import Admit, Reply

THREADS = 4
A_KEY = 2
"""So many of one key are asked at a time: one whose answers come slowly leaves threads to the others."""
WAITING = 256
"""So many requests may wait to be asked."""
log = logging.getLogger(__name__)

Fetch = Callable[[str], bytes]
"""Gets a web address through the egress guard; raises `FetchFailed`."""
Learn = Callable[[bytes, str, str], str]
"""Remembers a setting of the integration with this key's hash, unless it has one; returns what it has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: a refusal or none, whether something was learned, whether it could not be told,
    and whether that was because too many wait."""

    refusal: Reply | None = None
    learned: bool = False
    failed: bool = False
    crowded: bool = False


class Porter:
    """One for all guarded doors of a process."""

    def __init__(self, fetch: Fetch, learn: Learn) -> None:
        self._fetch = fetch
        self._learn = learn
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="porter")
        self._turns: WeakValueDictionary[bytes, asyncio.Semaphore] = WeakValueDictionary()
        self._waiting = 0

    async def ask(
        self,
        admit: Admit,
        key_hash: bytes,
        settings: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        value: Any,
    ) -> Asked:
        """Ask once. What goes wrong on our side lets nobody in, and is said to have failed."""
        if self._waiting >= WAITING:
            return Asked(crowded=True)
        learned: list[str] = []

        def learn(name: str, text: str) -> str:
            learned.append(name)
            return self._learn(key_hash, name, text)

        knock = Knock(headers, body, value, settings, datetime.now(UTC), self._fetch, learn)
        turn = self._turns.get(key_hash)
        if turn is None:
            turn = self._turns[key_hash] = asyncio.Semaphore(A_KEY)
        self._waiting += 1
        try:
            async with turn:
                asking = functools.partial(admit, knock)
                refusal = await asyncio.get_running_loop().run_in_executor(self._threads, asking)
        except FetchFailed as why:
            log.warning("what a door asks for could not be fetched: %s", why)
            return Asked(failed=True)
        except Exception:
            log.exception("a door could not ask")
            return Asked(failed=True)
        finally:
            self._waiting -= 1
        return Asked(refusal, bool(learned))
