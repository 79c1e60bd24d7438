"""What was answered with yes is kept, once, and open when it should be (I1 to I4)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from faults.checker.evidence import Evidence, Operation, Row, Violation

DISPOSITIONS = frozenset(
    {"opened", "merged", "acknowledged", "resolved", "suppressed", "rejected", "unreadable"}
)
BEFORE_COMMIT = frozenset({"hold F1", "hold F2", "hold R3"})
"""Places of a sender's event at which nothing of it is committed."""


def judge(evidence: Evidence) -> Iterator[Violation]:
    """All of it."""
    yield from accounted(evidence)
    yield from one_event_for_one_key(evidence)
    yield from one_open(evidence)
    yield from open_after_the_last_word(evidence)


def accounted(evidence: Evidence) -> Iterator[Violation]:
    """I1, I2: each event that was answered with yes is stored and has one disposition."""
    stored: Counter[str] = Counter(row["key"] for row in evidence.rows("signal"))
    for alert in evidence.rows("alert"):
        stored[alert["key"]] += alert["unkept"]
    answered = Counter(one.key for one in _of_senders(evidence) if one.ok)
    for key, times in answered.items():
        if stored[key] < times:
            what = f"{times} answered with yes, {stored[key]} stored"
            yield Violation("I1", what, key)
            yield Violation("I2", what, key)
    for row in evidence.rows("signal"):
        if row["disposition"] not in DISPOSITIONS or not row["reason"]:
            yield Violation("I1", "stored without a disposition and its reason", row["key"])
        if row["disposition"] in ("opened", "merged") and row["alert"] not in evidence.keys_of_alert:
            yield Violation("I1", f"{row['disposition']}, but into no alert", row["key"])


def one_event_for_one_key(evidence: Evidence) -> Iterator[Violation]:
    """I3: the same thing said n times, and never that it is over, is one alert and one answer."""
    said: dict[str, set[str]] = defaultdict(set)
    over = {one.key for one in _of_senders(evidence) if one.what == "resolve"}
    for one in _of_senders(evidence):
        if one.what == "trigger" and one.ok:
            said[one.key].add(one.said)
    for key, answers in said.items():
        if key in over:
            continue
        if len(answers) > 1:
            yield Violation("I3", f"{len(answers)} different answers to the same event", key)
        alerts = evidence.alerts_of.get(key, [])
        if len(alerts) > 1:
            yield Violation("I3", f"{len(alerts)} alerts from the same event", key)


def one_open(evidence: Evidence) -> Iterator[Violation]:
    """I4: a key never has two open alerts."""
    by_key: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in evidence.rows("alert"):
        by_key[row["scope"], row["key"]].append(row)
    for (_, key), rows in by_key.items():
        ordered = sorted(rows, key=lambda row: row["id"])
        for earlier, later in pairwise(ordered):
            if earlier["resolved_at"] is None or earlier["resolved_at"] > later["opened_at"]:
                yield Violation("I4", "two alerts are open at once", key)


def open_after_the_last_word(evidence: Evidence) -> Iterator[Violation]:
    """I4: an event that was committed after everybody who said it was over has an open alert."""
    ends = [one for one in evidence.operations if one.what in ("resolve", "resolve by hand")]
    for one in _of_senders(evidence):
        if one.what != "trigger" or not one.ok:
            continue
        last_words = [end for end in ends if end.key == one.key]
        if not all(_was_first(evidence, end, one) for end in last_words):
            continue
        if not any(row["state"] != "resolved" for row in evidence.alerts_of.get(one.key, [])):
            yield Violation("I4", "it fired again after it was over, and nothing is open", one.key)


def _was_first(evidence: Evidence, end: Operation, one: Operation) -> bool:
    """Somebody's word that it was over was certainly committed before this event.

    It was answered before; or it was written and held short of its commit, with its locks, when this began.
    """
    if end.ended is not None and end.ended <= _not_committed_before(evidence, one):
        return True
    return end.ok and any(
        fault.what == "hold F2"
        and fault.key == end.key
        and end.began <= fault.began <= one.began <= fault.ended
        for fault in evidence.faults
    )


def _not_committed_before(evidence: Evidence, one: Operation) -> float:
    """The event was certainly not committed before this moment."""
    held = [
        fault.ended
        for fault in evidence.faults
        if fault.what in BEFORE_COMMIT
        and fault.key == one.key
        and one.began <= fault.began
        and (one.ended is None or fault.began <= one.ended)
    ]
    return max([one.began, *held])


def _of_senders(evidence: Evidence) -> list[Operation]:
    return [one for one in evidence.operations if one.what in ("trigger", "resolve")]
