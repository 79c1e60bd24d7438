"""Bodies are whole or refused, and every byte of room that they took is given back (design section 10)."""

import asyncio
import itertools
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from muster.web.bodies import BodyLimits, BodyRefused, Budget, Gone, Spooled, read_body, spool_body
from muster.web.deadline import Deadline, TooLate

MEMORY_BYTES, DISK_BYTES = 1_000, 10_000
LIMITS = BodyLimits(limit_bytes=5_000, seconds=0.2, memory_bytes=400)


def scope(length: int | None = None) -> dict[str, Any]:
    return {"headers": [] if length is None else [(b"content-length", str(length).encode())]}


class Sender:
    """Sends pieces, then stops: at the end, by going away, or by never sending again."""

    def __init__(self, pieces: Iterable[bytes], end: str = "whole") -> None:
        self._pieces = list(pieces)
        self._end = end

    async def __call__(self) -> dict[str, Any]:
        if self._pieces:
            piece = self._pieces.pop(0)
            more = bool(self._pieces) or self._end != "whole"
            return {"type": "http.request", "body": piece, "more_body": more}
        if self._end == "gone":
            return {"type": "http.disconnect"}
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


def spool(sender: Sender, memory: Budget, disk: Budget, length: int | None = None) -> Spooled:
    return asyncio.run(spool_body(scope(length), sender, LIMITS, memory, disk))


PIECES = [[], [b""], [b"a" * 100], [b"a" * 300, b"b" * 300], [b"c" * 100] * 50]


@pytest.mark.parametrize("pieces", [p for p in PIECES if p], ids=itertools.count())
def test_a_whole_body_is_the_pieces_in_order_wherever_it_is_kept(pieces: list[bytes]) -> None:
    memory, disk = Budget(MEMORY_BYTES), Budget(DISK_BYTES)
    body = spool(Sender(pieces), memory, disk, sum(map(len, pieces)))
    assert body.file.read() == b"".join(pieces)
    assert memory.left_bytes + disk.left_bytes == MEMORY_BYTES + DISK_BYTES - body.length_bytes
    body.give_back()
    body.file.close()
    assert (memory.left_bytes, disk.left_bytes) == (MEMORY_BYTES, DISK_BYTES)


@pytest.mark.parametrize(
    ("sender", "length", "status"),
    [
        (Sender([b"x" * 100] * 51), None, 413),
        (Sender([b"x"]), 5_001, 413),
        (Sender([b"x" * 10]), 11, 400),
        (Sender([b"x" * 10]), 9, 400),
        (Sender([b"x" * 300] * 2, "silent"), None, 408),
        (Sender([], "silent"), 10, 408),
    ],
    ids=["too large", "declared too large", "short", "long", "slow", "silent"],
)
def test_a_refused_body_leaves_nothing_behind(sender: Sender, length: int | None, status: int) -> None:
    memory, disk = Budget(MEMORY_BYTES), Budget(DISK_BYTES)
    with pytest.raises(BodyRefused) as refused:
        spool(sender, memory, disk, length)
    assert refused.value.status == status
    assert (memory.left_bytes, disk.left_bytes) == (MEMORY_BYTES, DISK_BYTES)


def test_a_client_that_goes_away_leaves_nothing_behind() -> None:
    memory, disk = Budget(MEMORY_BYTES), Budget(DISK_BYTES)
    with pytest.raises(Gone):
        spool(Sender([b"x" * 300] * 3, "gone"), memory, disk)
    assert (memory.left_bytes, disk.left_bytes) == (MEMORY_BYTES, DISK_BYTES)


def test_small_bodies_go_to_disk_when_memory_is_used_up_and_are_refused_when_both_are() -> None:
    memory, disk = Budget(0), Budget(150)
    body = spool(Sender([b"x" * 100]), memory, disk)
    assert body.file.read() == b"x" * 100
    with pytest.raises(BodyRefused) as refused:
        spool(Sender([b"x" * 100]), memory, disk)
    assert refused.value.status == 503
    body.give_back()
    assert (memory.left_bytes, disk.left_bytes) == (0, 150)


def test_a_temporary_folder_that_takes_nothing_is_told_and_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    memory, disk = Budget(MEMORY_BYTES), Budget(DISK_BYTES)
    with pytest.raises(OSError, match="No such file"):
        spool(Sender([b"x" * 300] * 2), memory, disk)
    assert (memory.left_bytes, disk.left_bytes) == (MEMORY_BYTES, DISK_BYTES)


def test_bodies_read_into_memory_keep_within_their_budget() -> None:
    async def story() -> None:
        budget, deadline = Budget(500), Deadline(5)
        body = await read_body(scope(), Sender([b"a" * 200, b"b" * 300]), LIMITS, budget, deadline)
        assert body == b"a" * 200 + b"b" * 300
        with pytest.raises(BodyRefused) as refused:
            await read_body(scope(), Sender([b"a" * 300, b"b" * 300]), LIMITS, budget, deadline)
        assert refused.value.status == 503
        assert budget.left_bytes == 500

    asyncio.run(story())


def test_a_deadline_ends_the_late_ones_and_only_those() -> None:
    async def story() -> None:
        deadline = Deadline(0.1)

        async def wait(seconds: float) -> str:
            try:
                with deadline:
                    await asyncio.sleep(seconds)
            except TooLate:
                await asyncio.sleep(0)  # the task goes on as if nothing had been
                return "late"
            return "in time"

        assert await asyncio.gather(wait(0), wait(30), wait(0.01), wait(30)) == [
            "in time",
            "late",
            "in time",
            "late",
        ]

    asyncio.run(asyncio.wait_for(story(), 5))


def test_a_deadline_is_told_apart_from_a_cancellation() -> None:
    async def story() -> None:
        deadline = Deadline(5)

        async def wait() -> None:
            with deadline:
                await asyncio.sleep(30)

        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
