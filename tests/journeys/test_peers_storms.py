"""What hurts the users of other tools about storms, each as a story: rows 11a and 13b of peers.csv.

By default with 70 services; MUSTER_FAULTS=long has the 2,800 of the row.
"""

import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from acme import ops
from calling import Call, answer
from database import Clock, Database
from engine import settle
from faults.cells.outcome import LONG
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.core.signals import SignalSeverity
from muster.detect.commands import add_integration, receive_signals
from muster.detect.models import Alert
from muster.foundation.access import queries
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries
from muster.mobilize.paging.models import Delivery, Page
from senders import trigger
from serving import Web, product

TESTS = system("tests")
PEOPLE, STEPS, STEP = 10, 12, timedelta(seconds=5)
SERVICES = 2800 if LONG else 70
TEAM = ops(PEOPLE)


class Messages:
    """Sends what is due as the workers do, and notes to whom a message went, when, and of which pages."""

    def __init__(self) -> None:
        self.sent: dict[str, list[datetime]] = defaultdict(list)
        self.told: dict[str, list[int]] = defaultdict(list)

    def leave(self) -> None:
        """Everything that is due now."""
        due = Delivery.objects.filter(state="queued")
        while due.filter(due_at__lte=queries.now()).exists():
            claimed = claim_deliveries("email", 64, True, actor=TESTS, at=queries.now())
            for one in claimed:
                person = one.delivery.page.person.handle
                self.sent[person].append(one.delivery.claimed_at)
                self.told[person] += self._pages(one.delivery.pk, *one.carries)
            results = [SendResult(one.delivery.pk, one.fence, Accepted()) for one in claimed]
            record_deliveries(results, actor=TESTS, at=queries.now())

    def _pages(self, *deliveries: int) -> list[int]:
        return list(Delivery.objects.filter(pk__in=deliveries).values_list("page_id", flat=True))


@pytest.fixture
def keys(call: Call) -> list[str]:
    """The senders of many services, for all of which the same ten people answer."""
    prepare()
    answer(call("POST", "/configuration/apply", TEAM))
    numbers = range(SERVICES)
    services = "".join(f"  - {{handle: s{n}, name: S{n}, team: ops, policy: ops}}\n" for n in numbers)
    senders = "".join(f"  - {{handle: s{n}, service: s{n}, kind: alertmanager}}\n" for n in numbers)
    answer(call("POST", "/configuration/apply", f"version: 1\nservices:\n{services}"))
    shown = answer(call("POST", "/configuration/apply", f"version: 1\nintegrations:\n{senders}"))
    settle()
    return [str(one["key"]) for one in shown["integrations"]]


def test_when_everything_fails_each_person_gets_a_message_a_minute(keys: list[str], clock: Clock) -> None:
    """11a, louislam/uptime-kuma#4779: the first within ten seconds, and all of it told once, with a count."""
    messages, began = Messages(), clock.now()
    for step in range(STEPS):
        receive_signals([trigger(key, severity=SignalSeverity.CRITICAL) for key in keys[step::STEPS]])
        settle()
        messages.leave()
        clock.advance(STEP)
    for _ in range(STEPS * 2):
        messages.leave()
        clock.advance(STEP)
    assert sorted(messages.sent) == sorted(f"p{n}" for n in range(PEOPLE))
    for person, times in messages.sent.items():
        assert times[0] - began <= timedelta(seconds=10), person
        closest = min((b - a for a, b in pairwise(times)), default=None)
        assert closest is None or closest >= timedelta(minutes=1), person
        assert len(times) <= 3, person
        told = messages.told[person]
        assert len(told) == len(set(told)) == SERVICES, person
    assert Page.objects.count() == SERVICES * PEOPLE


def test_two_alertmanagers_apart_from_one_another_are_one_alert_and_one_page(
    paged: None, key: str, database: Database, tmp_path: Path
) -> None:
    """13b, prometheus/alertmanager#2222 and #4152: both send the same, at once, to two web processes."""
    prepare()
    service = Service.objects.get(handle="checkout")
    _, other = add_integration(
        actor=TESTS, at=queries.now(), handle="am-2", kind="alertmanager", service_id=service.pk
    )
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with product(folders[0], database.url) as one, product(folders[1], database.url) as two:
        for n in range(5):
            at_once([(one, key), (two, other)], firing(f"Trouble{n}"))
    alerts = Alert.objects.filter(dedup_scope__startswith="service:").order_by("id")
    assert [(row.state, row.count) for row in alerts] == [("triggered", 2)] * 5
    settle()
    assert list(Page.objects.values_list("person__handle", flat=True)) == ["ana"] * 5


def firing(name: str) -> dict[str, Any]:
    """What an Alertmanager says of one alert that fires; both of a pair say the same."""
    alert = {
        "status": "firing",
        "labels": {"alertname": name, "severity": "critical", "instance": "db-1"},
        "annotations": {"summary": f"{name} on db-1"},
        "startsAt": datetime.now(UTC).isoformat(),
        "fingerprint": name.encode().hex()[-16:],
    }
    return {"version": "4", "status": "firing", "groupKey": f"{{}}:{{{name}}}", "alerts": [alert]}


def at_once(senders: list[tuple[Web, str]], body: dict[str, Any]) -> None:
    """All post it in the same moment, each to its own process with its own key."""
    start = threading.Barrier(len(senders))
    answers: list[int] = []

    def send(web: Web, key: str) -> None:
        start.wait(10)
        answers.append(web.post(f"/in/alertmanager/{key}", body).status)

    threads = [threading.Thread(target=send, args=one) for one in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * len(senders)
