"""What hurts the users of other tools about rules, each as a story: rows 11b and 12c of peers.csv."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from acme import ACME
from calling import Call, answer
from database import Clock
from engine import settle
from muster.core.permissions import system
from muster.core.signals import Action, SignalSeverity, make_signal
from muster.detect.commands import Received, key_hash, receive_signals
from muster.evaluate.due import decide_again, decide_counted
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.access import queries
from muster.foundation.standard.commands import publish_standard
from muster.foundation.standard.presets import DEFAULT, preset_text
from muster.foundation.timeline.reactor import prepare

BEHIND = 40
SERVICES = (
    "version: 1\nservices:\n  - {handle: uplink, name: Uplink, team: payments, policy: payments}\n"
    + "".join(
        f"  - {{handle: s{n}, name: S{n}, team: payments, policy: payments, depends_on: [uplink],"
        f" hold_when_dependency_down: true}}\n"
        for n in range(BEHIND)
    )
)
SENDERS = "version: 1\nintegrations:\n  - {handle: uplink, service: uplink, kind: generic}\n" + "".join(
    f"  - {{handle: s{n}, service: s{n}, kind: generic}}\n" for n in range(BEHIND)
)
Say = Callable[..., None]


@pytest.fixture
def say(call: Call) -> Say:
    """The house of design 13 with an uplink and forty services behind it: `say(Action.TRIGGER, "s1")`."""
    prepare()
    answer(call("POST", "/configuration/apply", ACME))
    answer(call("POST", "/configuration/apply", SERVICES))
    shown = answer(call("POST", "/configuration/apply", SENDERS))["integrations"]
    keys = {one["handle"]: key_hash(one["key"]) for one in shown}
    settle()

    def send(action: Action, *senders: str, **more: Any) -> None:
        batch = [
            Received(
                keys[one], "generic", (make_signal(action, one, summary=f"{one} is away", raw={}, **more),)
            )
            for one in senders
        ]
        receive_signals(batch)
        settle()
        decide_counted()
        settle()

    return send


def groups() -> Any:
    """The groups of alerts, but those of Muster's own."""
    return AlertGroup.objects.exclude(service__handle="muster")


def everything_behind() -> list[str]:
    return [f"s{n}" for n in range(BEHIND)]


def explained(call: Call, dedup: str) -> dict[str, Any]:
    [alert] = answer(call("GET", f"/alerts?dedup_key={dedup}"))["items"]
    return dict(answer(call("GET", f"/alerts/{alert['id']}/explain")))


def test_the_uplink_is_one_story_and_who_still_fails_afterwards_pages(call: Call, say: Say) -> None:
    """11b, louislam/uptime-kuma#4779: one page, forty held with the reason; then only what still fails."""
    say(Action.TRIGGER, "uplink", severity=SignalSeverity.CRITICAL)
    say(Action.TRIGGER, *everything_behind(), severity=SignalSeverity.CRITICAL)
    assert [group.service.handle for group in groups()] == ["uplink"]
    told = explained(call, "s7")
    assert told["outcome"] == "hold"
    reasons = [step["sentence"] for step in told["steps"] if step["holds"]]
    assert "s7 → uplink" in reasons[0]
    say(Action.RESOLVE, *everything_behind()[3:])
    say(Action.RESOLVE, "uplink")
    triggered = groups().filter(state="triggered")
    assert sorted(group.service.handle for group in triggered) == ["s0", "s1", "s2"]


def test_without_the_hold_every_service_pages(call: Call, say: Say) -> None:
    """The peer's fault, by configuration: no dependency holds."""
    for n in range(3):
        answer(call("PATCH", f"/services/s{n}", {"hold_when_dependency_down": False}))
    say(Action.TRIGGER, "uplink", severity=SignalSeverity.CRITICAL)
    say(Action.TRIGGER, "s0", "s1", "s2", severity=SignalSeverity.CRITICAL)
    assert groups().count() == 4


@pytest.fixture
def five(call: Call, say: Say) -> None:
    """'Declare after five in ten minutes', as two rules."""
    publish_standard(preset_text(DEFAULT), actor=system("tests"), at=queries.now(), preset=DEFAULT)
    count = {"times": 5, "within": "10m"}
    for handle, kind, fields in (("five", "count", count), ("declare", "event", {"declare": "SEV2"})):
        body = {
            "handle": handle,
            "kind": kind,
            "matchers": ["service=s1"],
            "fields": fields,
            "why": "retries",
        }
        answer(call("POST", "/rules", body), 201)


def test_the_fifth_time_in_ten_minutes_declares_one_incident(
    call: Call, say: Say, five: None, clock: Clock
) -> None:
    """12c, keephq/keep#4318 and #2776: four open none, the fifth exactly one; explain says why."""
    for times in range(1, 5):
        say(Action.TRIGGER, "s1")
        clock.advance(timedelta(minutes=2))
        assert not Incident.objects.exists(), times
    [why] = [step["sentence"] for step in explained(call, "s1")["steps"] if step["holds"]]
    assert why == "Seen 4 times in 10m: the rule five pages from 5 times on."
    say(Action.TRIGGER, "s1")
    assert Incident.objects.count() == 1
    say(Action.TRIGGER, "s1")
    assert Incident.objects.count() == 1
    told = [step["sentence"] for step in explained(call, "s1")["steps"] if step["step"] == "wait"]
    assert told == ["Seen 5 times within 10m, as often as the rule five asks for."]


def test_five_in_eleven_minutes_declare_none(call: Call, say: Say, five: None, clock: Clock) -> None:
    """12c, the other half."""
    for _ in range(5):
        say(Action.TRIGGER, "s1")
        clock.advance(timedelta(minutes=2, seconds=45))
        decide_again()
    assert not Incident.objects.exists()
    assert not groups().exists()


def test_without_the_count_the_first_declares(call: Call, say: Say, five: None) -> None:
    """The peer's fault, by configuration: a rule that cannot ask for occurrences."""
    answer(call("POST", "/rules/five/retire"))
    settle()
    say(Action.TRIGGER, "s1")
    assert Incident.objects.count() == 1
