"""Waiting for what is told later."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def told(ask: Callable[[Callable[[T | Exception], None]], None]) -> T:
    """What `ask` tells; raised where it tells of an error. Whoever waits no more is told nothing."""
    answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def tell(found: T | Exception) -> None:
        if answer.done():
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    ask(tell)
    return await answer
