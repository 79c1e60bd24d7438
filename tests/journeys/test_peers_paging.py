"""What hurts the users of other tools about paging, each as a story: rows 4 to 6, 13a and 23b of peers.csv.

Rows that need processes to die stand in tests/faults/stories/peers.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calling import Call, answer
from database import Clock
from engine import settle
from muster.adapters.sources.alertmanager.translate import translate
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.detect.commands import Received, key_hash, receive_signals
from muster.foundation.access import queries
from muster.foundation.access.models import Person
from muster.foundation.timeline.reactor import prepare
from muster.foundation.timeline.verify import verify
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries

TESTS = system("tests")
ACME = """
version: 1
organisation: {name: Acme, timezone: Europe/Madrid, fallback: [person:cleo]}
people:
  - {handle: ana, name: Ana, email: ana@example.com, role: responder,
     contacts: [{kind: webhook, url: "http://127.0.0.1:9/ana"}, {kind: email, address: ana@example.com}],
     rules: {high: [{after: 0s, use: webhook}, {after: 5m, use: email}]}}
  - {handle: ben, name: Ben, email: ben@example.com, role: responder,
     contacts: [{kind: webhook, url: "http://127.0.0.1:9/ben"}], rules: {high: [{after: 0s, use: webhook}]}}
teams: [{handle: pay, name: Pay, members: [ana, ben], manager: cleo}]
policies:
  - {handle: pay, team: pay, then_after: 4h,
     steps: [{after: 0s, notify: [person:ana]}, {after: 3m, notify: [person:ben]}]}
services: [{handle: checkout, name: Checkout, team: pay, policy: pay}]
integrations: [{handle: am, service: checkout, kind: alertmanager}]
"""
LABELS = {"alertname": "Down", "severity": "critical", "instance": "db-1"}


class House:
    """A service with an Alertmanager: `says` lets it speak, `passes` lets time pass, `sent` who is told."""

    def __init__(self, call: Call, clock: Clock) -> None:
        self.call, self.clock = call, clock
        clock.set(datetime(2027, 1, 4, 11, tzinfo=UTC))
        prepare()
        [shown] = answer(call("POST", "/configuration/apply", ACME))["integrations"]
        self._key = key_hash(shown["key"])
        settle()

    def says(self, status: str, labels: dict[str, str] | None = None, **group: Any) -> None:
        """One notification of one alert that has no fingerprint, so that its labels say which it is."""
        alert = {"status": status, "labels": labels or LABELS, "annotations": {"summary": "db-1 is down"}}
        signals = translate({}, {"version": "4", "status": status, "alerts": [alert], **group})
        [taken] = receive_signals([Received(self._key, "alertmanager", tuple(signals))])
        assert taken.known
        settle()

    def passes(self, **by: int) -> None:
        """Time passes, and what is due is done."""
        self.clock.advance(timedelta(**by))
        climb_due_escalations()
        settle()

    def sent(self) -> list[str]:
        """What the senders hand over now, as `person:channel`."""
        found = []
        for kind in ("email", "webhook"):
            for one in claim_deliveries(kind, 50, kind == "email", actor=TESTS, at=queries.now()):
                found.append(f"{one.delivery.page.person.handle}:{kind}")
                done = SendResult(one.delivery.pk, one.fence, Accepted())
                record_deliveries([done], actor=TESTS, at=queries.now())
        settle()
        return sorted(found)


@pytest.fixture
def house(call: Call, clock: Clock) -> Iterator[House]:
    """And at the end the timeline is whole."""
    yield House(call, clock)
    assert list(verify().findings) == []


def test_the_next_step_leaves_the_rules_of_the_one_before_alone(house: House) -> None:
    """4a, grafana/oncall#934: Ana's second way comes at five minutes though Ben was paged at three."""
    house.says("firing")
    assert house.sent() == ["ana:webhook"]
    house.passes(minutes=3)
    assert house.sent() == ["ben:webhook"]
    house.passes(minutes=2)
    assert house.sent() == ["ana:email"]


def test_who_is_paged_by_hand_and_answers_is_left_alone(house: House) -> None:
    """4b, grafana/oncall#4760: nothing further after the acknowledgement."""
    paged = answer(house.call("POST", "/pages", {"target": "person:ana", "summary": "Look, please"}), 201)
    settle()
    assert house.sent() == ["ana:webhook"]
    house.passes(seconds=20)
    answer(house.call("POST", f"/pages/{paged['pages'][0]['id']}/acknowledge", who="ana"))
    house.passes(minutes=6)
    assert house.sent() == []


def test_somebody_without_a_signal_is_called_until_they_answer(house: House) -> None:
    """4c, grafana/oncall#2622: again every five minutes; not after the answer, and its end is told."""
    again = {"repeat": 3, "then_after": "5m", "steps": [{"after": "0s", "notify": ["person:ana"]}]}
    answer(house.call("PATCH", "/policies/pay", again))
    house.says("firing")
    heard = [house.sent()]
    for _ in range(2):  # and nobody knows that she has no signal
        house.passes(minutes=5)
        heard.append(house.sent())
    assert [people.count("ana:webhook") for people in heard] == [1, 1, 1]
    answer(house.call("POST", "/alerts/ALR-1/acknowledge", who="ana"))
    for _ in range(3):
        house.passes(minutes=5)
        assert house.sent() == []
    house.says("firing", LABELS | {"instance": "db-2"})
    for _ in range(5):
        house.sent()
        house.passes(minutes=5)
    told = [one["summary"] for one in answer(house.call("GET", "/alerts?service=muster"))["items"]]
    assert "Nobody answered for group:2: the end of the ladder was reached" in told


def test_a_resolve_finds_its_alert_however_its_labels_are_ordered(house: House) -> None:
    """6b, grafana/oncall#5359: other order, other group; it is over, and nobody else is paged."""
    house.says("firing", groupKey="{}:{alertname='Down'}", groupLabels={"alertname": "Down"})
    assert house.sent() == ["ana:webhook"]
    turned = dict(reversed(LABELS.items()))
    house.says("resolved", turned, groupKey="{}:{instance='db-1'}", groupLabels={"instance": "db-1"})
    assert [one["state"] for one in answer(house.call("GET", "/alerts"))["items"]] == ["resolved"]
    house.passes(minutes=4)
    assert house.sent() == []


def test_what_fires_again_after_an_answer_pages_nobody(house: House) -> None:
    """13a, prometheus/alertmanager#1860: counted, seen by all, and quiet."""
    house.says("firing")
    assert house.sent() == ["ana:webhook"]
    answer(house.call("POST", "/alerts/ALR-1/acknowledge", who="ana"))
    for _ in range(3):
        house.passes(hours=4)
        house.says("firing")
        assert house.sent() == []
    alert = answer(house.call("GET", "/alerts/ALR-1"))
    assert (alert["state"], alert["acknowledged_by"], alert["count"]) == ("acknowledged", "ana", 4)


def test_a_change_of_a_policy_says_who_and_what(house: House) -> None:
    """23b, grafana/oncall#1054: no delay is changed in silence: before and after stand in the timeline."""
    steps = [{"after": "0s", "notify": ["person:ana"]}, {"after": "20m", "notify": ["person:ben"]}]
    answer(house.call("PATCH", "/policies/pay", {"steps": steps}, who="cleo"))
    events = answer(house.call("GET", "/timeline"))["items"]
    [changed] = [one for one in events if one["kind"] == "policy.changed"]
    cleo = Person.objects.get(handle="cleo").pk
    assert changed["actor"] == f"person:{cleo}"
    told = str(changed["payload"])
    assert "3m" in told
    assert "20m" in told
