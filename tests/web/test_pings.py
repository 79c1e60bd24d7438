"""Pings over HTTP: durable before they are answered, cheap, and never in the way of each other."""

import asyncio
import http.client
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, OperationalError

from database import Database
from muster.adapters.sources.heartbeat.door import DOOR
from muster.core.heartbeats import PingKind
from muster.core.permissions import system
from muster.detect import commands
from muster.detect.commands import Heard, Said
from muster.detect.models import Alert, Heartbeat, Ping
from muster.detect.queries import pings_of
from muster.foundation.access.queries import now
from muster.web.batching import Flusher
from muster.web.pings import KEPT_BYTES, LIMIT_BYTES, ROOM, Acquainted, Pings
from muster.web.room import Room
from muster.web.store import FlushLimits, Store
from people import Cast
from senders import make_service
from serving import Web, serving

KEY = "k" * 32
TESTS = system("tests")


class Door:
    """The application over a store that the test plays."""

    def __init__(self, outcome: Heard | Exception = Heard.KEPT, **limits: Any) -> None:
        self.stored: list[Said] = []
        self._outcome = outcome
        self._limits = FlushLimits(**limits)

    def _receive(self, batch: Sequence[Said]) -> list[Heard]:
        if isinstance(self._outcome, Exception):
            raise self._outcome
        self.stored.extend(batch)
        return [self._outcome] * len(batch)

    def ask(self, path: str, pieces: Sequence[bytes] = (b"",), **scope: Any) -> tuple[int, bytes]:
        """One request; the pieces of its body come one by one."""
        return asyncio.run(self._ask({"method": "POST", "raw_path": path.encode(), **scope}, list(pieces)))

    async def _ask(self, scope: dict[str, Any], pieces: list[bytes]) -> tuple[int, bytes]:
        sent: list[Any] = []
        flusher: Flusher[Said, Heard] = Flusher(
            Store(self._receive, lambda: None, (OperationalError,), (DataError,)), self._limits
        )

        async def receive() -> dict[str, Any]:
            if not pieces:
                return {"type": "http.disconnect"}
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        flusher.start()
        try:
            await Pings((DOOR,), flusher)({"headers": [], **scope}, receive, send)
        finally:
            await flusher.stop()
        return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


def test_a_ping_is_kept_and_answered() -> None:
    door = Door()
    assert door.ask(f"/ping/{KEY}/3", [b"out of ", b"disk"]) == (200, b"OK")
    [said] = door.stored
    assert (said.kind, said.exit_status, said.body) == ("fail", 3, "out of disk")


def test_of_a_long_log_the_beginning_is_kept() -> None:
    door = Door()
    assert door.ask(f"/ping/{KEY}", [b"x" * 300_000] * 10)[0] == 200
    assert len(door.stored[0].body) == KEPT_BYTES


@pytest.mark.parametrize(
    ("pieces", "scope", "status"),
    [
        ([b"abc"], {"headers": [(b"content-length", b"4")]}, 400),
        ([b"abc"], {"muster.cut": True}, 400),
        ([b"x" * (LIMIT_BYTES // 2)] * 3, {}, 413),
    ],
)
def test_what_did_not_come_whole_is_not_kept(pieces: list[bytes], scope: Any, status: int) -> None:
    door = Door()
    assert door.ask(f"/ping/{KEY}", pieces, **scope)[0] == status
    assert door.stored == []


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Heard.KEY_UNKNOWN, 404),
        (OperationalError("away"), 503),
        (RuntimeError("broken"), 503),
        (DataError("unfit"), 400),
    ],
)
def test_what_is_not_kept_is_said(outcome: Heard | Exception, status: int) -> None:
    assert Door(outcome).ask(f"/ping/{KEY}")[0] == status


@pytest.mark.parametrize("key", ["short", "k" * 33, "k" * 31 + "%", "ä" * 32])
def test_a_key_of_another_form_asks_no_database(key: str) -> None:
    door = Door()
    assert door.ask(f"/ping/{key}") == (404, b"not found")
    assert door.stored == []


def test_only_pings_are_taken() -> None:
    pings = Pings((DOOR,), Flusher(Store(lambda batch: [], lambda: None, (), ())))
    assert pings.takes("GET", b"/ping/x")
    assert pings.takes("PUT", b"/ping/x")
    assert not pings.takes("GET", b"/pingpong")
    assert not pings.takes("GET", b"/ping")


def test_strangers_leave_half_of_the_room_to_jobs_that_are_known() -> None:
    known, go_on = said(0), threading.Event()

    def hear(batch: Sequence[Said]) -> list[Heard]:
        go_on.wait(10)
        return [Heard.KEPT if one == known else Heard.KEY_UNKNOWN for one in batch]

    async def story() -> None:
        jobs = Acquainted(hear)
        store = Store(jobs.hear, lambda: None, (), (), comes_first=jobs.knows)
        flusher: Flusher[Said, Heard] = Flusher(store, FlushLimits(room=Room(20, kept_share=ROOM.kept_share)))
        flusher.start()
        go_on.set()
        assert await flusher.put(known) is Heard.KEPT
        go_on.clear()
        strangers = [asyncio.ensure_future(flusher.put(said(number))) for number in range(1, 20)]
        await asyncio.sleep(0.1)
        job = asyncio.ensure_future(flusher.put(known))
        await asyncio.sleep(0.1)
        go_on.set()
        assert await job is Heard.KEPT
        found = await asyncio.gather(*strangers, return_exceptions=True)
        assert found.count(Heard.KEY_UNKNOWN) == 10
        await flusher.stop()

    asyncio.run(story())


def said(number: int) -> Said:
    return Said(number.to_bytes(32, "big"), PingKind.SUCCESS)


# With the product itself, on a real database


@pytest.fixture
def web(database: Database, tmp_path: Path) -> Iterator[Web]:
    """The product's web process."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "muster.config.settings",
        "MUSTER_DATABASE_URL": database.url,
        "MUSTER_DATA": str(tmp_path),
    }
    with serving(tmp_path, "standin.product", **environment) as running:
        yield running


@pytest.fixture
def job(cast: Cast) -> tuple[Heartbeat, str]:
    """A job of service checkout, and its key."""
    service = make_service(actor=TESTS, at=now())
    return commands.add_heartbeat(
        actor=TESTS,
        at=now(),
        handle="backup",
        name="Backup",
        service_id=service.pk,
        schedule="1h",
        grace=timedelta(minutes=5),
    )


def test_a_job_speaks_as_to_healthchecks(web: Web, job: tuple[Heartbeat, str]) -> None:
    """curl with GET, HEAD or POST, with and without a query, a body or a slash."""
    row, key = job
    for method, path, body in (
        ("GET", f"/ping/{key}", None),
        ("HEAD", f"/ping/{key}/start", None),
        ("POST", f"/ping/{key}/log?rid=1", b"half way"),
        ("POST", f"/ping/{key}/7/", b"no space left"),
        ("GET", f"/ping/{key}/0", None),
    ):
        answer = web.request(method, path, body)
        assert answer.status == 200, (method, path)
        assert answer.body == (b"" if method == "HEAD" else b"OK")
    assert [ping.kind for ping in reversed(pings_of(row))] == ["success", "start", "log", "fail", "success"]
    assert Alert.objects.get().state == "resolved"
    assert web.request("GET", f"/ping/{'x' * 32}").status == 404


def test_what_a_job_sends_may_be_any_bytes(web: Web, job: tuple[Heartbeat, str]) -> None:
    row, key = job
    assert (
        web.request("POST", f"/ping/{key}/log", b"\x00\xff\xfe\xed\xa0\x80" + "é".encode() * 9_000).status
        == 200
    )
    [ping] = pings_of(row)
    assert len(ping.body) == 9_000 + 6


def test_a_thousand_jobs_at_the_top_of_the_hour_are_all_heard(web: Web, job: tuple[Heartbeat, str]) -> None:
    row, key = job
    statuses: list[int] = []

    def many() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
        for _ in range(50):
            connection.request("GET", f"/ping/{key}")
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)

    threads = [threading.Thread(target=many) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 1000
    row.refresh_from_db()
    assert row.pings == 1000
    assert Ping.objects.count() == 100
