"""Escalations climb in time, once, and no further than they are wanted (I7)."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from faults.checker.evidence import Evidence, Row, Violation

SLACK_S = 5.0
AFTERMATH_S = 75.0
"""How long after a fault a step may still be late because of it: a publication's lease is the longest one."""
STARTED = frozenset({"escalation.step_started", "escalation.exhausted"})
BEGINS = frozenset({"escalation.started", "escalation.restarted"})


def judge(evidence: Evidence) -> Iterator[Violation]:
    """All of it."""
    yield from every_alert_climbs(evidence)
    yield from no_step_twice(evidence)
    yield from in_time(evidence)
    yield from none_after_an_answer(evidence)


def every_alert_climbs(evidence: Evidence) -> Iterator[Violation]:
    """An alert that nobody has answered is paged for by an escalation, or held back by a rule."""
    climbed = {row["about"] for row in evidence.rows("escalation")}
    groups = {row["alert"]: f"group:{row['group']}" for row in evidence.rows("member")}
    poisoned = {row["key"] for row in evidence.history if row["op"] == "poison"}
    held = {event["subject"] for event in evidence.rows("event") if event["kind"] == "alert.suppressed"}
    for row in evidence.rows("alert"):
        if row["key"] in poisoned:
            continue
        if row["state"] != "triggered" or f"alert:{row['id']}" in held:
            continue
        if groups.get(row["id"]) not in climbed:
            yield Violation("I7", "triggered, and no escalation has begun", row["key"])


def no_step_twice(evidence: Evidence) -> Iterator[Violation]:
    """Each step of each round and epoch starts once, and pages each person once."""
    for subject, epochs in _epochs(evidence):
        for steps in epochs:
            for (round_, step), times in Counter((_at(e, "round"), _at(e, "step")) for e in steps).items():
                if times > 1:
                    yield Violation("I7", f"step {step} of round {round_} started {times} times", subject)
    pages = Counter(
        (row["escalation"], row["epoch"], row["round"], row["step"], row["person"])
        for row in evidence.rows("page")
        if row["escalation"] is not None
    )
    for (escalation, *_, person), times in pages.items():
        if times > 1:
            yield Violation("I7", f"{person} was paged {times} times by one step", f"escalation:{escalation}")


def in_time(evidence: Evidence) -> Iterator[Violation]:
    """No step starts before its time, none is skipped without a word, none later than the slack allows."""
    for subject, epochs in _epochs(evidence):
        for steps in epochs:
            for before, after in pairwise(steps):
                yield from _follows(evidence, subject, before, after)


def _follows(evidence: Evidence, subject: str, before: Row, after: Row) -> Iterator[Violation]:
    due = evidence.time(before["payload"].get("next_due_at"), before)
    began = evidence.time(after["at"], after)
    if due is None or began is None or _clock_was_set(evidence, before, after):
        return
    hastened = any(
        event["kind"] == "escalation.hastened" and before["id"] < event["id"] < after["id"]
        for event in evidence.events_of[subject]
    )
    if began < due - 0.001 and not hastened:
        yield Violation("I7", f"a step started {due - began:.1f} s before its time", subject)
    if began > due + SLACK_S and not evidence.was_troubled(due, began, AFTERMATH_S):
        yield Violation("I7", f"a step started {began - due:.1f} s late", subject)
    skipped = [one["step"] for one in after["payload"].get("skipped", ())]
    if _at(after, "round") == _at(before, "round"):
        gone = set(range(_at(before, "step") + 1, _at(after, "step"))) - set(skipped)
        if gone:
            yield Violation("I7", f"step {min(gone)} was skipped without a word", subject)


def _clock_was_set(evidence: Evidence, before: Row, after: Row) -> bool:
    """In between, so that no clock can say whether it was in time; the run says whom it expects."""
    return any(
        before["id"] <= line["event"] < after["id"] for line in evidence.history if line["op"] == "clock"
    )


def none_after_an_answer(evidence: Evidence) -> Iterator[Violation]:
    """No step starts once an acknowledgement was answered with yes."""
    for row in evidence.rows("escalation"):
        key = evidence.key_of_group.get(row["about"], "")
        answers = [o.ended for o in evidence.operations if o.key == key and o.what == "acknowledge" and o.ok]
        if not answers or row["epoch"] > 1:
            continue
        for event in evidence.events_of[f"escalation:{row['id']}"]:
            if event["kind"] in STARTED and evidence.time(event["recorded_at"], event) > min(answers) + 0.05:  # type: ignore[operator,type-var]
                yield Violation("I7", "a step started after the answer", key)


def _epochs(evidence: Evidence) -> Iterator[tuple[str, list[list[Row]]]]:
    """Each escalation's steps, apart for each time that it began anew."""
    for subject, events in evidence.events_of.items():
        if not subject.startswith("escalation:"):
            continue
        epochs: list[list[Row]] = []
        for event in events:
            if event["kind"] in BEGINS or not epochs:
                epochs.append([])
            if event["kind"] in STARTED:
                epochs[-1].append(event)
        yield subject, epochs


def _at(event: Row, what: str) -> int:
    return int(event["payload"].get(what, 0))
