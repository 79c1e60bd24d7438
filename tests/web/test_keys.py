"""Keys are looked up together: a burst of many senders costs a few questions (design section 5)."""

import asyncio
import threading

import pytest

from muster.web.keys import Together


def test_what_is_asked_for_while_a_look_up_runs_goes_together() -> None:
    """One for the first, one for all that came meanwhile; the same key is asked for once."""
    asked: list[list[bytes]] = []
    first_runs, go_on = threading.Event(), threading.Event()

    def look_up(keys: list[bytes]) -> dict[bytes, str]:
        asked.append(keys)
        first_runs.set()
        go_on.wait(5)
        return {key: key.decode() for key in keys if key != b"nobody"}

    async def story() -> list[str | None]:
        keys = Together(look_up)
        one = asyncio.ensure_future(keys.find(b"a"))
        await asyncio.to_thread(first_runs.wait, 5)
        rest = [asyncio.ensure_future(keys.find(key)) for key in (b"b", b"c", b"b", b"nobody")]
        await asyncio.sleep(0)
        go_on.set()
        return await asyncio.gather(one, *rest)

    assert asyncio.run(story()) == ["a", "b", "c", "b", None]
    assert asked == [[b"a"], [b"b", b"c", b"nobody"]]


def test_who_asked_is_told_of_a_failure_and_the_next_one_is_asked_anew() -> None:
    """The database was away for a moment."""
    away = [True]

    def look_up(keys: list[bytes]) -> dict[bytes, str]:
        if away.pop() if away else False:
            raise ConnectionError
        return dict.fromkeys(keys, "here")

    async def story() -> str | None:
        keys = Together(look_up)
        with pytest.raises(ConnectionError):
            await keys.find(b"a")
        return await keys.find(b"a")

    assert asyncio.run(story()) == "here"
