"""The flusher's short way: two batches on their way, what it leaves, and what it may not overtake."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from flushing import Lost, Memory, Unfit, put
from muster.web.batching import AT_ONCE_BYTES, Flusher
from muster.web.store import FlushLimits, NotStored, Store, Told


class Shortcut(Memory):
    """Takes even numbers the short way, and fails there as often as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = 0
        self.short: list[int] = []

    def at_once(self, batch: Sequence[int], told: Told[int]) -> None:
        if self.fails:
            self.fails -= 1
            raise Lost
        self.short += [number for number in batch if number % 2 == 0]
        told([number * 10 if number % 2 == 0 else None for number in batch])


def test_what_the_short_way_leaves_goes_the_long_way_in_order() -> None:
    """Also what it left because it failed."""

    async def story() -> None:
        memory = Shortcut()
        store = Store(memory.receive, memory.reset, (Lost,), (Unfit,), memory.at_once)
        flusher: Flusher[int, int] = Flusher(store)
        flusher.start()
        answers = await asyncio.gather(*(put(flusher, number) for number in range(100)))
        assert answers == [number * 10 for number in range(100)]
        assert (memory.short, memory.kept) == ([*range(0, 100, 2)], [*range(1, 100, 2)])
        memory.fails = 1
        assert await put(flusher, 200) == 2000
        assert memory.kept[-1] == 200
        await flusher.stop()

    asyncio.run(story())


def test_what_is_large_goes_the_long_way() -> None:
    """The event loop writes the short way itself, and may not stand still for it."""

    async def story() -> None:
        memory = Shortcut()
        store = Store(memory.receive, memory.reset, (Lost,), (Unfit,), memory.at_once)
        flusher: Flusher[int, int] = Flusher(store)
        flusher.start()
        assert await flusher.put(2, size_bytes=AT_ONCE_BYTES + 1) == 20
        assert await flusher.put(4, size_bytes=AT_ONCE_BYTES) == 40
        assert (memory.kept, memory.short) == ([2], [4])
        await flusher.stop()

    asyncio.run(story())


def test_a_short_way_that_hangs_is_unavailable_in_time() -> None:
    """And nobody waits for it who came while it hung; afterwards all goes on."""

    async def story() -> None:
        memory, open_again = Shortcut(), asyncio.Event()
        waiting: list[asyncio.Task[None]] = []

        def hanging(batch: Sequence[int], told: Told[int]) -> None:
            waiting.append(asyncio.create_task(later(batch, told)))

        async def later(batch: Sequence[int], told: Told[int]) -> None:
            await open_again.wait()
            memory.at_once(batch, told)

        store = Store(memory.receive, memory.reset, (Lost,), (Unfit,), hanging)
        flusher: Flusher[int, int] = Flusher(store, FlushLimits(answer_seconds=0.3))
        flusher.start()
        assert await asyncio.gather(put(flusher, 2), put(flusher, 4)) == [NotStored.UNAVAILABLE] * 2
        assert await put(flusher, 6) is NotStored.UNAVAILABLE
        open_again.set()
        assert await put(flusher, 8) == 80
        assert memory.short == [2, 4, 8]
        await flusher.stop()

    asyncio.run(story())


class Answer:
    """Given once, when it is set."""

    def __init__(self, give: Callable[[], None]) -> None:
        self.give: Callable[[], None] | None = give

    def set(self) -> None:
        give, self.give = self.give, None
        if give is not None:
            give()


class Slow(Shortcut):
    """Answers the short way when it is told to. What is below a hundred may be overtaken."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[int]] = []
        self.answers: list[Answer] = []

    def at_once(self, batch: Sequence[int], told: Told[int]) -> None:
        self.asked.append(list(batch))
        self.answers.append(Answer(lambda: Shortcut.at_once(self, batch, told)))


def slowly(story: Callable[[Slow, Flusher[int, int]], Awaitable[None]]) -> None:
    async def running() -> None:
        memory = Slow()
        flusher: Flusher[int, int] = Flusher(
            Store(memory.receive, memory.reset, (Lost,), (Unfit,), memory.at_once, lambda item: item < 100)
        )
        flusher.start()
        await asyncio.wait_for(story(memory, flusher), 10)
        await flusher.stop()

    asyncio.run(running())


async def puts(flusher: Flusher[int, int], *numbers: int) -> list[asyncio.Task[int | NotStored]]:
    """They wait, or are on their way, when this returns."""
    found = [asyncio.create_task(put(flusher, number)) for number in numbers]
    await asyncio.sleep(0.02)
    return found


def test_a_second_batch_follows_before_the_first_is_answered_and_a_third_does_not() -> None:
    async def story(memory: Slow, flusher: Flusher[int, int]) -> None:
        first = await puts(flusher, 2, 4)
        second = await puts(flusher, 6)
        third = await puts(flusher, 8, 10, 12)
        assert memory.asked == [[2, 4], [6]]
        memory.answers[0].set()
        assert await asyncio.gather(*first) == [20, 40]
        await asyncio.sleep(0.02)
        assert memory.asked[2:] == [[8, 10, 12]]
        assert not any(task.done() for task in second)
        memory.answers[1].set()
        memory.answers[2].set()
        assert await asyncio.gather(*second, *third) == [60, 80, 100, 120]

    slowly(story)


def test_what_follows_a_batch_is_nearly_as_large() -> None:
    """Or is sent when that is answered."""

    async def story(memory: Slow, flusher: Flusher[int, int]) -> None:
        first = await puts(flusher, *range(0, 16, 2))
        second = await puts(flusher, *range(20, 30, 2))
        assert memory.asked == [[*range(0, 16, 2)]]
        second += await puts(flusher, 30)
        assert memory.asked[1:] == [[*range(20, 32, 2)]]
        third = await puts(flusher, 40)
        memory.answers[0].set()
        await asyncio.gather(*first)
        assert len(memory.asked) == 2
        memory.answers[1].set()
        await asyncio.gather(*second)
        assert memory.asked[2:] == [[40]]
        memory.answers[2].set()
        assert await asyncio.gather(*third) == [400]

    slowly(story)


def test_an_answer_that_fits_no_batch_stops_nobody_else() -> None:
    async def story() -> None:
        memory = Shortcut()

        def odd(batch: Sequence[int], told: Told[int]) -> None:
            told([1]) if 6 in batch else memory.at_once(batch, told)

        store = Store(memory.receive, memory.reset, (Lost,), (Unfit,), odd)
        flusher: Flusher[int, int] = Flusher(store, FlushLimits(answer_seconds=0.3))
        flusher.start()
        assert await asyncio.gather(*(put(flusher, number) for number in (2, 4, 6))) == [20, 40, 60]
        assert (memory.kept, await put(flusher, 8)) == ([2, 4, 6], 80)
        await flusher.stop()

    asyncio.run(story())


def test_what_may_not_be_overtaken_is_answered_before_anything_follows() -> None:
    async def story(memory: Slow, flusher: Flusher[int, int]) -> None:
        first = await puts(flusher, 2, 101)
        second = await puts(flusher, 4, 6, 8)
        assert memory.asked == [[2, 101]]
        memory.answers[0].set()
        assert await asyncio.gather(*first) == [20, 1010]
        await asyncio.sleep(0.02)
        assert (memory.asked[1:], memory.kept) == ([[4, 6, 8]], [101])
        memory.answers[1].set()
        assert await asyncio.gather(*second) == [40, 60, 80]

    slowly(story)


def test_what_two_batches_leave_is_received_in_order() -> None:
    """The second was answered first, even."""

    async def story(memory: Slow, flusher: Flusher[int, int]) -> None:
        first = await puts(flusher, 1, 2)
        second = await puts(flusher, 3, 4)
        memory.answers[1].set()
        await asyncio.sleep(0.02)
        assert not any(task.done() for task in first + second)
        memory.answers[0].set()
        assert await asyncio.gather(*first, *second) == [10, 20, 30, 40]
        assert memory.kept == [1, 3]

    slowly(story)


def test_both_batches_are_written_before_it_stops() -> None:
    async def story(memory: Slow, flusher: Flusher[int, int]) -> None:
        waiting = [*(await puts(flusher, 1, 2)), *(await puts(flusher, 3, 4)), *(await puts(flusher, 5))]
        stopping = asyncio.create_task(flusher.stop())
        await asyncio.sleep(0.02)
        for _ in range(3):
            memory.answers[-1].set()
            memory.answers[0].set()
            await asyncio.sleep(0.02)
        await stopping
        assert await asyncio.gather(*waiting) == [10, 20, 30, 40, 50]

    slowly(story)
