"""Due work: what each stage does by the clock, registered at start-up and run by every worker."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Pool(StrEnum):
    """Threads of a worker that do not wait for each other."""

    ENGINE = "engine"
    PAGING = "paging"
    BACKGROUND = "background"
    WATCH = "watch"
    """Only what watches the others."""


DueWork = Callable[[], int]
"""Claims up to 50 rows whose time has come, does them, and returns how many: 0 means nothing is due."""


@dataclass(frozen=True, slots=True)
class Due:
    """One kind of due work; `every_s` is the shortest pause between two looks when hints pour in.

    When it did fewer than `full` there is no more of it: its loop does not look again to be sure.
    """

    name: str
    pool: Pool
    run: DueWork
    every_s: float = 0.0
    full: int = 1


_works: dict[str, Due] = {}


def register(*works: Due) -> None:
    """Add a stage's due work at start-up."""
    for work in works:
        _works[work.name] = work


def in_pool(pool: Pool) -> list[Due]:
    """The due work of one pool, in the order of registration."""
    return [work for work in _works.values() if work.pool is pool]
