"""The product's own web process on a real database: doors, keys, a lost database, live streams."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections

from database import Database
from muster.core.lifecycle import Verb
from muster.core.permissions import system
from muster.detect import commands
from muster.detect.models import Alert, Integration
from muster.detect.models import Signal as Kept
from muster.foundation.access.queries import now
from muster.foundation.timeline import sealer
from muster.web.live_topics import live_ticket
from people import Cast
from serving import Web, product

TESTS = system("tests")


@pytest.fixture
def web(database: Database, tmp_path: Path) -> Iterator[Web]:
    """The product, on this test's database."""
    with product(tmp_path, database.url) as running:
        yield running


def webhook(name: str, status: str = "firing") -> dict[str, object]:
    return {"version": "4", "alerts": [{"status": status, "labels": {"alertname": name}}]}


def until(done: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_alert_is_in_the_database_when_its_sender_hears_2xx(key: str, web: Web) -> None:  # R2
    assert web.post(f"/in/alertmanager/{key}", webhook("Disk")).status == 202
    [alert] = Alert.objects.all()
    assert (alert.state, alert.summary) == ("triggered", "Disk")
    assert web.post(f"/in/alertmanager/{key}", webhook("Disk", "resolved")).status == 202
    alert.refresh_from_db()
    assert alert.state == "resolved"


def test_what_postgresql_refuses_in_text_is_stored_all_the_same(key: str, web: Web) -> None:  # B3
    odd = ("\\u0000", "\\ud800", "\\u0000\\udfff", "é" * 3000)
    for text in odd:
        body = (
            '{"alerts": [{"status": "firing", "labels": {"alertname": "odd", "xODD": "ODD"}, "annotations":'
            ' {"summary": "aODD"}, "more": [1e308, -0, 123456789012345678901234567890]}]}'
        ).replace("ODD", text)
        assert web.post(f"/in/alertmanager/{key}", body.encode()).status == 202, text
    assert Kept.objects.count() == len(odd)
    assert Alert.objects.count() == len(odd) - 1  # NUL and a lone surrogate become the same character


def test_a_mapping_given_to_an_integration_is_used_at_its_door(key: str, web: Web) -> None:
    service = Integration.objects.get().service_id
    mapping = {"key": "which", "summary": "what", "resolve_when": "gone"}
    _, mapped = commands.add_integration(
        actor=TESTS, at=now(), handle="g", kind="generic", service_id=service, mapping=mapping
    )
    answer = web.post(f"/in/generic/{mapped}", {"which": "own-key", "what": "mapped"})
    assert answer.json["dedup_keys"] == ["own-key"]
    assert Alert.objects.get(dedup_key="own-key").summary == "mapped"
    web.post(f"/in/generic/{mapped}", {"which": "own-key", "status": "gone"})
    assert Alert.objects.get(dedup_key="own-key").state == "resolved"


def test_a_key_revoked_a_moment_ago_opens_nothing(key: str, web: Web) -> None:
    path = f"/in/alertmanager/{key}"
    assert web.post(path, webhook("one")).status == 202  # the process remembers the key now
    [integration] = Integration.objects.all()
    commands.retire_integration(integration.pk, actor=TESTS, at=now())
    assert web.post(path, webhook("two")).status == 404
    assert Kept.objects.count() == 1
    commands.restore_integration(integration.pk, actor=TESTS, at=now())
    until(lambda: web.post(path, webhook("three")).status == 202)


def test_connections_cut_by_the_server_are_made_again_and_nobody_hears_of_it(
    key: str, web: Web, database: Database
) -> None:  # reliability X4
    path = f"/in/alertmanager/{key}"
    assert web.post(path, webhook("one")).status == 202
    for number in range(5):
        database.as_owner(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert web.post(path, webhook(f"after cut {number}")).status == 202
    reconnect()
    assert Alert.objects.count() == 6


def test_a_database_that_takes_no_connections_is_a_503_until_it_does(
    key: str, web: Web, database: Database
) -> None:  # reliability I1
    path = f"/in/alertmanager/{key}"
    assert web.post(path, webhook("one")).status == 202
    let_nobody_in(database)
    try:
        begun = time.monotonic()
        answer = web.post(path, webhook("lost"))
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert web.post("/in/alertmanager/" + "Z" * 32, webhook("lost")).status == 503  # cannot tell
        assert time.monotonic() - begun < 8  # a request that waited would be given up after ten
        assert web.request("GET", "/healthz").status == 200
    finally:
        let_everybody_in(database)
    assert web.post(path, webhook("back")).status == 202
    reconnect()
    assert set(Alert.objects.values_list("summary", flat=True)) == {"one", "back"}


def reconnect() -> None:
    """This test's own connections were cut too."""
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]


def let_nobody_in(database: Database) -> None:
    other = elsewhere(database)
    other.as_owner(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
    other.as_owner("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", database.name)


def let_everybody_in(database: Database) -> None:
    elsewhere(database).as_owner(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true")


def elsewhere(database: Database) -> Database:
    return Database("postgres", database.owner_url.replace(database.name, "postgres"), "")


def test_a_watcher_hears_of_a_change_when_it_is_sealed_and_a_stranger_does_not(
    key: str, cast: Cast, web: Web
) -> None:
    assert web.post(f"/in/alertmanager/{key}", webhook("Disk")).status == 202
    [alert] = Alert.objects.all()
    sealer.seal_all()
    ticket = live_ticket(cast.id("ana"), alert.subject)
    watcher = web.connect()
    watcher.send(f"GET /live?ticket={ticket} HTTP/1.1\r\nhost: x\r\n\r\n")
    assert watcher._until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
    commands.move_alerts([alert.pk], Verb.RESOLVE, actor=TESTS, at=now())
    sealer.seal_all()
    heard = watcher._until(b"id: ")
    assert b"event: changed\ndata: alert.resolved\n" in heard
    watcher.close()
    nobody = live_ticket(cast.id("ana"), "alert:999999")
    assert web.request("GET", f"/live?ticket={nobody}").status == 404


def test_a_watcher_who_reconnects_is_told_what_was_missed(key: str, cast: Cast, web: Web) -> None:
    ticket = live_ticket(cast.id("ana"), "all")
    assert web.post(f"/in/alertmanager/{key}", webhook("Disk")).status == 202
    sealer.seal_all()
    watcher = web.connect()
    watcher.send(f"GET /live?ticket={ticket} HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"data: alert.opened" in watcher._until(b"data: alert.opened\n")
    watcher.close()
