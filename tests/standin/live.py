"""A timeline in memory for live streams, with gates where a test wants to stop a reader; and its clients."""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from muster.web.asgi_types import ABORT
from muster.web.hub import Hub
from muster.web.live import Live
from muster.web.streams import Audience, Fact, Fragment, HubLimits
from muster.web.tickets import Seals, Ticket

SEALS = Seals("a key for tests only")
TOPIC = "incident:42"
FAST = HubLimits(poll_seconds=0.02, idle_seconds=0.02, rights_seconds=0.1, heartbeat_seconds=60)


class FakeTimeline:
    """Facts in order; who may watch; where readers wait."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.rights: dict[tuple[int, str], Audience | None] = {}
        self.rendered: list[tuple[int, str, Audience]] = []
        self.before_replay = threading.Event()
        self.in_replay = threading.Event()
        self.before_replay.set()
        self.before_render = threading.Event()
        self.in_render = threading.Event()
        self.before_render.set()
        self.replays: list[tuple[int, int]] = []
        self.away = False
        self.padding = ""
        self._news = threading.Event()

    def add(self, topic: str, text: str, *, rights: bool = False) -> int:
        """A fact is committed and sealed."""
        seq = len(self.facts) + 1
        self.facts.append(Fact(seq, frozenset({topic, "all"}), rights, text))
        self._news.set()
        return seq

    def wait(self, seconds: float) -> None:
        self._news.wait(min(seconds, 0.02))
        self._news.clear()
        if self.away:
            raise ConnectionError("away")

    def head(self) -> int:
        return len(self.facts)

    def after(self, seq: int, limit: int) -> Sequence[Fact]:
        return self.facts[seq : seq + limit]

    def replay(self, topic: str, after: int, upto: int, limit: int) -> Sequence[Fact]:
        found = [fact for fact in self.facts[after:upto] if topic in fact.topics][:limit]
        self.replays.append((after, upto))
        self.in_replay.set()
        self.before_replay.wait(5)
        return found

    def audiences(self, asked: Sequence[tuple[int, str]]) -> Sequence[Audience | None]:
        if self.away:
            raise ConnectionError("away")
        return [self.rights.get(holder, Audience.OBSERVER) for holder in asked]

    def render(self, fact: Fact, topic: str, audience: Audience) -> Sequence[Fragment]:
        self.rendered.append((fact.seq, topic, audience))
        self.in_render.set()
        self.before_render.wait(5)
        if fact.body == "for members" and audience is not Audience.MEMBER:
            return []
        if fact.body == "broken":
            raise RuntimeError("no template")
        return [Fragment("changed", f"{fact.body}{self.padding}")]

    def release(self) -> None:
        pass


class Client:
    """One browser's EventSource, without the browser."""

    def __init__(
        self, live: Live, *, ticket: str, last_event_id: str | None = None, reads: bool = True
    ) -> None:
        self.status = 0
        self.text = ""
        self.aborted = False
        self.reads = reads
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        headers = [(b"last-event-id", last_event_id.encode())] if last_event_id else []
        self.scope: dict[Any, Any] = {
            "type": "http",
            "method": "GET",
            "raw_path": b"/live",
            "query_string": b"ticket=" + ticket.encode(),
            "headers": headers,
            ABORT: self._abort,
        }
        self.task = asyncio.ensure_future(live(self.scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await asyncio.shield(self._gone)
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        if not self.reads and self.text:
            await asyncio.sleep(3600)
        self.text += message["body"].decode()

    def _abort(self) -> None:
        self.aborted = True

    def leave(self) -> None:
        if not self._gone.done():
            self._gone.set_result(None)

    @property
    def heard(self) -> list[str]:
        """The data of the events called `changed`."""
        return re.findall(r"event: changed\ndata: (.*)\n", self.text)

    @property
    def last_id(self) -> str:
        return re.findall(r"id: (.*)\n", self.text)[-1]

    async def until(self, done: Callable[[], bool], seconds: float = 3.0) -> None:
        await until(done, seconds, lambda: self.text)


async def until(done: Callable[[], bool], seconds: float = 3.0, told: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, told()
        await asyncio.sleep(0.005)


def ticket(person: int = 1, topic: str = TOPIC, after: int = 0, made: float = 0.0) -> str:
    return SEALS.ticket(Ticket(person, topic, after), now=time.time() + made)


@contextlib.asynccontextmanager
async def running(timeline: FakeTimeline, limits: HubLimits = FAST) -> AsyncIterator[Hub]:
    hub = Hub(timeline, SEALS, limits)
    hub.start()
    await until(lambda: hub.place is not None)
    yield hub
    await hub.stop()


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(_awaited(story), 20))


async def _awaited(story: Callable[[], Awaitable[None]]) -> None:
    await story()
