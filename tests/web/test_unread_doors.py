"""The product's web process, and what it cannot read: answered, kept, told, in nobody's way (I1, I14)."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from database import Database
from muster.core.permissions import system
from muster.core.unreadable import KEPT_A_MINUTE
from muster.detect import commands
from muster.detect.models import Alert
from muster.detect.models import Signal as Kept
from muster.foundation.access.commands import set_password
from muster.foundation.access.queries import now
from muster.foundation.catalog.models import Service
from people import Cast
from serving import Answer, Web, serving

TESTS = system("tests")


@pytest.fixture
def web(database: Database, tmp_path: Path) -> Iterator[Web]:
    """The product, on this test's database."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "muster.config.settings",
        "MUSTER_DATABASE_URL": database.url,
        "MUSTER_DATA": str(tmp_path),
    }
    with serving(tmp_path, "standin.product", **environment) as running:
        yield running


@pytest.fixture
def routing_key(key: str) -> str:
    """The key of a PagerDuty integration of the same service."""
    service = Service.objects.get(handle="checkout")
    _, made = commands.add_integration(
        actor=TESTS, at=now(), handle="pd", kind="pagerduty", service_id=service.pk
    )
    return made


def webhook(name: str) -> dict[str, Any]:
    return {"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": name}}]}


def rows() -> list[tuple[str, Any]]:
    """Reason and body of all that could not be read, in order."""
    found = Kept.objects.filter(disposition="unreadable").order_by("id")
    return [(row.reason, row.raw["body"]) for row in found]


def test_what_is_not_understood_is_refused_when_it_is_stored(key: str, web: Web) -> None:
    answer = web.post(f"/in/alertmanager/{key}", {"alerts": 7})
    assert answer.status == 400
    assert rows() == [("not_understood", {"alerts": 7})]
    [row] = Kept.objects.all()
    assert row.raw["errors"] == answer.json["errors"]
    assert Alert.objects.get(pk=row.alert_id).summary.startswith("am sent what cannot be read: ")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b"[" * 5000, b'{"alerts": [}'])
def test_what_is_not_json_is_too(key: str, web: Web, body: bytes) -> None:
    assert web.post(f"/in/alertmanager/{key}", body).status == 400
    [(reason, kept)] = rows()
    assert reason == "not_json"
    assert (kept is None) == (body == b"")


def test_a_key_within_what_is_no_json_is_found_and_not_kept(routing_key: str, web: Web) -> None:
    """The commonest mistake: a text pasted into JSON, quotes and all."""
    body = f'{{"routing_key": "{routing_key}", "payload": {{"summary": "disk "sda" full"}}}}'.encode()
    answer = web.post("/v2/enqueue", body)
    assert (answer.status, answer.json["errors"]) == (400, ["JSON parse error"])
    [(reason, kept)] = rows()
    assert reason == "not_json"
    assert 'disk "sda" full' in kept
    assert routing_key not in kept
    missing = web.post("/v2/enqueue", {"routing_key": routing_key, "event_action": "trigger"})
    assert missing.status == 400
    assert rows()[1] == ("not_understood", {"routing_key": "<your key>", "event_action": "trigger"})
    assert Alert.objects.get().count == 2


def test_a_key_in_a_header_is_known_whatever_the_body(key: str, web: Web) -> None:
    """Also when the body is too large to be read."""
    service = Service.objects.get(handle="checkout")
    _, genie = commands.add_integration(
        actor=TESTS, at=now(), handle="og", kind="opsgenie", service_id=service.pk
    )
    bodies = (b'{"message": "x', b'{"message": 7, "alias": []}', b'{"message": "' + b"x" * 9_000_000 + b'"}')
    answers = [web.post("/v2/alerts", body, Authorization=f"GenieKey {genie}") for body in bodies]
    assert all(400 <= answer.status < 500 and isinstance(answer.json, dict) for answer in answers)
    assert [reason for reason, _ in rows()] == ["not_json", "not_understood", "too_large"]
    assert Alert.objects.get().summary.startswith("og sent what cannot be read: ")


def test_strangers_leave_nothing(key: str, web: Web) -> None:
    unknown = "Z" * 32
    assert web.post(f"/in/alertmanager/{unknown}", b"{").status == 404
    assert web.post("/v2/enqueue", b"{").status == 400
    assert web.post("/v2/enqueue", f'{{"routing_key": "{unknown}", '.encode()).status == 400
    assert web.post("/v2/enqueue", {"routing_key": key, "event_action": 5}).status == 400  # of another kind
    assert web.post(f"/in/alertmanager/{unknown}", b"x" * 9_000_000).status == 413
    assert (Kept.objects.count(), Alert.objects.count()) == (0, 0)


def test_a_sender_that_is_wrong_all_the_time_is_counted(key: str, web: Web) -> None:
    for n in range(25):
        assert web.post(f"/in/alertmanager/{key}", {"alerts": n}).status == 400
    [alert] = Alert.objects.all()
    assert (alert.count, alert.unkept) == (25, 25 - KEPT_A_MINUTE)
    assert len(rows()) == KEPT_A_MINUTE


def test_while_the_database_is_away_the_sender_is_asked_to_come_again(
    key: str, web: Web, database: Database
) -> None:
    """Nothing is answered for good that is not on disk."""
    path = f"/in/alertmanager/{key}"
    assert web.post(path, webhook("one")).status == 202
    let_in(database, False)
    try:
        assert web.post(path, {"alerts": 7}).status == 503
    finally:
        let_in(database, True)
    assert web.post(path, {"alerts": 7}).status == 400
    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]
    assert rows() == [("not_understood", {"alerts": 7})]


def let_in(database: Database, everybody: bool) -> None:
    """Open or shut the database, from beside it."""
    beside = Database("postgres", database.owner_url.replace(database.name, "postgres"), "")
    beside.as_owner(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS {str(everybody).lower()}")
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    beside.as_owner(ended, database.name)


def test_poison_fails_none_of_its_neighbours(key: str, web: Web) -> None:
    """NUL, half a character, 10 MB in a label, no JSON: all at once, among signals that are well."""
    label = '{{"alerts": [{{"status": "firing", "labels": {{"alertname": "{}"}}}}]}}'
    bodies: list[tuple[bytes, int]] = [
        (label.format("\\u0000").encode(), 202),
        (label.format("\\ud800").encode(), 202),
        (label.format("x" * 10_000_000).encode(), 413),
        (label.format('a"b').encode(), 400),
        (b'{"alerts": {}}', 400),
    ]
    work = [(f"well-{n}", label.format(f"well-{n}").encode(), 202) for n in range(40)]
    work += [(f"poison-{n}", body, status) for n, (body, status) in enumerate(bodies * 2)]
    answers: dict[str, tuple[Answer, int]] = {}

    def send(name: str, body: bytes, status: int) -> None:
        answers[name] = web.post(f"/in/alertmanager/{key}", body), status

    threads = [threading.Thread(target=send, args=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: answer.status for name, (answer, _) in answers.items()} == {
        name: status for name, (_, status) in answers.items()
    }
    summaries = set(Alert.objects.values_list("summary", flat=True))
    assert {f"well-{n}" for n in range(40)} <= summaries
    assert "�" in summaries
    reasons = sorted(reason for reason, _ in rows())
    assert reasons == ["not_json"] * 2 + ["not_understood"] * 2 + ["too_large"] * 2
    [told] = Alert.objects.filter(dedup_scope="meta")
    assert told.count == 6


def test_the_alerts_page_shows_what_came_and_what_to_change(key: str, web: Web, cast: Cast) -> None:
    web.post(f"/in/alertmanager/{key}", b'{"alerts": <script>alert(1)</script>}')
    browser = Client()
    browser.force_login(set_password(cast.id("admin"), "a long secret", actor=TESTS, at=now()))
    page = browser.get(f"/alerts/{Alert.objects.get().public_id}").content.decode()
    assert "What to change in the sender" in page
    assert "a quote within a text needs a backslash" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    assert "/settings/integrations/am" in page
