"""That the doors hear is written down while they do, and only then."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from database import Database
from muster.web.batching import Flusher
from muster.web.hearing import Hearing
from muster.web.room import Room
from muster.web.store import FlushLimits, NotStored, Refusal, Store
from serving import product

EVERY_S = 0.05


class Ear:
    """The flusher's place: its loop turns until the test stops it."""

    def __init__(self) -> None:
        self.turned_away = 0
        self.swept_at = time.monotonic()


class Notes:
    """How often it was noted; fails as often as it is told."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = 0

    def __call__(self) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("the store is away")
        self.count += 1


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def listening(ear: Ear, notes: Notes) -> Hearing:
    hearing = Hearing(ear, notes, EVERY_S)
    hearing.start()
    return hearing


def test_it_is_noted_again_and_again_and_after_a_failure_too() -> None:
    notes = Notes()
    hearing = listening(Ear(), notes)
    until(lambda: notes.count > 1)
    notes.fails = 2
    until(lambda: not notes.fails)
    before = notes.count
    until(lambda: notes.count > before)
    asyncio.run(hearing.stop())
    hearing.join(5)
    assert not hearing.is_alive()


def test_nothing_is_noted_while_some_are_turned_away() -> None:
    ear, notes = Ear(), Notes()
    refusing, ends = threading.Event(), threading.Event()
    refusing.set()

    def refuse() -> None:
        while refusing.is_set():
            ear.turned_away += 1
            ends.wait(0.002)

    thread = threading.Thread(target=refuse)
    thread.start()
    hearing = listening(ear, notes)
    time.sleep(6 * EVERY_S)
    assert notes.count == 0
    refusing.clear()
    thread.join()
    until(lambda: notes.count > 0)
    asyncio.run(hearing.stop())


def test_nothing_is_noted_while_the_loop_stands() -> None:
    ear, notes = Ear(), Notes()
    ear.swept_at -= 60
    hearing = listening(ear, notes)
    time.sleep(6 * EVERY_S)
    assert notes.count == 0
    ear.swept_at = time.monotonic()
    until(lambda: notes.count > 0)
    asyncio.run(hearing.stop())


def test_the_flusher_counts_whom_it_turns_away_and_says_that_its_loop_turns() -> None:
    """Too many wait; and the store hangs for longer than anybody waits."""
    go_on = threading.Event()

    def receive(batch: Sequence[int]) -> Sequence[int]:
        go_on.wait(10)
        return batch

    async def story() -> None:
        limits = FlushLimits(room=Room(weight=2), answer_seconds=0.5)
        flusher: Flusher[int, int] = Flusher(Store(receive, lambda: None, (OSError,), (ValueError,)), limits)
        flusher.start()
        begun = flusher.swept_at
        waiting = [asyncio.create_task(flusher.put(n)) for n in (1, 2)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refused:
            await flusher.put(3)
        assert (refused.value.why, flusher.turned_away) == (NotStored.OVERLOADED, 1)
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [isinstance(one, Refusal) for one in told] == [True, True]
        assert flusher.turned_away == 3
        assert flusher.swept_at > begun
        go_on.set()
        await flusher.stop()

    asyncio.run(story())


def test_a_web_process_notes_it_even_while_nothing_comes(database: Database, tmp_path: Path) -> None:
    noted = "SELECT 1 FROM timeline_beat WHERE process = 'doors' AND kind = 'doors'"
    with product(tmp_path, database.url):
        until(lambda: bool(database.as_owner(noted)))
