"""A job falls silent: the person on call is paged as for any other alert, and its next report ends it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from acme import ACME
from calling import Call, answer
from database import Clock
from engine import settle
from muster.core.heartbeats import PingKind
from muster.detect.commands import Said, key_hash, receive_pings
from muster.detect.due import look
from muster.foundation.timeline.reactor import prepare
from muster.foundation.timeline.verify import verify

JOB = """
version: 1
heartbeats: [{handle: nightly, name: Nightly, service: checkout, schedule: 1h, grace: 5m, severity: critical}]
"""


class Night:
    """The house of design 13 with one job, on a Monday at noon in Madrid (Ana's week)."""

    def __init__(self, call: Call, clock: Clock) -> None:
        self.call, self.clock = call, clock
        clock.set(datetime(2027, 1, 4, 11, tzinfo=UTC))
        prepare()
        answer(call("POST", "/configuration/apply", ACME))
        [shown] = answer(call("POST", "/configuration/apply", JOB))["heartbeats"]
        self._key = key_hash(shown["key"])
        look()
        self.reports()

    def reports(self, kind: PingKind = PingKind.SUCCESS) -> None:
        """The job says something, and everything follows from it."""
        receive_pings([Said(self._key, kind)])
        settle()

    def passes(self, minutes: int) -> None:
        """Time passes, and the worker looks."""
        for _ in range(3 * minutes):
            self.clock.advance(timedelta(seconds=20))
            look()
        settle()

    def paged(self) -> list[str]:
        """Who was paged, in order."""
        return [page["person"] for page in reversed(answer(self.call("GET", "/pages"))["items"])]


@pytest.fixture
def night(call: Call, clock: Clock) -> Iterator[Night]:
    """And at the end the timeline is whole."""
    yield Night(call, clock)
    assert not verify().findings


def test_whoever_is_on_call_is_paged_once_and_the_next_report_ends_it(night: Night) -> None:
    night.passes(minutes=64)
    assert night.paged() == []
    night.passes(minutes=1)
    night.passes(minutes=1)
    assert night.paged() == ["ana"]
    [alert] = answer(night.call("GET", "/alerts?state=triggered"))["items"]
    assert (alert["integration"], alert["service"]) == ("nightly", "checkout")
    explained = answer(night.call("GET", f"/alerts/{alert['id']}/explain"))
    assert explained["escalation"]["state"] == "running"
    night.reports()
    assert answer(night.call("GET", "/alerts?state=triggered"))["items"] == []
    night.passes(minutes=30)
    assert night.paged() == ["ana"]


def test_a_failure_pages_at_once(night: Night) -> None:
    night.reports(PingKind.FAIL)
    night.reports(PingKind.FAIL)
    assert night.paged() == ["ana"]


def test_a_silence_by_its_name_holds_it_back(night: Night) -> None:
    said = {"matchers": ['integration="nightly"'], "why": "the job is being moved", "for": "2h"}
    answer(night.call("POST", "/silences", said), 201)
    night.reports(PingKind.FAIL)
    assert night.paged() == []
    [alert] = answer(night.call("GET", "/alerts?state=triggered"))["items"]
    assert any("silence" in str(decision) for decision in alert["decisions"])
