"""Poison is quarantined: told, and in nobody else's way (I14)."""

from collections.abc import Iterator

from faults.checker.evidence import Evidence, Violation
from faults.checker.pages import delays

NEIGHBOUR_S = 2.0


def judge(evidence: Evidence) -> Iterator[Violation]:
    """Lines `op: poison` and `op: neighbour` of the history say which keys are which."""
    yield from in_nobodys_way(evidence)
    yield from told(evidence)


def in_nobodys_way(evidence: Evidence) -> Iterator[Violation]:
    """A neighbour's phone rings within 2 s, or as soon as if nothing were poisoned."""
    found = delays(evidence)
    for line in evidence.history:
        if line["op"] != "neighbour":
            continue
        delay_s = found.get(line["key"])
        if delay_s is None or delay_s > NEIGHBOUR_S:
            what = "never told" if delay_s is None else f"told after {delay_s:.1f} s"
            yield Violation("I14", f"a neighbour of the poisoned was {what}", line["key"])


def told(evidence: Evidence) -> Iterator[Violation]:
    """What is poisoned reaches somebody all the same, or an alert of the product's own about it does."""
    received = [line["summary"] or "" for line in evidence.receipts]
    answered = {one.key for one in evidence.operations if one.what == "trigger" and one.ok}
    for line in evidence.history:
        key = line.get("key", "")
        if line["op"] != "poison" or key not in answered or key in received:
            continue
        subjects = {f"alert:{row['id']}" for row in evidence.alerts_of.get(key, [])}
        subjects |= evidence.groups_of.get(key, set())
        if not any(subject in summary for subject in subjects for summary in received):
            yield Violation("I14", "it was parked or dropped, and nobody was told", key)
    for row in evidence.rows("parked"):
        if row["due_at"] is None and row["attempts"] and not _is_known(evidence, row["subject"]):
            yield Violation("I14", "parked for a person, and no alert says so", row["subject"])


def _is_known(evidence: Evidence, subject: str) -> bool:
    """An alert of the product's own has said so to somebody: its summary names the subject."""
    return any(subject in (line["summary"] or "") for line in evidence.receipts)
