"""One flusher per process: what waits is made durable together, and only then answered (design section 5).

A batch is what came in while the previous one was being written, so that it grows with the load and a lone
request waits for nobody. The short way is written by the event loop itself: a thread beside it would have to
wait for the interpreter, again and again. On it a second batch follows before the first is answered, so that
the database need not wait for us. The long way has a thread.
"""

import asyncio
import functools
import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic

import msgspec

from muster.foundation.failpoints import fail_point
from muster.web.aside import Aside
from muster.web.room import Occupancy
from muster.web.store import FlushLimits, ItemT, NotStored, OutcomeT, Refusal, Store

_FAULTS_LIMIT = 8
"""So many lone failures in one batch are not poison: the store is in trouble, and the rest need not try."""

AT_ONCE_BYTES = 256 * 1024
"""A batch with more in it goes the long way: the event loop would not answer anybody while it reads it."""

log = logging.getLogger(__name__)


_Tell = Callable[[OutcomeT | NotStored], None]


class _Waiting(msgspec.Struct, Generic[ItemT, OutcomeT], eq=False):
    """An item on its way, and who is to be told. `given_up`: nobody waits any more."""

    item: ItemT
    owner: Hashable
    weight: int
    size_bytes: int
    since: float
    tell: _Tell[OutcomeT]
    given_up: bool = False


_Batch = list[_Waiting[ItemT, OutcomeT]]
_Results = list[OutcomeT | NotStored]


@dataclass(slots=True)
class _Sent(Generic[ItemT, OutcomeT]):
    """A batch on the short way; `asked` is None where it takes the long way only."""

    batch: _Batch[ItemT, OutcomeT]
    asked: asyncio.Future[Sequence[OutcomeT | None]] | None
    may_be_overtaken: bool
    """Another may follow it before it is answered."""


class Flusher(Generic[ItemT, OutcomeT]):
    """Queues items on the event loop and writes them in batches.

    Start it on the loop that will call `put`. A batch that fails is divided until the item that the store
    refuses stands alone, so that it never fails its neighbours (reliability I14).
    """

    def __init__(self, store: Store[ItemT, OutcomeT], limits: FlushLimits | None = None) -> None:
        self._store = store
        self._limits = limits or FlushLimits()
        self._queue: deque[_Waiting[ItemT, OutcomeT]] = deque()
        self._arrived = asyncio.Event()
        self._wanted = 1
        self._aside = Aside()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[_Waiting[ItemT, OutcomeT], bool] = {}
        self._occupied = Occupancy(self._limits.room)
        self._sweep: asyncio.TimerHandle | None = None
        self._closing = False
        self._faults = 0
        self.batches = 0
        self.items = 0
        self.turned_away = 0
        self.swept_at = time.monotonic()

    def start(self) -> None:
        """Begin, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._sweep = self._loop.call_later(1.0, self._sweep_late)
        self._task = self._loop.create_task(self._run())
        self._aside.start("flusher")

    async def stop(self) -> None:
        """Take nothing more, write what waits, and end."""
        self._closing = True
        self._arrived.set()
        if self._sweep is not None:
            self._sweep.cancel()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._limits.answer_seconds)
        self._aside.stop()
        for waiting in list(self._waiting):
            self._refuse(waiting)

    async def put(self, item: ItemT, *, weight: int = 1, size_bytes: int = 0) -> OutcomeT:
        """The item's outcome, when it is durable. Raises `Refusal` when it is not stored."""
        if self._loop is None:
            raise Refusal(NotStored.UNAVAILABLE)
        answer: asyncio.Future[OutcomeT | NotStored] = self._loop.create_future()
        tell: _Tell[OutcomeT] = functools.partial(_settle, answer)
        waiting = self._take(item, tell, weight, size_bytes)
        if isinstance(waiting, NotStored):
            raise Refusal(waiting)
        try:
            result = await answer
        except asyncio.CancelledError:
            waiting.given_up = True
            raise
        if isinstance(result, NotStored):
            raise Refusal(result)
        return result

    def offer(
        self, item: ItemT, tell: "_Tell[OutcomeT]", *, weight: int = 1, size_bytes: int = 0
    ) -> NotStored | None:
        """Queue the item, and call `tell` on the loop with its outcome, or with why it is not stored.

        Returns why it is not even queued; then `tell` is not called.
        """
        waiting = self._take(item, tell, weight, size_bytes)
        return waiting if isinstance(waiting, NotStored) else None

    def _take(
        self, item: ItemT, tell: Callable[[OutcomeT | NotStored], None], weight: int, size_bytes: int
    ) -> _Waiting[ItemT, OutcomeT] | NotStored:
        loop, owner = self._loop, self._store.owner(item)
        if loop is None or self._closing:
            return NotStored.UNAVAILABLE
        if not self._occupied.enter(owner, weight, size_bytes, lambda: self._store.comes_first(item)):
            self.turned_away += 1
            return NotStored.OVERLOADED
        waiting: _Waiting[ItemT, OutcomeT] = _Waiting(item, owner, weight, size_bytes, loop.time(), tell)
        self._waiting[waiting] = True
        self._queue.append(waiting)
        if len(self._queue) >= self._wanted:
            self._arrived.set()
        return waiting

    def _forget(self, waiting: _Waiting[ItemT, OutcomeT]) -> bool:
        """Whether it was still waiting to be told."""
        if not self._waiting.pop(waiting, False):
            return False
        self._occupied.leave(waiting.owner, waiting.weight, waiting.size_bytes)
        return True

    def _refuse(self, waiting: _Waiting[ItemT, OutcomeT]) -> None:
        if self._forget(waiting):
            self.turned_away += 1
            waiting.given_up = True
            waiting.tell(NotStored.UNAVAILABLE)

    def _sweep_late(self) -> None:
        """Answer those who have waited too long: the store hangs."""
        assert self._loop is not None
        self.swept_at = time.monotonic()
        oldest = self._loop.time() - self._limits.answer_seconds
        for waiting in [waiting for waiting in self._waiting if waiting.since < oldest]:
            self._refuse(waiting)
        self._sweep = self._loop.call_later(1.0, self._sweep_late)

    def _answer(self, batch: _Batch[ItemT, OutcomeT], results: _Results[OutcomeT]) -> None:
        for waiting, result in zip(batch, results, strict=True):
            if self._forget(waiting):
                try:
                    waiting.tell(result)
                except Exception:
                    log.exception("an answer could not be given")

    async def _run(self) -> None:
        """Write batch after batch, until there is nothing more and the server stops."""
        sent: _Sent[ItemT, OutcomeT] | None = None
        while True:
            ahead = await self._next(sent)
            if sent is not None:
                try:
                    ahead = await self._finish(sent, ahead)
                except Exception:
                    log.exception("a batch was not written; its senders are told in time")
            elif self._closing and ahead is None and not self._queue:
                break
            sent = ahead
        await self._aside.call(self._reset)

    async def _next(self, sent: _Sent[ItemT, OutcomeT] | None) -> _Sent[ItemT, OutcomeT] | None:
        """The batch after `sent`, on its way; None when `sent` is answered first, or the server stops.

        It is half as large at least: each batch costs the database something, however small it is.
        """
        if sent is not None and not sent.may_be_overtaken:
            return None
        asked = sent.asked if sent is not None else None
        if asked is not None:
            asked.add_done_callback(self._wake)
        self._wanted = 1 if sent is None else max(1, len(sent.batch) // 2)
        while len(self._queue) < self._wanted:
            if self._closing or (asked is not None and asked.done()):
                return None
            self._arrived.clear()
            await self._arrived.wait()
        return self._send()

    def _wake(self, _: object) -> None:
        self._arrived.set()

    def _send(self) -> _Sent[ItemT, OutcomeT] | None:
        """Send what waits, up to a batch; None when nothing does."""
        batch = self._gather()
        if not batch:
            return None
        if self._store.at_once is None:
            return _Sent(batch, None, False)
        if sum(waiting.size_bytes for waiting in batch) > AT_ONCE_BYTES:
            return _Sent(batch, None, False)
        items = [waiting.item for waiting in batch]
        asked = asyncio.ensure_future(self._store.at_once(items))
        return _Sent(batch, asked, all(map(self._store.may_be_overtaken, items)))

    async def _finish(
        self, sent: _Sent[ItemT, OutcomeT], ahead: _Sent[ItemT, OutcomeT] | None
    ) -> _Sent[ItemT, OutcomeT] | None:
        """Tell a batch's senders; returns what is on its way by then: `ahead`, or what waited."""
        done, results, rest = await self._answers(sent)
        if not rest and ahead is None:
            ahead = self._send()
        if done:
            # Soon, not now: the next batch is on its way to the database by then.
            asyncio.get_running_loop().call_soon(self._tell, done, results)
        if rest:
            self._faults = 0
            self._tell(rest, await self._aside.call(functools.partial(self._write, rest)))
        return ahead

    def _gather(self) -> _Batch[ItemT, OutcomeT]:
        """What waits, up to a batch; those that were given up are dropped."""
        batch: _Batch[ItemT, OutcomeT] = []
        weight = 0
        while self._queue and weight < self._limits.batch_weight:
            waiting = self._queue.popleft()
            if not waiting.given_up:
                batch.append(waiting)
                weight += waiting.weight
        return batch

    def _tell(self, batch: _Batch[ItemT, OutcomeT], results: _Results[OutcomeT]) -> None:
        fail_point("F3")
        self.batches += 1
        self.items += len(batch)
        self._answer(batch, results)

    async def _answers(
        self, sent: _Sent[ItemT, OutcomeT]
    ) -> tuple[_Batch[ItemT, OutcomeT], _Results[OutcomeT], _Batch[ItemT, OutcomeT]]:
        """For whom the short way was enough, with their outcomes, and the others, in order.

        What goes wrong here is not judged: the long way meets it again.
        """
        if sent.asked is None:
            return [], [], sent.batch
        try:
            found = await sent.asked
        except Exception as error:  # noqa: BLE001 (see above)
            log.info("a batch goes the long way: %s", _brief(error))
            return [], [], sent.batch
        done: _Batch[ItemT, OutcomeT] = []
        results: _Results[OutcomeT] = []
        rest: _Batch[ItemT, OutcomeT] = []
        for waiting, result in zip(sent.batch, found, strict=True):
            if result is None:
                rest.append(waiting)
            else:
                done.append(waiting)
                results.append(result)
        return done, results, rest

    def _write(self, batch: _Batch[ItemT, OutcomeT]) -> _Results[OutcomeT]:
        """One result per item. A connection that was lost in the meantime gets one new attempt."""
        items = [waiting.item for waiting in batch]
        if self._faults >= _FAULTS_LIMIT:
            return [NotStored.UNAVAILABLE] * len(items)
        for attempt in (1, 2):
            try:
                return list(self._store.receive(items))
            except self._store.lost as error:
                self._reset()
                if attempt == 2:
                    log.error("%d signals not stored: the database is away (%s)", len(items), _brief(error))
                    return [NotStored.UNAVAILABLE] * len(items)
                time.sleep(0.02)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is logged and the neighbours go on)
                self._reset()
                if len(items) == 1:
                    return [self._alone(items[0], error)]
                break
        middle = len(batch) // 2
        return [*self._write(batch[:middle]), *self._write(batch[middle:])]

    def _alone(self, item: ItemT, error: Exception) -> NotStored:
        if isinstance(error, self._store.unfit):
            log.warning("a signal cannot be stored: %s", _brief(error))
            return self._remains(item)
        log.error("a signal could not be stored", exc_info=error)
        self._faults += 1
        return NotStored.UNAVAILABLE

    def _remains(self, item: ItemT) -> NotStored:
        """Keep what is left of an item that the store refuses; its sender may try again while that fails."""
        try:
            rest = self._store.remains(item) if self._store.remains is not None else None
            if rest is not None:
                self._store.receive([rest])
        except self._store.lost as error:
            self._reset()
            log.error("a refused signal's remains are not stored: the database is away (%s)", _brief(error))
            return NotStored.UNAVAILABLE
        except Exception:
            self._reset()
            log.exception("a refused signal's remains could not be stored")
        return NotStored.UNFIT

    def _reset(self) -> None:
        try:
            self._store.reset()
        except Exception:
            log.exception("the flusher's connection did not close")


def _settle(answer: "asyncio.Future[OutcomeT | NotStored]", result: OutcomeT | NotStored) -> None:
    if not answer.done():
        answer.set_result(result)


def _brief(error: Exception) -> str:
    """The error's type and first line, without what the sender wrote."""
    return type(error).__name__
