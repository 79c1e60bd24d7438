"""Who gets in to a live stream, and what the tickets and cursors give away: nothing (design 9; I20)."""

import json
import time

import pytest

from muster.web.live import Live
from muster.web.tickets import Seals
from standin.live import SEALS, TOPIC, Client, FakeTimeline, run, running, ticket


@pytest.mark.parametrize("text", ["", "x", "AAAA", "é", "A" * 500])
def test_a_forged_ticket_is_a_401(text: str) -> None:
    async def story() -> None:
        async with running(FakeTimeline()) as hub:
            client = Client(Live(hub), ticket="")
            client.scope["query_string"] = b"ticket=" + text.encode()
            await client.task
            assert client.status == 401
            assert json.loads(client.text)["status"] == 401

    run(story)


def test_a_ticket_of_another_installation_is_forged() -> None:
    assert Seals("another").read_ticket(ticket(), now=time.time()) == "forged"


def test_an_empty_secret_seals_nothing() -> None:
    with pytest.raises(ValueError, match="secret"):
        Seals("")


def test_an_old_ticket_gets_word_that_it_expired_and_no_more() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            timeline.add(TOPIC, "news")
            client = Client(Live(hub), ticket=ticket(made=-62))
            await client.task
            assert client.text == "event: expired\ndata: ticket\n\n"

    run(story)


def test_somebody_who_may_not_watch_is_told_that_there_is_nothing() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        timeline.rights[(1, TOPIC)] = None
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket())
            await client.task
            assert client.status == 404

    run(story)


def test_a_cursor_says_nothing_and_fits_its_topic_only() -> None:
    cursors = [SEALS.cursor(TOPIC, seq) for seq in range(100)]
    assert len(set(cursors)) == 100
    assert SEALS.read_cursor(TOPIC, cursors[7]) == 7
    assert SEALS.read_cursor("incident:43", cursors[7]) is None
    assert SEALS.read_cursor(TOPIC, cursors[7][:-2] + "AA") is None
    assert cursors != sorted(cursors)  # they do not even tell which came first
