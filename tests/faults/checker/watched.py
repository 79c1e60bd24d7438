"""One clock, fresh first, nobody held up, one answer, whole streams, closed doors, no loops.

I10 to I13, I19, I22 and I26, as far as a run tells of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from faults.checker.evidence import Evidence, Row, Violation
from faults.checker.pages import RESULTS, delays

LEASE_S = 30.0
FRESH_S = 10.0
HELD_UP_S = 2.0
REACTED_S = 5.0
KNOWN_S = 120.0
EVERYONE = 1


def judge(evidence: Evidence) -> Iterator[Violation]:
    """All of it."""
    yield from leases_hold(evidence)
    yield from jumps_are_seen(evidence)
    yield from nothing_to_repair(evidence)
    yield from somebody_knows(evidence)
    yield from fresh_first(evidence)
    yield from bystanders(evidence)
    yield from one_answer(evidence)
    yield from whole_streams(evidence)
    yield from closed_doors(evidence)
    yield from no_loops(evidence)


def leases_hold(evidence: Evidence) -> Iterator[Violation]:
    """I11: what is held is not taken again before its lease has run out by the database's clock."""
    steps = [fault for fault in evidence.faults if fault.what.startswith("the database's clock")]
    for subject, events in evidence.events_of.items():
        claimed: float | None = None
        for event in events:
            at = evidence.time(event["at"], event)
            if event["kind"] in RESULTS:
                claimed = None
            if event["kind"] != "delivery.claimed" or at is None:
                continue
            stepped = any(claimed is not None and claimed <= step.ended for step in steps)
            if claimed is not None and at - claimed < LEASE_S - 1 and not stepped:
                yield Violation("I11", f"taken again {at - claimed:.1f} s into its lease", subject)
            claimed = at


def jumps_are_seen(evidence: Evidence) -> Iterator[Violation]:
    """I11: a clock that is set is noticed, by about as much as it was set; no other jump is.

    Set twice between two looks, it is seen to jump once, by both.
    """
    seen = [
        event["payload"].get("seconds", 0)
        for event in evidence.rows("event")
        if event["kind"] == "clock_jump.seen"
    ]
    made = [line for line in evidence.history if line["op"] == "clock"]
    spans = [made[first:end] for first in range(len(made)) for end in range(first + 1, len(made) + 1)]
    noticed = {id(line) for span in spans if any(_is_about(found, span) for found in seen) for line in span}
    for line in made:
        if line.get("watched", True) and id(line) not in noticed:
            yield Violation("I11", f"the clock was set by {line['by']:.0f} s, unnoticed", line["key"])
    for found in seen:
        if not any(_is_about(found, span) for span in spans):
            yield Violation("I11", f"the clock was seen to jump by {found:.0f} s, and nobody had set it")


def _is_about(seconds: float, span: Sequence[Row]) -> bool:
    return abs(seconds - sum(line["by"] for line in span)) < REACTED_S


def nothing_to_repair(evidence: Evidence) -> Iterator[Violation]:
    """I25: where nothing was done to the product, its auditor has found nothing to put right."""
    if evidence.faults or any(line["op"] in ("poison", "pages nobody") for line in evidence.history):
        return
    for row in evidence.rows("finding"):
        yield Violation("I25", f"the auditor found {row['check']} where nothing was wrong", row["about"])


def somebody_knows(evidence: Evidence) -> Iterator[Violation]:
    """I25: whatever stops, somebody is told of it within two minutes."""
    knows = {line["key"]: line["at"] for line in evidence.history if line["op"] == "somebody knows"}
    for line in evidence.history:
        if line["op"] == "outage" and knows.get(line["key"], 1e12) - line["began"] > KNOWN_S:
            yield Violation("I25", "nobody was told of the outage within two minutes", line["key"])


def fresh_first(evidence: Evidence) -> Iterator[Violation]:
    """I12: after an outage what is fresh is told within 10 s, and what is over is not told at all."""
    found = delays(evidence)
    for line in evidence.history:
        if line["op"] == "fresh" and found.get(line["key"], 1e9) > FRESH_S:
            yield Violation("I12", f"a fresh page took {found.get(line['key'], 1e9):.1f} s", line["key"])
    over = {one.key: one.ended for one in evidence.operations if one.what == "resolve" and one.ok}
    fired = defaultdict(float)
    for one in evidence.operations:
        if one.what == "trigger" and one.ok:
            fired[one.key] = max(fired[one.key], one.began)
    for line in evidence.receipts:
        ended = over.get(line["summary"])
        if ended is None or fired[line["summary"]] > ended:
            continue
        if line["at"] > ended + REACTED_S:
            yield Violation("I12", "a page went out for what was over", line["summary"])


def bystanders(evidence: Evidence) -> Iterator[Violation]:
    """I13: whoever has nothing to do with it is told at most 2 s later than usual."""
    found = delays(evidence)
    for line in evidence.history:
        if line["op"] != "bystander":
            continue
        delay_s = found.get(line["key"], 1e9)
        if delay_s > line["usual"] + HELD_UP_S:
            yield Violation("I13", f"told after {delay_s:.1f} s, usual {line['usual']:.1f} s", line["key"])


def one_answer(evidence: Evidence) -> Iterator[Violation]:
    """I10: whoever is asked who is on call at an instant says the same."""
    said: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(dict)
    for line in evidence.history:
        if line["op"] == "oncall":
            said[line["key"], line["when"]][line["by"]] = line["people"]
    for (schedule, when), answers in said.items():
        if len({tuple(people) for people in answers.values()}) > 1:
            told = ", ".join(f"{by}: {' '.join(people)}" for by, people in sorted(answers.items()))
            yield Violation("I10", f"at {when} {told}", schedule)


def whole_streams(evidence: Evidence) -> Iterator[Violation]:
    """I19: who watches is told of each event once, in order, up to the last that they heard of."""
    open_to_all = {row["id"] for row in evidence.rows("event") if row["audience_id"] == EVERYONE}
    sealed = [row["seq"] for row in evidence.rows("link") if row["event"] in open_to_all]
    for line in evidence.history:
        if line["op"] != "stream":
            continue
        places = line["places"]
        if not places:
            yield Violation("I19", "heard of nothing", line["key"])
        elif places != sorted(set(places)):
            yield Violation("I19", "heard of an event twice, or out of order", line["key"])
        else:
            wanted = {seq for seq in sealed if line["after"] < seq <= places[-1]}
            if missed := wanted - set(places):
                yield Violation("I19", f"missed {len(missed)} of {len(wanted)} events", line["key"])


def closed_doors(evidence: Evidence) -> Iterator[Violation]:
    """I22: nothing is opened to an address that nobody listed."""
    for line in evidence.history:
        if line["op"] == "socket" and line["opened"]:
            yield Violation("I22", f"a socket was opened to {line['to']}", line["key"])


def no_loops(evidence: Evidence) -> Iterator[Violation]:
    """I26: an alert of the product's own is not about another one of its own."""
    own = {row["id"] for row in evidence.rows("alert") if row["scope"] == "meta"}
    groups = {f"group:{row['group']}" for row in evidence.rows("member") if row["alert"] in own}
    for row in evidence.rows("alert"):
        if row["id"] in own and row["labels"].get("about") in groups:
            yield Violation("I26", f"an alert about {row['labels']['about']}, which is our own", row["key"])
