"""Who asks at a guarded door for more than the key: one whose answers come slowly keeps no other waiting."""

import asyncio
import threading

from muster.core.knock import Knock
from muster.core.ports.source_form import Reply
from muster.web.porter import A_KEY, WAITING, Asked, Porter


def porter() -> Porter:
    return Porter(lambda _url: b"", lambda _key, _name, text: text)


async def ask(one: Porter, admit: object, key: bytes) -> Asked:
    return await one.ask(admit, key, {}, {}, b"", None)  # type: ignore[arg-type]


def test_a_slow_one_leaves_threads_to_the_others() -> None:
    """Ten knock with a key whose certificate does not come; another key is asked at once."""
    gone = threading.Event()
    running: list[int] = []

    def slow(_knock: Knock) -> Reply | None:
        running.append(1)
        gone.wait(30)
        return None

    async def scene() -> Asked:
        one = porter()
        waiting = [asyncio.ensure_future(ask(one, slow, b"slow")) for _ in range(10)]
        while len(running) < A_KEY:
            await asyncio.sleep(0.01)
        beside = await asyncio.wait_for(ask(one, lambda _knock: None, b"other"), 10)
        assert len(running) == A_KEY
        gone.set()
        assert await asyncio.gather(*waiting) == [Asked()] * 10
        assert len(running) == 10
        return beside

    assert asyncio.run(scene()) == Asked()


def test_too_many_are_told_to_come_back() -> None:
    gone = threading.Event()

    async def scene() -> None:
        one = porter()
        waiting = [asyncio.ensure_future(ask(one, lambda _k: gone.wait(30), b"slow")) for _ in range(WAITING)]
        await asyncio.sleep(0)
        assert (await ask(one, lambda _knock: None, b"other")).crowded
        for one_waiting in waiting[A_KEY:]:
            one_waiting.cancel()
        await asyncio.sleep(0)
        assert not (await ask(one, lambda _knock: None, b"other")).crowded
        gone.set()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(scene())
