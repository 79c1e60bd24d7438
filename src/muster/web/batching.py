"""One flusher per process: what waits is made durable together, and only then answered (design section 5).

A batch is what came in while the previous one was being written, so that it grows with the load and a lone
request waits for nobody. The short way is written by the event loop itself: a thread beside it would have to
wait for the interpreter, again and again. On it a second batch follows before the first is answered, so that
the database need not wait for us. The long way has a thread. All goes on by callbacks: a task would be woken
some turns of the loop later, and each turn reads from all who have sent something.
"""

import asyncio
import contextlib
import functools
import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic

import msgspec

from muster.foundation.failpoints import fail_point
from muster.web.aside import Aside
from muster.web.room import Occupancy
from muster.web.store import FlushLimits, ItemT, NotStored, OutcomeT, Refusal, Store, Told

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


class _Sent(msgspec.Struct, Generic[ItemT, OutcomeT], eq=False):
    """A batch on its way. `found`: for each item its outcome, or None where the short way left it alone."""

    batch: _Batch[ItemT, OutcomeT]
    may_be_overtaken: bool
    """Another may follow it before it is answered."""
    found: Sequence[OutcomeT | None] | None = None


class Flusher(Generic[ItemT, OutcomeT]):
    """Queues items on the event loop and writes them in batches.

    Start it on the loop that will call `put`. A batch that fails is divided until the item that the store
    refuses stands alone, so that it never fails its neighbours (reliability I14).
    """

    def __init__(self, store: Store[ItemT, OutcomeT], limits: FlushLimits | None = None) -> None:
        self._store = store
        self._limits = limits or FlushLimits()
        self._queue: deque[_Waiting[ItemT, OutcomeT]] = deque()
        self._sent: deque[_Sent[ItemT, OutcomeT]] = deque()
        self._wanted = 1
        """So many must wait before a batch is sent."""
        self._is_due = self._is_going = self._is_aside = False
        """What waits is looked at soon; is looked at; and a batch is on the long way."""
        self._aside = Aside()
        self._writing: asyncio.Future[_Results[OutcomeT]] | None = None
        self._ended: asyncio.Event | None = None
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
        self._aside.start("flusher")

    async def stop(self) -> None:
        """Take nothing more, write what waits, and end."""
        self._closing, self._ended = True, asyncio.Event()
        if self._sweep is not None:
            self._sweep.cancel()
            self._go_on()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limits.answer_seconds):
                    await self._ended.wait()
                    await self._aside.call(self._reset)
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
        if len(self._queue) >= self._wanted and not self._is_due:
            # Soon, not now: what else has come by then goes with it.
            self._is_due = True
            loop.call_soon(self._go_on)
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
            self._answer(waiting, NotStored.UNAVAILABLE)

    def _sweep_late(self) -> None:
        """Answer those who have waited too long: the store hangs."""
        assert self._loop is not None
        self.swept_at = time.monotonic()
        oldest = self._loop.time() - self._limits.answer_seconds
        for waiting in [waiting for waiting in self._waiting if waiting.since < oldest]:
            self._refuse(waiting)
        self._sweep = self._loop.call_later(1.0, self._sweep_late)

    def _answer(self, waiting: _Waiting[ItemT, OutcomeT], result: OutcomeT | NotStored) -> None:
        try:
            waiting.tell(result)
        except Exception:
            log.exception("an answer could not be given")

    def _go_on(self) -> None:
        """Go on with what is answered, in order, and with what waits.

        Its senders are told while the database works on the next batch.
        """
        if self._is_going:
            return
        self._is_due, self._is_going = False, True
        untold: list[tuple[_Batch[ItemT, OutcomeT], _Results[OutcomeT]]] = []
        try:
            while not self._is_aside:
                if self._sent and self._sent[0].found is not None:
                    untold.append(self._part(self._sent.popleft()))
                    if self._sent and self._sent[0].found is None:
                        self._tell(*untold.pop())
                elif not self._send():
                    break
        finally:
            self._is_going, self._wanted = False, self._least()
            for batch, results in untold:
                self._tell(batch, results)
            if self._ended is not None and not (self._queue or self._sent or self._is_aside):
                self._ended.set()

    def _least(self) -> int:
        """How many must wait before another batch is sent; no number is enough when none may be.

        What follows another batch is nearly as large: each costs the database something, however small it is,
        and of unequal ones a small one leaves it with nothing to do.
        """
        if self._is_aside or len(self._sent) > 1:
            return sys.maxsize
        if not self._sent:
            return 1
        ahead = self._sent[0]
        return max(1, len(ahead.batch) * 3 // 4) if ahead.may_be_overtaken else sys.maxsize

    def _send(self) -> bool:
        """Send what waits, up to a batch, and say whether there was enough."""
        if len(self._queue) < self._least():
            return False
        batch = self._gather()
        if not batch:
            return False
        items, size_bytes = [waiting.item for waiting in batch], sum([one.size_bytes for one in batch])
        if self._store.at_once is None or size_bytes > AT_ONCE_BYTES:
            self._sent.append(_Sent(batch, False, [None] * len(batch)))
        else:
            sent = _Sent(batch, all(map(self._store.may_be_overtaken, items)))
            self._sent.append(sent)
            self._ask(items, functools.partial(self._answered, sent))
        return True

    def _ask(self, items: Sequence[ItemT], told: Told[OutcomeT]) -> None:
        assert self._store.at_once is not None
        try:
            self._store.at_once(items, told)
        except Exception as error:  # noqa: BLE001 (see `_answered`)
            told(error)

    def _answered(self, sent: _Sent[ItemT, OutcomeT], found: Sequence[OutcomeT | None] | Exception) -> None:
        """The short way says what it did. What went wrong is not judged: the long way meets it again."""
        if isinstance(found, Exception) or len(found) != len(sent.batch):
            log.info("a batch goes the long way: %s", _brief(found))
            found = [None] * len(sent.batch)
        sent.found = found
        self._go_on()

    def _part(self, sent: _Sent[ItemT, OutcomeT]) -> tuple[_Batch[ItemT, OutcomeT], _Results[OutcomeT]]:
        """For whom the short way was enough, with their outcomes; the others take the long way."""
        done: _Batch[ItemT, OutcomeT] = []
        results: _Results[OutcomeT] = []
        rest: _Batch[ItemT, OutcomeT] = []
        for waiting, result in zip(sent.batch, sent.found or (), strict=True):
            if result is None:
                rest.append(waiting)
            else:
                done.append(waiting)
                results.append(result)
        if rest:
            self._is_aside, self._faults = True, 0
            self._writing = asyncio.ensure_future(self._aside.call(functools.partial(self._write, rest)))
            self._writing.add_done_callback(functools.partial(self._written, rest))
        return done, results

    def _written(self, batch: _Batch[ItemT, OutcomeT], results: "asyncio.Future[_Results[OutcomeT]]") -> None:
        self._is_aside = False
        if not results.cancelled():
            try:
                self._tell(batch, results.result())
            except Exception:
                log.exception("a batch was not written; its senders are told in time")
        self._go_on()

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
        if not batch:
            return
        fail_point("F3")
        self.batches += 1
        self.items += len(batch)
        for waiting, result in zip(batch, results, strict=True):
            if self._forget(waiting):
                self._answer(waiting, result)

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


def _brief(error: object) -> str:
    """The error's type, without what the sender wrote."""
    return type(error).__name__
