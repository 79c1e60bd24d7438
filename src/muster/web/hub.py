"""One reader of the timeline per process, and many streams that it feeds with the same bytes (design 9).

The order that makes a stream whole (mutant M18): a client is registered first, marked as behind; then it
reads what lies between its cursor and the hub's place; what comes meanwhile waits in its queue. Whoever
missed something for any reason is marked as behind again, and reads on the same way.
"""

import asyncio
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from muster.web.streams import Audience, Ending, Fact, Fragment, HubLimits, LiveSource, Subscription
from muster.web.tickets import Seals

Watch = tuple[str, Audience]
"""A topic, and how it is watched: whoever shares it gets the same bytes."""

T = TypeVar("T")
log = logging.getLogger(__name__)

_LINES = re.compile(r"\r\n|\r|\n")
_REMEMBERED = 4_000
HEARTBEAT = b": still here\n\n"


class Full(Exception):
    """Too many streams are open, or the hub has not read its place yet."""


class Hub:
    """Reads the timeline in one thread, and passes bytes to the streams on the event loop."""

    def __init__(self, source: LiveSource, seals: Seals, limits: HubLimits | None = None) -> None:
        self.source = source
        self.seals = seals
        self.limits = limits or HubLimits()
        self.place: int | None = None
        self.streams: set[Subscription] = set()
        self._holders: Counter[tuple[int, str]] = Counter()
        self._watches: Counter[Watch] = Counter()
        self._in_use: frozenset[Watch] = frozenset()
        self._remembered: dict[tuple[int, str, Audience], bytes] = {}
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="live-reader")
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._stopping = threading.Event()
        self._wanted = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beat: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._heartbeat()
        self._thread.start()

    async def stop(self) -> None:
        """End every stream, then the threads."""
        self._stopping.set()
        self._wanted.set()
        if self._beat is not None:
            self._beat.cancel()
        for stream in list(self.streams):
            stream.end(Ending.STOPPING)
        self._readers.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._thread.join, 0.3)  # it may be waiting for a hint; it only reads

    # On the event loop ---------------------------------------------------------------------------------

    async def admit(self, person_id: int, topic: str) -> Audience | None:
        """How this person may watch this topic, read anew."""
        [audience] = await self._read(lambda: self.source.audiences([(person_id, topic)]))
        return audience

    def subscribe(self, person_id: int, topic: str, audience: Audience, seen: int | None) -> Subscription:
        """Register a client that has seen the facts up to `seen` (None: up to now). Raises `Full`."""
        held = sum(count for (person, _), count in self._holders.items() if person == person_id)
        full = len(self.streams) >= self.limits.streams or held >= self.limits.streams_of_a_person
        if self.place is None or self._stopping.is_set() or full:
            raise Full
        stream = Subscription(person_id, topic, audience, self.place if seen is None else seen)
        self.streams.add(stream)
        self._wanted.set()
        self._holders[(person_id, topic)] += 1
        self._watching(stream, 1)
        return stream

    def unsubscribe(self, stream: Subscription) -> None:
        """Forget a client."""
        self.streams.discard(stream)
        holder = (stream.person_id, stream.topic)
        self._holders[holder] -= 1
        if self._holders[holder] <= 0:
            del self._holders[holder]
        self._watching(stream, -1)

    async def catch_up(self, stream: Subscription) -> bytes:
        """What the stream missed up to the hub's place, or word that it was too much: then draw anew.

        From here on the stream's queue takes what is newer.
        """
        assert self.place is not None
        upto, stream.behind = self.place, False
        after, stream.seen = stream.seen, max(stream.seen, upto)
        topic, audience, resync, stream.resync = stream.topic, stream.audience, stream.resync, False
        if resync:
            return self._block(topic, upto, [Fragment("resync", "audience")])
        if after >= upto:
            return b""
        return await self._read(lambda: self._replay(topic, audience, after, upto))

    async def _read(self, work: Callable[[], T]) -> T:
        def reading() -> T:
            try:
                return work()
            except Exception:
                self.source.release()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._readers, reading)

    def _watching(self, stream: Subscription, count: int) -> None:
        watch = (stream.topic, stream.audience)
        self._watches[watch] += count
        if self._watches[watch] <= 0:
            del self._watches[watch]
        if (watch in self._watches) != (watch in self._in_use):
            self._in_use = frozenset(self._watches)

    def _dispatch(
        self,
        upto: int,
        covered: frozenset[Watch],
        made: list[tuple[int, str, Audience, bytes]],
    ) -> None:
        """Hand the bytes round. A stream that was not covered when they were made reads them itself."""
        self.place = upto
        by_watch: dict[Watch, list[tuple[int, bytes]]] = {}
        for seq, topic, audience, chunk in made:
            by_watch.setdefault((topic, audience), []).append((seq, chunk))
        for stream in self.streams:
            if stream.behind:
                stream.wake()
                continue
            watch = (stream.topic, stream.audience)
            if watch not in covered:
                stream.behind = True
                stream.wake()
                continue
            for seq, chunk in by_watch.get(watch, ()):
                if seq > stream.seen:
                    stream.push(chunk)
            stream.seen = max(stream.seen, upto)
            if len(stream.queue) > self.limits.queued or stream.queued_bytes > self.limits.queued_bytes:
                stream.end(Ending.SLOW)

    def _apply(self, answers: dict[tuple[int, str], Audience | None]) -> None:
        """Cut those who may watch no more; those who may watch otherwise draw anew."""
        for stream in self.streams:
            audience = answers.get((stream.person_id, stream.topic), stream.audience)
            if audience is None:
                stream.end(Ending.RIGHTS)
            elif audience is not stream.audience:
                self._watching(stream, -1)
                stream.audience, stream.behind, stream.resync = audience, True, True
                self._watching(stream, 1)
                stream.wake()

    def _heartbeat(self) -> None:
        """A comment now and then: proxies keep the connection, and a dead client is noticed."""
        assert self._loop is not None
        for stream in self.streams:
            if not stream.queue and not stream.behind:
                stream.push(HEARTBEAT)
        self._beat = self._loop.call_later(self.limits.heartbeat_seconds, self._heartbeat)

    # In the hub's threads ------------------------------------------------------------------------------

    def _run(self) -> None:
        place: int | None = None
        checked = 0.0
        while not self._stopping.is_set():
            try:
                if place is None:
                    place = self.source.head()
                    self._tell(self._dispatch, place, frozenset(), [])
                if not self.streams and not self._wanted.wait(self.limits.idle_seconds):
                    place = None  # nobody looks: no event is read, only where the end is now
                    continue
                self._wanted.clear()
                self.source.wait(self.limits.poll_seconds)
                place = self._pass_on(place)
                if time.monotonic() - checked > self.limits.rights_seconds:
                    self._check_rights()
                    checked = time.monotonic()
            except Exception as error:  # noqa: BLE001 (a stream waits; the poll goes on when it can)
                log.warning("live streams wait: %s", type(error).__name__)
                self.source.release()
                self._stopping.wait(self.limits.idle_seconds)
        self.source.release()

    def _pass_on(self, place: int) -> int:
        while not self._stopping.is_set():
            facts = self.source.after(place, self.limits.replayed)
            if not facts:
                return place
            if any(fact.rights for fact in facts):
                self._check_rights()
            covered = self._in_use
            made = [
                (fact.seq, topic, audience, chunk)
                for fact in facts
                for topic, audience in covered
                if topic in fact.topics and (chunk := self._rendered(fact, topic, audience))
            ]
            place = facts[-1].seq
            self._tell(self._dispatch, place, covered, made)
        return place

    def _check_rights(self) -> None:
        asked = list(self._holders)
        if asked:
            answers = dict(zip(asked, self.source.audiences(asked), strict=True))
            self._tell(self._apply, answers)

    def _tell(self, call: Callable[..., None], *arguments: Any) -> None:
        if self._loop is not None and not self._stopping.is_set():
            self._loop.call_soon_threadsafe(call, *arguments)

    def _replay(self, topic: str, audience: Audience, after: int, upto: int) -> bytes:
        limit = self.limits.replayed
        facts = self.source.replay(topic, after, upto, limit + 1)
        if len(facts) > limit:
            return self._block(topic, upto, [Fragment("resync", "missed")])
        return b"".join(self._rendered(fact, topic, audience) for fact in facts)

    def _rendered(self, fact: Fact, topic: str, audience: Audience) -> bytes:
        """Rendered once per (event, topic, audience), whoever asks first. A fault costs this event only."""
        which = (fact.seq, topic, audience)
        known = self._remembered.get(which)
        if known is not None:
            return known
        try:
            chunk = self._block(topic, fact.seq, self.source.render(fact, topic, audience))
        except Exception:
            log.exception("event %d cannot be shown live", fact.seq)
            chunk = self._block(topic, fact.seq, [Fragment("resync", "fault")])
        if len(self._remembered) >= _REMEMBERED:
            self._remembered = {}
        self._remembered[which] = chunk
        return chunk

    def _block(self, topic: str, seq: int, fragments: Sequence[Fragment]) -> bytes:
        """The bytes of one event. Only its last fragment has the cursor, so that half is sent again."""
        if not fragments:
            return b""
        lines: list[str] = []
        for fragment in fragments:
            lines.append(f"event: {_LINES.sub(' ', fragment.event)}")
            lines += [f"data: {line}" for line in _LINES.split(fragment.data or "-")]
            lines.append("")
        lines.insert(-1, f"id: {self.seals.cursor(topic, seq)}")
        return ("\n".join(lines) + "\n").encode("utf-8", "replace")
