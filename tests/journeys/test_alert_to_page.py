"""One alert, from a sender's signal to the person who takes it: no processes, no network, our clock.

The pattern for journeys: configure by the file, speak through the doors, let the engine settle, move the
clock, do what is due, look at what people would see.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from acme import ACME
from calling import Call, answer, problem
from database import Clock
from engine import settle
from muster.core.delivery import Accepted
from muster.core.permissions import system
from muster.core.signals import Action, SignalSeverity, make_signal
from muster.detect.commands import Received, key_hash, receive_signals
from muster.foundation.access import queries
from muster.foundation.timeline.reactor import prepare
from muster.foundation.timeline.verify import verify
from muster.mobilize.escalation.due import climb_due_escalations
from muster.mobilize.paging.commands import SendResult, claim_deliveries, record_deliveries

TESTS = system("tests")


class House:
    """The house of design 13 with its sender, on a Monday at eleven (noon in Madrid, Ana's week)."""

    def __init__(self, call: Call, clock: Clock) -> None:
        self.call, self.clock = call, clock
        clock.set(datetime(2027, 1, 4, 11, tzinfo=UTC))
        prepare()
        [shown] = answer(call("POST", "/configuration/apply", ACME))["integrations"]
        self._key = key_hash(shown["key"])
        settle()

    def sender_says(self, action: Action, dedup_key: str = "checkout-5xx") -> None:
        """One signal, durably taken in; then everything that follows from it."""
        severity = SignalSeverity.CRITICAL
        signal = make_signal(action, dedup_key, summary="Checkout answers 5xx", raw={}, severity=severity)
        [taken] = receive_signals([Received(self._key, "alertmanager", (signal,))])
        assert taken.known
        settle()

    def passes(self, minutes: int) -> None:
        """Time passes, and what is due is done."""
        self.clock.advance(timedelta(minutes=minutes))
        climb_due_escalations()
        settle()

    def send(self) -> list[str]:
        """What the senders would hand over now, as `person:channel`; each is accepted by its provider."""
        sent = []
        for kind in ("email", "webhook"):
            for one in claim_deliveries(kind, 50, kind == "email", actor=TESTS, at=queries.now()):
                sent.append(f"{one.delivery.page.person.handle}:{kind}")
                record_deliveries(
                    [SendResult(one.delivery.pk, one.fence, Accepted())], actor=TESTS, at=queries.now()
                )
        settle()
        return sorted(sent)

    def paged(self) -> list[str]:
        """Who was paged, in order."""
        return [page["person"] for page in reversed(answer(self.call("GET", "/pages"))["items"])]


@pytest.fixture
def house(call: Call, clock: Clock) -> Iterator[House]:
    """And at the end the timeline is whole."""
    yield House(call, clock)
    assert list(verify().findings) == []


def test_the_person_on_call_is_paged_by_their_own_rules_and_takes_it(house: House) -> None:
    """R8, R40, R44: webhook at once; the mail after five minutes is no longer needed."""
    house.sender_says(Action.TRIGGER)
    assert house.paged() == ["ana"]
    assert house.send() == ["ana:webhook"]
    [alert] = answer(house.call("GET", "/alerts?state=triggered"))["items"]
    taken = answer(house.call("POST", f"/alerts/{alert['id']}/acknowledge", who="ana"))
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "ana")
    house.passes(minutes=6)
    assert house.send() == []
    house.passes(minutes=120)
    assert house.paged() == ["ana"]
    states = {
        (one["channel"], one["state"]) for one in answer(house.call("GET", "/deliveries?alert=1"))["items"]
    }
    assert states == {("webhook", "accepted"), ("email", "cancelled")}
    told = answer(house.call("GET", "/alerts/1/explain"))
    assert (told["escalation"]["state"], told["plan"]) == ("stopped", [])


def test_nobody_answers_and_the_ladder_is_climbed_to_its_end(house: House) -> None:
    """R40, I9: everybody in turn, then the fallback, then Muster raises its own alert."""
    house.sender_says(Action.TRIGGER)
    for _ in range(6):
        house.passes(minutes=15)
    assert house.paged()[:9] == ["ana", "ben", "ana", "cleo", "ana", "ben", "ana", "cleo", "cleo"]
    [meta] = answer(house.call("GET", "/alerts?service=muster"))["items"]
    assert "the end of the ladder was reached" in meta["summary"]
    assert answer(house.call("GET", "/alerts/1/explain"))["escalation"]["state"] == "exhausted"


def test_the_plan_that_was_shown_is_what_happened(house: House) -> None:
    """R40: read before, compared after."""
    house.sender_says(Action.TRIGGER)
    plan = answer(house.call("GET", "/alerts/1/explain"))["plan"]
    expected = [handle for step in plan for handle in step["people"]]
    for _ in range(6):
        house.passes(minutes=15)
    about_it = answer(house.call("GET", "/pages?alert=1"))["items"]
    assert [page["person"] for page in reversed(about_it)][1:] == expected


def test_the_sender_resolves_and_nobody_else_is_woken(house: House) -> None:
    """R11: what was queued is cancelled; a late acknowledgement is told that it is over."""
    house.sender_says(Action.TRIGGER)
    house.sender_says(Action.RESOLVE)
    assert house.send() == []
    house.passes(minutes=60)
    assert house.paged() == ["ana"]
    problem(house.call("POST", "/alerts/1/acknowledge", who="ana"), 409, "already_resolved")
    [alert] = answer(house.call("GET", "/alerts"))["items"]
    assert (alert["state"], alert["acknowledged_by"]) == ("resolved", None)
    assert alert["resolved_at"] is not None


def test_the_same_trouble_again_is_one_alert_until_it_is_over(house: House) -> None:
    """R10: counted, not paged again; after the resolve it is another alert."""
    for _ in range(3):
        house.sender_says(Action.TRIGGER)
    assert house.paged() == ["ana"]
    assert answer(house.call("GET", "/alerts/1"))["count"] == 3
    house.sender_says(Action.RESOLVE)
    house.sender_says(Action.TRIGGER)
    assert [one["id"] for one in answer(house.call("GET", "/alerts"))["items"]] == ["ALR-2", "ALR-1"]
    assert house.paged() == ["ana", "ana"]


def test_at_night_the_schedule_is_empty_and_the_next_step_has_its_turn_at_once(house: House) -> None:
    """R40: a step that finds nobody takes no time, and is told."""
    house.passes(minutes=12 * 60)
    house.sender_says(Action.TRIGGER)
    assert house.paged()[:2] == ["ben", "ana"]
    told = answer(house.call("GET", "/alerts/1/explain"))
    assert told["pages"][0]["step"] == 2
    [meta] = answer(house.call("GET", "/alerts?service=muster"))["items"]
    assert "found nobody to page: schedule:payments-primary" in meta["summary"]
