"""The flusher: one batch at a time, one outcome each, and neighbours that do not suffer (design 5)."""

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable

import pytest

from flushing import Lost, Memory, Unfit, put
from muster.web.batching import Flusher
from muster.web.room import Room
from muster.web.store import FlushLimits, NotStored, Refusal, Store


def run(
    story: Callable[[Memory, Flusher[int, int]], Awaitable[None]], limits: FlushLimits | None = None
) -> None:
    async def running() -> None:
        memory = Memory()
        flusher = Flusher(Store(memory.receive, memory.reset, (Lost,), (Unfit,)), limits)
        flusher.start()
        try:
            await asyncio.wait_for(story(memory, flusher), 10)
        finally:
            memory.go_on.set()
            await flusher.stop()

    asyncio.run(running())


def test_everybody_gets_their_own_outcome_and_the_order_is_kept() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        answers = await asyncio.gather(*(put(flusher, number) for number in range(1000)))
        assert answers == [number * 10 for number in range(1000)]
        assert memory.kept == list(range(1000))
        assert max(map(len, memory.batches)) <= 500

    run(story)


def test_what_waits_while_one_batch_is_written_goes_together_in_the_next() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.go_on.clear()
        first = asyncio.ensure_future(put(flusher, 0))
        await asyncio.sleep(0.05)
        rest = [asyncio.ensure_future(put(flusher, number)) for number in range(1, 100)]
        await asyncio.sleep(0.05)
        assert not first.done()
        memory.go_on.set()
        await asyncio.gather(first, *rest)
        assert memory.batches == [[0], list(range(1, 100))]

    run(story)


def test_one_poison_item_never_fails_its_neighbours() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        numbers = [-number if number in (17, 18, 99) else number for number in range(100)]
        answers = await asyncio.gather(*(put(flusher, number) for number in numbers))
        assert answers == [NotStored.UNFIT if number < 0 else number * 10 for number in numbers]
        assert sorted(memory.kept) == sorted(number for number in numbers if number >= 0)
        assert len(memory.batches) < 60  # halved, not row by row

    run(story)


def test_a_fault_of_ours_is_not_the_senders() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.faults = {3}
        answers = await asyncio.gather(*(put(flusher, number) for number in range(5)))
        assert answers == [0, 10, 20, NotStored.UNAVAILABLE, 40]

    run(story)


def test_a_store_in_trouble_is_not_asked_five_hundred_times() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.faults = set(range(500))
        memory.go_on.clear()
        waiting = [asyncio.ensure_future(put(flusher, number)) for number in range(500)]
        await asyncio.sleep(0.05)
        memory.go_on.set()
        assert set(await asyncio.gather(*waiting)) == {NotStored.UNAVAILABLE}
        assert len(memory.batches) < 60

    run(story)


def test_a_connection_that_was_lost_is_made_again_and_nobody_hears_of_it() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.lose = 1
        assert await put(flusher, 1) == 10
        assert memory.resets >= 1

    run(story)


def test_a_store_that_is_away_is_unavailable_and_the_next_batch_tries_again() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.lose = 2
        assert await put(flusher, 1) is NotStored.UNAVAILABLE
        assert await put(flusher, 2) == 20
        assert memory.kept == [2]

    run(story)


def test_a_full_queue_refuses_at_once_and_takes_again_when_it_is_empty() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.go_on.clear()
        waiting = [asyncio.ensure_future(put(flusher, number)) for number in range(10)]
        await asyncio.sleep(0.02)
        assert await put(flusher, 99) is NotStored.OVERLOADED
        memory.go_on.set()
        await asyncio.gather(*waiting)
        assert await put(flusher, 99) == 990

    run(story, FlushLimits(room=Room(10)))


def test_bytes_are_bounded_too_and_a_lone_large_item_is_taken() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        assert await put(flusher, 5, weight=50) == 50
        memory.go_on.clear()
        waiting = [asyncio.ensure_future(put(flusher, number)) for number in range(3)]
        await asyncio.sleep(0.02)
        assert await put(flusher, 4) is NotStored.OVERLOADED
        memory.go_on.set()
        await asyncio.gather(*waiting)

    run(story, FlushLimits(room=Room(10, 300)))


def test_a_store_that_hangs_is_unavailable_in_time_and_those_not_begun_are_dropped() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.go_on.clear()
        begun = asyncio.ensure_future(put(flusher, 1))
        await asyncio.sleep(0.05)
        waiting = asyncio.ensure_future(put(flusher, 2))
        assert await asyncio.gather(begun, waiting) == [NotStored.UNAVAILABLE] * 2
        memory.go_on.set()
        assert await put(flusher, 3) == 30
        assert memory.kept == [1, 3]  # the first was being written already; its sender comes back

    run(story, FlushLimits(answer_seconds=0.3))


def test_one_who_cannot_be_told_keeps_nobody_else_from_being_told() -> None:
    """Neither those whose store hangs."""

    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        def fails(_: object) -> None:
            raise RuntimeError("not taken")

        for hangs in (False, True):
            (memory.go_on.clear if hangs else memory.go_on.set)()
            assert flusher.offer(1, fails) is None
            waiting = [asyncio.ensure_future(put(flusher, number)) for number in (2, 3)]
            assert flusher.offer(4, fails) is None
            wanted = [NotStored.UNAVAILABLE] * 2 if hangs else [20, 30]
            assert await asyncio.gather(*waiting) == wanted
        swept_at = flusher.swept_at
        await asyncio.sleep(1.1)
        assert flusher.swept_at > swept_at

    run(story, FlushLimits(answer_seconds=0.3))


def test_a_client_that_goes_away_does_not_disturb_the_batch() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.go_on.clear()
        tasks = [asyncio.ensure_future(put(flusher, number)) for number in range(5)]
        await asyncio.sleep(0.02)
        tasks[1].cancel()
        tasks[3].cancel()
        memory.go_on.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [a for a in answers if not isinstance(a, BaseException)] == [0, 20, 40]
        assert await put(flusher, 9) == 90

    run(story)


def test_what_waits_when_the_process_stops_is_written_and_answered() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        memory.go_on.clear()
        waiting = [asyncio.ensure_future(put(flusher, number)) for number in range(5)]
        await asyncio.sleep(0.02)
        stopping = asyncio.ensure_future(flusher.stop())
        await asyncio.sleep(0.02)
        assert await put(flusher, 9) is NotStored.UNAVAILABLE
        memory.go_on.set()
        await stopping
        assert await asyncio.gather(*waiting) == [0, 10, 20, 30, 40]
        assert memory.kept == [0, 1, 2, 3, 4]

    run(story)


def test_a_fresh_answer_to_one_is_never_given_to_another() -> None:
    async def story(memory: Memory, flusher: Flusher[int, int]) -> None:
        async def client(start: int) -> None:
            for number in range(start, start + 50):
                assert await put(flusher, number) == number * 10

        await asyncio.gather(*(client(start * 100) for start in range(40)))

    run(story)


def test_a_refusal_says_why() -> None:
    with pytest.raises(Refusal, match="overloaded"):
        raise Refusal(NotStored.OVERLOADED)


def test_a_store_that_hangs_keeps_no_process_from_ending() -> None:
    """The thread that writes would be waited for at the end, were it not a daemon."""
    code = textwrap.dedent(
        """
        import asyncio, threading
        from muster.web.batching import Flusher
        from muster.web.store import FlushLimits, Store

        async def story():
            hangs = lambda batch: threading.Event().wait()
            flusher = Flusher(Store(hangs, print, (OSError,), (ValueError,)), FlushLimits(answer_seconds=0.2))
            flusher.start()
            flusher.offer(1, print)
            await asyncio.sleep(0.1)
            await flusher.stop()

        asyncio.run(story())
        """
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], timeout=20, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "unavailable\n"
