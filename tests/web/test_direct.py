"""The event loop's own connection: prepared, in UTC, and made again when it was lost."""

import asyncio
import functools
import time
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import psycopg
import pytest

from asking import told
from database import Database
from muster.web.direct import Direct


async def ask(direct: Direct, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    return await told(functools.partial(direct.ask, statement, values))


WHO = "SELECT pg_backend_pid(), now(), %(said)s::text"


def test_it_answers_in_utc_by_one_connection(database: Database) -> None:
    """And each question is a transaction of its own."""

    async def story() -> None:
        direct = Direct()
        first, second = await ask(direct, WHO, {"said": "a"}), await ask(direct, WHO, {"said": "b"})
        assert (first[0], first[2], second[2]) == (second[0], "a", "b")
        assert first[1] < second[1]
        assert first[1].utcoffset() == UTC.utcoffset(None)
        await direct.stop()

    asyncio.run(story())


def test_a_connection_that_was_lost_is_made_again(database: Database) -> None:
    """Whoever asks meanwhile is told that it is away, so that the long way meets it."""

    async def story() -> None:
        direct = Direct()
        pid = (await ask(direct, WHO, {"said": "a"}))[0]
        database.as_owner("SELECT pg_terminate_backend(%s)", pid)
        with pytest.raises(psycopg.OperationalError):
            await ask(direct, WHO, {"said": "b"})
        assert (await ask(direct, WHO, {"said": "c"}))[0] != pid
        await direct.stop()

    asyncio.run(story())


def test_questions_follow_one_another_and_each_is_durable_on_its_own(database: Database) -> None:
    """The second is on its way while the first is worked on, sees what that did, and is answered after it."""
    database.as_owner("CREATE TABLE asked (n int); GRANT ALL ON asked TO PUBLIC")
    statement = """
        WITH slept AS MATERIALIZED (SELECT pg_sleep(%(s)s::float)),
            said AS (INSERT INTO asked SELECT %(n)s::int FROM slept)
        SELECT (SELECT count(*) FROM asked), pg_backend_pid(), now() FROM slept
    """

    async def story() -> None:
        direct = Direct()
        await ask(direct, statement, {"s": 0, "n": 0})
        slow = asyncio.create_task(ask(direct, statement, {"s": 0.5, "n": 1}))
        await asyncio.sleep(0.1)
        quick = asyncio.create_task(ask(direct, statement, {"s": 0, "n": 2}))
        began = time.monotonic()
        await asyncio.sleep(0)
        assert time.monotonic() - began < 0.2  # nobody stood still for the first
        done, _ = await asyncio.wait([slow, quick], return_when=asyncio.FIRST_COMPLETED)
        assert slow in done
        first, second = await slow, await quick
        assert (first[0], second[0], first[1]) == (1, 2, second[1])
        assert first[2] < second[2]
        await direct.stop()

    try:
        asyncio.run(story())
        assert database.as_owner("SELECT array_agg(n ORDER BY n) FROM asked") == [([0, 1, 2],)]
    finally:
        database.as_owner("DROP TABLE asked")


def test_one_that_fails_fails_alone(database: Database) -> None:
    """Those before and after it on the same connection are answered."""

    async def story() -> None:
        direct = Direct()
        one, none, two = await asyncio.gather(
            *(ask(direct, "SELECT 1 / %(by)s::int, pg_backend_pid()", {"by": by}) for by in (1, 0, 1)),
            return_exceptions=True,
        )
        assert isinstance(none, psycopg.DataError)
        assert one == two
        await direct.stop()

    asyncio.run(story())


def test_a_statement_without_an_answer_is_told_so(database: Database) -> None:
    async def story() -> None:
        direct = Direct()
        none, one = await asyncio.gather(
            *(ask(direct, "SELECT %(n)s::int WHERE %(n)s::int > 0", {"n": n}) for n in (0, 1)),
            return_exceptions=True,
        )
        assert isinstance(none, psycopg.DataError)
        assert one == (1,)
        await direct.stop()

    asyncio.run(story())


def test_all_who_wait_hear_that_it_was_lost(database: Database) -> None:
    async def story() -> None:
        direct = Direct()
        pid = (await ask(direct, "SELECT pg_backend_pid(), pg_sleep(%(s)s::float)", {"s": 0}))[0]
        waiting = [
            asyncio.create_task(ask(direct, "SELECT pg_backend_pid(), pg_sleep(%(s)s::float)", {"s": 60}))
            for _ in range(2)
        ]
        await asyncio.sleep(0.1)
        database.as_owner("SELECT pg_terminate_backend(%s)", pid)
        for said in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(said, psycopg.OperationalError)
        await ask(direct, "SELECT pg_backend_pid(), pg_sleep(%(s)s::float)", {"s": 0})
        await direct.stop()

    asyncio.run(story())


def test_what_does_not_fit_into_the_socket_at_once_goes_on_later(database: Database) -> None:
    async def story() -> None:
        direct = Direct()
        sizes = [2_000_000, 1, 8_000_000, 2]
        found = await asyncio.gather(
            *(ask(direct, "SELECT length(%(said)s::text)", {"said": "x" * size}) for size in sizes)
        )
        assert found == [(size,) for size in sizes]
        await direct.stop()

    asyncio.run(story())


def test_one_who_does_not_wait_any_more_takes_nobodys_answer(database: Database) -> None:
    async def story() -> None:
        direct = Direct()
        await ask(direct, WHO, {"said": "a"})
        gone, waits = (asyncio.create_task(ask(direct, WHO, {"said": said})) for said in "bc")
        await asyncio.sleep(0)
        gone.cancel()
        assert (await waits)[2] == "c"
        assert (await ask(direct, WHO, {"said": "d"}))[2] == "d"
        await direct.stop()

    asyncio.run(story())


def test_a_question_that_fails_leaves_nothing_behind(database: Database) -> None:
    """Neither a transaction nor a connection that would fail again."""

    async def story() -> None:
        direct = Direct()
        with pytest.raises(psycopg.DataError):
            await ask(direct, "SELECT 1 / %(by)s::int", {"by": 0})
        assert await ask(direct, "SELECT 1 / %(by)s::int", {"by": 1}) == (1,)
        await direct.stop()
        await direct.stop()

    asyncio.run(story())


def test_one_who_cannot_take_an_answer_keeps_it_from_nobody_else(database: Database) -> None:
    async def story() -> None:
        direct, heard = Direct(), asyncio.Event()

        def fails(_: object) -> None:
            heard.set()
            raise RuntimeError("not taken")

        await ask(direct, WHO, {"said": "a"})
        direct.ask(WHO, {"said": "b"}, fails)
        assert (await asyncio.wait_for(ask(direct, WHO, {"said": "c"}), 10))[2] == "c"
        assert heard.is_set()
        await direct.stop()

    asyncio.run(story())


def test_nothing_is_asked_once_it_is_stopped(database: Database) -> None:
    """Nor by the connection that was being opened."""

    async def story() -> None:
        direct = Direct()
        opening = asyncio.create_task(ask(direct, WHO, {"said": "a"}))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await direct.stop()
        for late in (opening, ask(direct, WHO, {"said": "b"})):
            with pytest.raises(psycopg.OperationalError, match="stopped"):
                await asyncio.wait_for(late, 10)

    asyncio.run(story())
