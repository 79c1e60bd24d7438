"""The checker finds what is wrong in a run, by name, and nothing in one in which nothing is."""

from collections.abc import Callable
from typing import Any

import pytest

from faults.checker import judge
from faults.checker.chain import digest
from faults.history import START, Run, spelled

Spoil = Callable[[Run], Any]


def names(run: Run) -> set[str]:
    """The invariants that do not hold."""
    return {violation.invariant for violation in judge(run.evidence())}


def test_a_good_run_is_good() -> None:
    assert judge(Run().evidence()) == []


def lost(run: Run) -> None:
    run.ask("trigger", "gone", 10)


def merged_into_nothing(run: Run) -> None:
    run.ask("trigger", "k", 10)
    run.signal("k", 99, 10, "merged")


def no_reason(run: Run) -> None:
    run.find("signal", key="k")["reason"] = ""


def two_answers(run: Run) -> None:
    run.ask("trigger", "k", 1, said="something else")
    run.signal("k", 1, 1, "merged")


def two_alerts(run: Run) -> None:
    run.ask("trigger", "k", 1)
    run.signal("k", 2, 1)
    run.alert(2, "k", 1)


def fired_into_the_resolved(run: Run) -> None:
    """It was held before its commit until 30 s, and the resolve had answered at 20 s."""
    run.ask("trigger", "r", 9)
    run.ask("resolve", "r", 20)
    run.ask("trigger", "r", 10, took=21)
    run.fault("hold R3", 11, 30, "r")
    for at in (9, 20, 10):
        run.signal("r", 2, at, "merged")
    run.alert(2, "r", 9, resolved=20)


def accepted_without_a_send(run: Run) -> None:
    run.receipts = [line for line in run.receipts if line["delivery"] != "DL-2"]


def nobody_was_told(run: Run) -> None:
    run.ask("trigger", "q", 20)
    run.signal("q", 2, 20)
    run.alert(2, "q", 20)
    run.event("alert.suppressed", "alert:2", 20)


def hangs(run: Run) -> None:
    run.delivery(3, 2, 20, state="sending")


def failed_and_nothing_followed(run: Run) -> None:
    run.tables["delivery"].remove(run.find("delivery", id=2))
    run.find("delivery", id=1)["state"] = "failed"
    run.tables["page"].remove(run.find("page", id=2))


def the_wrong_person(run: Run) -> None:
    run.history.append({"op": "expect", "key": "k", "people": ["ana", "cleo"], "at": 0.0})


def another_key(run: Run) -> None:
    run.fault("X1", 60.4, 60.5)
    run.ring(2, 95, key="another", person="ben")


def twice_without_a_fault(run: Run) -> None:
    run.ring(2, 65, person="ben")


def sent_after_the_answer(run: Run) -> None:
    run.delivery(3, 2, 75)
    run.ring(3, 75.1)


def step_twice(run: Run) -> None:
    run.event("escalation.step_started", "escalation:1", 60.4, step=2, round=1, people=[1], skipped=[])


def step_early(run: Run) -> None:
    _step(run, 2)["at"] = spelled(50)


def step_late(run: Run) -> None:
    _step(run, 1)["payload"]["next_due_at"] = spelled(40)


def step_skipped(run: Run) -> None:
    _step(run, 2)["payload"]["step"] = 3


def step_after_the_answer(run: Run) -> None:
    run.event("escalation.step_started", "escalation:1", 75, step=3, round=1, people=[1], skipped=[])


def never_climbed(run: Run) -> None:
    run.alert(2, "x", 20)


def nobody_waits_its_delay(run: Run) -> None:
    _step(run, 1)["payload"]["people"] = []


def zombie(run: Run) -> None:
    run.event("delivery.retry_scheduled", "delivery:1", 40, attempt=1, result="timed_out")


def half_a_page(run: Run) -> None:
    run.history.append({"op": "look", "whole": False, "texts": [], "at": 0.0})


def never_public(run: Run) -> None:
    run.ask("publish", "unseen", 30)


def the_clock_unnoticed(run: Run) -> None:
    _clock(run, 3600)


def a_jump_that_nobody_made(run: Run) -> None:
    run.event("clock_jump.seen", "clock_jump:1", 20, seconds=3600.0)


def a_jump_further_than_both(run: Run) -> None:
    _clock(run, 3600)
    _clock(run, 3600)
    run.event("clock_jump.seen", "clock_jump:1", 20, seconds=10_800.0)


def not_by_now(run: Run) -> None:
    run.history.append({"op": "by now", "key": "k", "at": START + 0.2})


def told_by_two_messages(run: Run) -> None:
    run.history.append({"op": "once", "key": "k", "at": START})
    run.delivery(3, 1, 0.4)
    run.ring(3, 0.5)


def repaired_where_nothing_was_wrong(run: Run) -> None:
    run.row("finding", id=1, check="step_overdue", about="escalation:1", found_at=spelled(20))


def nobody_knew(run: Run) -> None:
    run.history.append({"op": "outage", "key": "engine", "began": START + 1, "at": START + 1})
    run.history.append({"op": "somebody knows", "key": "engine", "by": "the watcher", "at": START + 122})


def _clock(run: Run, by: float, event: int = 1_000) -> None:
    """The database's clock was set before the dump, after this event."""
    run.history.append(
        {"op": "clock", "key": "k", "by": by, "event": event, "watched": True, "at": START + 99}
    )


def _step(run: Run, number: int) -> dict[str, Any]:
    return next(
        event
        for event in run.tables["event"]
        if event["kind"] == "escalation.step_started" and event["payload"]["step"] == number
    )


@pytest.mark.parametrize(
    ("invariant", "spoil"),
    [
        ("I1", lost),
        ("I2", lost),
        ("I1", merged_into_nothing),
        ("I1", no_reason),
        ("I3", two_answers),
        ("I3", two_alerts),
        ("I4", two_alerts),
        ("I4", fired_into_the_resolved),
        ("I5", accepted_without_a_send),
        ("I5", nobody_was_told),
        ("I5", hangs),
        ("I5", failed_and_nothing_followed),
        ("I6", another_key),
        ("I6", twice_without_a_fault),
        ("I7", step_twice),
        ("I7", step_early),
        ("I7", step_late),
        ("I7", step_skipped),
        ("I7", step_after_the_answer),
        ("I7", never_climbed),
        ("I8", sent_after_the_answer),
        ("I9", nobody_waits_its_delay),
        ("I10", the_wrong_person),
        ("I3", told_by_two_messages),
        ("I7", not_by_now),
        ("I11", the_clock_unnoticed),
        ("I11", a_jump_that_nobody_made),
        ("I11", a_jump_further_than_both),
        ("I25", repaired_where_nothing_was_wrong),
        ("I25", nobody_knew),
        ("I15", zombie),
        ("I17", half_a_page),
        ("I18", never_public),
    ],
)
def test_it_names(invariant: str, spoil: Spoil) -> None:
    run = Run()
    spoil(run)
    assert invariant in names(run)


def test_what_is_in_order_is_not_named() -> None:
    """The negative control of the rules about clocks, times and outages."""
    run = Run()
    run.event("clock_jump.seen", "clock_jump:1", 20, seconds=3599.9)
    _clock(run, 3600)
    run.history.append({"op": "by now", "key": "k", "at": START + 1})
    run.history.append({"op": "once", "key": "k", "at": START})
    run.history.append({"op": "outage", "key": "engine", "began": START + 1, "at": START + 1})
    run.history.append({"op": "somebody knows", "key": "engine", "by": "the watcher", "at": START + 80})
    shifted = {"database": START + 3700}
    assert judge(run.evidence(lambda dump: dump[0].update(shifted))) == []


def test_a_clock_that_is_set_twice_between_two_looks_jumps_once() -> None:
    run = Run()
    run.event("clock_jump.seen", "clock_jump:1", 20, seconds=7200.0)
    _clock(run, 3600)
    _clock(run, 3600)
    assert "I11" not in names(run)


def test_a_fault_excuses_one_repeat_and_a_late_step() -> None:
    run = Run()
    run.fault("X1", 30, 31)
    run.fault("X1", 60.4, 61)
    run.ring(2, 91, person="ben")
    step_late(run)
    step = _step(run, 1)
    step["digest"] = digest(step)
    assert judge(run.evidence()) == []


@pytest.mark.parametrize("kind", ["edit", "drop an event", "drop a link", "swap", "insert", "twice", "row"])
def test_it_sees_every_tamper_with_the_chain(kind: str) -> None:
    def spoil(dump: list[dict[str, Any]]) -> None:
        events = [row for row in dump if row["table"] == "event"]
        links = [row for row in dump if row["table"] == "link"]
        if kind == "edit":
            events[1]["payload"] = {"changed": True}
        elif kind == "drop an event":
            dump.remove(events[1])
        elif kind == "drop a link":
            dump.remove(links[3])
        elif kind == "swap":
            links[3]["event"], links[4]["event"] = links[4]["event"], links[3]["event"]
        elif kind == "insert":
            dump.append(events[1] | {"id": 999})
        elif kind == "twice":
            dump.append(links[-1] | {"seq": links[-1]["seq"] + 1})
        else:
            next(row for row in dump if row["table"] == "row")["event"] = 1_000

    assert {violation.invariant for violation in judge(Run().evidence(spoil))} == {"I16"}
