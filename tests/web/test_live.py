"""Live streams: every event once and in order, or word to draw anew; only to those who may (I19)."""

import asyncio

from muster.web.asgi_types import STOP
from muster.web.live import Live
from muster.web.streams import Audience, HubLimits
from standin.live import TOPIC, Client, FakeTimeline, run, running, ticket, until


def test_what_happens_is_heard_once_and_in_order() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket())
            for number in range(50):
                timeline.add(TOPIC, f"n{number}")
                timeline.add("incident:7", "not ours")
                await asyncio.sleep(0)
            await client.until(lambda: len(client.heard) == 50)
            assert client.heard == [f"n{number}" for number in range(50)]
            client.leave()
            await client.task

    run(story)


def test_what_is_committed_between_drawing_the_page_and_connecting_is_replayed() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        timeline.add(TOPIC, "drawn")
        async with running(timeline) as hub:
            text = ticket(after=timeline.head())
            timeline.add(TOPIC, "meanwhile")
            await until(lambda: hub.place == 2)
            client = Client(Live(hub), ticket=text)
            await client.until(lambda: client.heard == ["meanwhile"])
            client.leave()
            await client.task

    run(story)


def test_an_event_in_the_gap_between_subscribing_and_replaying_is_not_lost() -> None:
    # mutant M18: replay first, subscribe after. The reader is stopped inside its replay; what is committed
    # and passed on meanwhile must still come, after what is replayed, and once.
    async def story() -> None:
        timeline = FakeTimeline()
        timeline.add(TOPIC, "before")
        async with running(timeline) as hub:
            timeline.before_replay.clear()
            client = Client(Live(hub), ticket=ticket(after=0))
            await until(timeline.in_replay.is_set)
            timeline.add(TOPIC, "in the gap")
            await until(lambda: hub.place == 2)
            assert client.heard == []
            timeline.before_replay.set()
            await client.until(lambda: len(client.heard) == 2)
            assert client.heard == ["before", "in the gap"]
            client.leave()
            await client.task

    run(story)


def test_a_client_that_comes_while_the_reader_renders_misses_nothing() -> None:
    # The other order of the same race: the bytes are made when nobody watches this topic yet, and handed
    # round when somebody does.
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            other = Client(Live(hub), ticket=ticket(topic="all"))
            await until(lambda: len(hub.streams) == 1)
            timeline.before_render.clear()
            timeline.add(TOPIC, "news")
            await until(timeline.in_render.is_set)
            client = Client(Live(hub), ticket=ticket(person=2))
            await client.until(lambda: "retry" in client.text and not any(s.behind for s in hub.streams))
            timeline.before_render.set()
            await client.until(lambda: client.heard == ["news"])
            await other.until(lambda: other.heard == ["news"])
            client.leave()
            other.leave()

    run(story)


def test_who_reconnects_with_a_cursor_hears_what_was_missed_and_nothing_twice() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            first = Client(Live(hub), ticket=ticket())
            timeline.add(TOPIC, "one")
            await first.until(lambda: first.heard == ["one"])
            first.leave()
            await first.task
            timeline.add(TOPIC, "two")
            timeline.add(TOPIC, "three")
            second = Client(Live(hub), ticket=ticket(), last_event_id=first.last_id)
            await second.until(lambda: second.heard == ["two", "three"])
            second.leave()
            await second.task

    run(story)


def test_who_missed_too_much_is_told_to_draw_anew() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        for number in range(600):
            timeline.add(TOPIC, f"n{number}")
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket(after=0))
            await client.until(lambda: "event: resync\ndata: missed" in client.text)
            assert client.heard == []
            timeline.add(TOPIC, "afterwards")
            await client.until(lambda: client.heard == ["afterwards"])
            client.leave()
            await client.task

    run(story)


def test_a_fact_is_rendered_once_for_each_audience_however_many_watch() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        timeline.rights = {(n, TOPIC): Audience.MEMBER if n % 2 else Audience.OBSERVER for n in range(40)}
        async with running(timeline) as hub:
            clients = [Client(Live(hub), ticket=ticket(person=n)) for n in range(40)]
            await until(lambda: len(hub.streams) == 40)
            timeline.add(TOPIC, "news")
            for client in clients:
                await client.until(lambda c=client: c.heard == ["news"])
            assert sorted(timeline.rendered) == [(1, TOPIC, Audience.MEMBER), (1, TOPIC, Audience.OBSERVER)]
            timeline.add(TOPIC, "for members")
            timeline.add(TOPIC, "end")
            for number, client in enumerate(clients):
                await client.until(lambda c=client: "end" in c.heard)
                assert ("for members" in client.heard) == bool(number % 2)
                client.leave()

    run(story)


def test_who_loses_the_right_is_cut_at_once_and_hears_nothing_more() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        limits = HubLimits(poll_seconds=0.02, idle_seconds=0.02, rights_seconds=3600)
        async with running(timeline, limits) as hub:
            client = Client(Live(hub), ticket=ticket())
            other = Client(Live(hub), ticket=ticket(person=2))
            await until(lambda: len(hub.streams) == 2)
            timeline.rights[(1, TOPIC)] = None
            timeline.add("person:1", "grant ended", rights=True)  # the event itself brings the check
            timeline.add(TOPIC, "secret")
            await asyncio.wait_for(client.task, 2)
            await other.until(lambda: other.heard == ["secret"])
            assert "secret" not in client.text
            assert client.text.endswith("event: ended\ndata: rights\n\n")
            other.leave()

    run(story)


def test_rights_are_checked_again_without_an_event() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket())
            await until(lambda: len(hub.streams) == 1)
            timeline.rights[(1, TOPIC)] = None
            await asyncio.wait_for(client.task, 2)
            assert not hub.streams

    run(story)


def test_who_becomes_a_member_draws_anew_and_then_hears_what_members_hear() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket())
            await until(lambda: len(hub.streams) == 1)
            timeline.rights[(1, TOPIC)] = Audience.MEMBER
            await client.until(lambda: "event: resync" in client.text)
            timeline.add(TOPIC, "for members")
            await client.until(lambda: client.heard == ["for members"])
            client.leave()

    run(story)


def test_a_client_that_does_not_read_is_cut_and_delays_nobody() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        timeline.padding = "x" * 20_000
        async with running(timeline) as hub:
            frozen = Client(Live(hub), ticket=ticket(), reads=False)
            reader = Client(Live(hub), ticket=ticket(person=2))
            await until(lambda: len(hub.streams) == 2)
            for _ in range(100):
                timeline.add(TOPIC, "large")
                await asyncio.sleep(0.001)
            await reader.until(lambda: len(reader.heard) == 100)
            await asyncio.wait_for(frozen.task, 3)
            assert frozen.aborted
            assert len(hub.streams) == 1
            reader.leave()

    run(story)


def test_a_client_that_leaves_before_the_first_byte_leaves_nothing_behind() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            for _ in range(20):
                client = Client(Live(hub), ticket=ticket())
                client.leave()
                await asyncio.wait_for(client.task, 2)
            assert not hub.streams
            assert not hub._holders
            assert not hub._watches

    run(story)


def test_a_lost_database_is_a_503_for_newcomers_and_silence_for_the_others() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket())
            await until(lambda: len(hub.streams) == 1)
            timeline.away = True
            newcomer = Client(Live(hub), ticket=ticket(person=2))
            await newcomer.task
            assert newcomer.status == 503
            timeline.away = False
            timeline.add(TOPIC, "back")
            await client.until(lambda: client.heard == ["back"])
            client.leave()

    run(story)


def test_text_with_line_breaks_stays_one_event_and_nothing_can_be_forged_in_it() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket())
            timeline.add(TOPIC, "a\nevent: ended\r\rdata: x\r\nb")
            await client.until(lambda: "id: " in client.text)
            body = client.text.split("\n\n", 1)[1]
            lines = body.split("\n")
            assert [line.split(": ")[0] for line in lines if line] == ["event"] + ["data"] * 5 + ["id"]
            client.leave()

    run(story)


def test_an_event_that_cannot_be_rendered_asks_for_drawing_anew_and_the_next_one_comes() -> None:
    async def story() -> None:
        timeline = FakeTimeline()
        async with running(timeline) as hub:
            client = Client(Live(hub), ticket=ticket())
            timeline.add(TOPIC, "broken")
            timeline.add(TOPIC, "whole")
            await client.until(lambda: client.heard == ["whole"])
            assert "event: resync\ndata: fault" in client.text
            client.leave()

    run(story)


def test_a_server_that_stops_ends_its_streams_at_once() -> None:
    async def story() -> None:
        async with running(FakeTimeline()) as hub:
            client = Client(Live(hub), ticket=ticket())
            await until(lambda: len(hub.streams) == 1)
            client.scope[STOP]()
            await asyncio.wait_for(client.task, 0.5)
            assert client.text.endswith("event: ended\ndata: stopping\n\n")

    run(story)
