"""The event loop's own connection: prepared, in UTC, and made again when it was lost."""

import asyncio
from datetime import UTC

import psycopg
import pytest

from database import Database
from muster.web.dedicated import Direct

WHO = "SELECT pg_backend_pid(), now(), %(said)s::text"


def test_it_answers_in_utc_by_one_connection(database: Database) -> None:
    """And each question is a transaction of its own."""

    async def story() -> None:
        direct = Direct(WHO)
        first, second = await direct.ask({"said": "a"}), await direct.ask({"said": "b"})
        assert (first[0], first[2], second[2]) == (second[0], "a", "b")
        assert first[1] < second[1]
        assert first[1].utcoffset() == UTC.utcoffset(None)
        await direct.stop()

    asyncio.run(story())


def test_a_connection_that_was_lost_is_made_again(database: Database) -> None:
    """Whoever asks meanwhile is told that it is away, so that the long way meets it."""

    async def story() -> None:
        direct = Direct(WHO)
        pid = (await direct.ask({"said": "a"}))[0]
        database.as_owner("SELECT pg_terminate_backend(%s)", pid)
        with pytest.raises(psycopg.OperationalError):
            await direct.ask({"said": "b"})
        assert (await direct.ask({"said": "c"}))[0] != pid
        await direct.stop()

    asyncio.run(story())


def test_a_question_that_fails_leaves_nothing_behind(database: Database) -> None:
    """Neither a transaction nor a connection that would fail again."""

    async def story() -> None:
        direct = Direct("SELECT 1 / %(by)s::int")
        with pytest.raises(psycopg.DataError):
            await direct.ask({"by": 0})
        assert await direct.ask({"by": 1}) == (1,)
        await direct.stop()
        await direct.stop()

    asyncio.run(story())
