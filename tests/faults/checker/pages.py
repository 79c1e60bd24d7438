"""Pages: none lost, few twice, none after an answer, none by a zombie (I5, I6, I8, I9, I15)."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from faults.checker.evidence import Evidence, Operation, Row, Violation

SLACK_S = 5.0
"""D of reliability section 4: what a healthy machine may take."""
WAITING = frozenset({"queued", "retrying", "sending"})
ARRIVED = frozenset({"accepted", "delivered", "acknowledged"})
RESULTS = frozenset({"delivery.accepted", "delivery.retry_scheduled", "delivery.failed"})
CLOCKS_DIFFER_S = 0.05


def judge(evidence: Evidence) -> Iterator[Violation]:
    """All of it."""
    yield from everybody_is_told(evidence)
    yield from the_right_people(evidence)
    yield from told_by_now(evidence)
    yield from told_once(evidence)
    yield from deliveries_end(evidence)
    yield from recorded_is_received(evidence)
    yield from twice(evidence)
    yield from after_an_answer(evidence)
    yield from nobody_waits(evidence)
    yield from zombies(evidence)


def everybody_is_told(evidence: Evidence) -> Iterator[Violation]:
    """I5: each event that was answered with yes, and that nobody answered first, has reached a phone."""
    told = {row["summary"] for row in evidence.receipts}
    settled = {one.key for one in evidence.operations if one.what in ("resolve", "acknowledge")}
    quiet = {row["key"] for row in evidence.history if row["op"] in ("pages nobody", "poison")}
    for one in evidence.operations:
        if one.what == "trigger" and one.ok and one.key not in told | settled | quiet:
            yield Violation("I5", "answered with yes, and nobody was told", one.key)


def the_right_people(evidence: Evidence) -> Iterator[Violation]:
    """I10: whom a run expects for a key are told, and nobody else."""
    told: dict[str, set[str]] = defaultdict(set)
    for line in evidence.receipts:
        told[line["summary"]].add(line["person"])
    for line in evidence.history:
        if line["op"] == "expect" and told[line["key"]] != set(line["people"]):
            what = f"told {sorted(told[line['key']]) or 'nobody'}, not {line['people']}"
            yield Violation("I10", what, line["key"])


def told_by_now(evidence: Evidence) -> Iterator[Violation]:
    """I7: at the time of a line `op: by now` somebody has been told of its key."""
    for line in evidence.history:
        if line["op"] != "by now":
            continue
        if not any(one["summary"] == line["key"] and one["at"] <= line["at"] for one in evidence.receipts):
            yield Violation("I7", "nobody was told by the time by which they had to be", line["key"])


def told_once(evidence: Evidence) -> Iterator[Violation]:
    """I3: of a key with a line `op: once` each person gets one message."""
    told: Counter[tuple[str, str]] = Counter()
    for summary, person, _ in {(o["summary"], o["person"], o["delivery"]) for o in evidence.receipts}:
        told[summary, person] += 1
    for line in evidence.history:
        people = [times for (key, _), times in told.items() if key == line.get("key")]
        if line["op"] == "once" and (not people or max(people) > 1):
            yield Violation("I3", f"each of the people told got {people or 'no'} messages", line["key"])


def deliveries_end(evidence: Evidence) -> Iterator[Violation]:
    """I5: no message hangs beyond its lease or its time."""
    now = evidence.dumped_at
    for row in evidence.rows("delivery"):
        until = evidence.time(row["lease_until"] if row["state"] == "sending" else row["due_at"])
        if row["state"] in WAITING and until is not None and now is not None and until + SLACK_S < now:
            yield Violation(
                "I5", f"DL-{row['id']} is {row['state']} {now - until:.0f} s too long", _about(evidence, row)
            )
        if row["state"] == "failed" and not _is_followed(evidence, row):
            yield Violation("I5", f"DL-{row['id']} failed and nothing followed", _about(evidence, row))


def recorded_is_received(evidence: Evidence) -> Iterator[Violation]:
    """I5: what the product believes to be out has been received, under the key that it has written down."""
    received: dict[str, set[str]] = defaultdict(set)
    for line in evidence.receipts:
        received[line["delivery"]].add(line["key"])
    for row in evidence.rows("delivery"):
        keys = received.get(f"DL-{row['id']}", set())
        if row["state"] in ARRIVED and not keys:
            yield Violation(
                "I5", f"DL-{row['id']} is {row['state']}, nobody received it", _about(evidence, row)
            )
        if keys and (len(keys) > 1 or not keys <= {row["key"], row.get("letter_key")}):
            yield Violation(
                "I6", f"DL-{row['id']} came under {len(keys)} keys, not its own", _about(evidence, row)
            )


def twice(evidence: Evidence) -> Iterator[Violation]:
    """I6: no message comes twice without a fault, nor more often than there were faults meanwhile."""
    for delivery, times, faults in unexcused(evidence):
        row = _row(evidence, delivery)
        about = _about(evidence, row) if row else ""
        yield Violation("I6", f"{delivery} came {len(times)} times with {faults} faults meanwhile", about)


def unexcused(evidence: Evidence) -> Iterator[tuple[str, list[float], int]]:
    """Messages that came more often than the faults meanwhile excuse: which, when, and how many faults."""
    arrivals: dict[str, list[float]] = defaultdict(list)
    for line in evidence.receipts:
        arrivals[line["delivery"]].append(line["at"])
    for delivery, times in arrivals.items():
        faults = [f for f in evidence.harms if f.began <= max(times) and f.ended >= min(times) - SLACK_S]
        if len(times) - 1 > len(faults):
            yield delivery, times, len(faults)


def duplicates(evidence: Evidence) -> int:
    """How many messages came again."""
    return sum(times - 1 for times in Counter(line["delivery"] for line in evidence.receipts).values())


def after_an_answer(evidence: Evidence) -> Iterator[Violation]:
    """I8: once an acknowledgement or a resolve was answered with yes, nothing further is claimed for it."""
    for row in evidence.rows("delivery"):
        about = evidence.pages[row["page"]]["about"]
        answered = _answered_at(evidence, evidence.key_of_group.get(about, ""))
        if answered is None or _was_asked_again(evidence, about):
            continue
        key = evidence.key_of_group.get(about, about)
        for event in evidence.events_of[f"delivery:{row['id']}"]:
            claimed = event["kind"] == "delivery.claimed"
            if claimed and _not_before(evidence, event, key) > answered + CLOCKS_DIFFER_S:
                yield Violation("I8", f"DL-{row['id']} was sent after the answer", key)


def _not_before(evidence: Evidence, claim: Row, key: str) -> float:
    """A claim was certainly not committed before this moment: while every claim is held, none is."""
    recorded = evidence.time(claim["recorded_at"], claim) or 0.0
    held = [f for f in evidence.faults if f.what == "hold every claim" and f.key == key]
    return max([recorded, *(f.ended + 2 * CLOCKS_DIFFER_S for f in held if f.began <= recorded)])


def nobody_waits(evidence: Evidence) -> Iterator[Violation]:
    """I9: a step that found nobody takes no time."""
    for event in evidence.rows("event"):
        said = event["payload"]
        if event["kind"] != "escalation.step_started" or said.get("people"):
            continue
        due, began = evidence.time(said.get("next_due_at"), event), evidence.time(event["at"], event)
        if due is not None and began is not None and due > began + 1:
            yield Violation("I9", "a step that found nobody waits its whole delay", event["subject"])


def zombies(evidence: Evidence) -> Iterator[Violation]:
    """I15: of each claim there is at most one result, and none changes what a later claim has brought."""
    for row in evidence.rows("delivery"):
        open_results = 0
        for event in evidence.events_of[f"delivery:{row['id']}"]:
            if event["kind"] == "delivery.claimed":
                open_results = 1
            elif event["kind"] in RESULTS and event["actor"] == "system:send_due_deliveries":
                if _is_of_a_claim(event):
                    open_results -= 1
                if open_results < 0:
                    yield Violation(
                        "I15", f"DL-{row['id']} has a result of a claim that was lost", _about(evidence, row)
                    )
                    break


def _is_of_a_claim(event: Row) -> bool:
    """A claim may end in a failure without a send: nobody wants it, or the contact is not usable."""
    said = event["payload"]
    return "attempt" in said or "result" in said


def _about(evidence: Evidence, row: Row) -> str:
    return evidence.about_of(row)


def _row(evidence: Evidence, delivery: str) -> Row | None:
    number = delivery.removeprefix("DL-")
    return next((row for row in evidence.rows("delivery") if str(row["id"]) == number), None)


def _is_followed(evidence: Evidence, failed: Row) -> bool:
    """Another message of the page has its turn, the ladder has gone on, or nobody wanted it any more."""
    page = evidence.pages[failed["page"]]
    others = [r for r in evidence.rows("delivery") if r["page"] == failed["page"] and r["id"] != failed["id"]]
    if any(r["state"] in ARRIVED or evidence.events_of[f"delivery:{r['id']}"][1:] for r in others):
        return True
    later = [r for r in evidence.pages.values() if r["about"] == page["about"] and r["id"] > page["id"]]
    ended = [
        event
        for event in evidence.events_of[f"escalation:{page['escalation']}"]
        if event["kind"] in ("escalation.stopped", "escalation.exhausted", "escalation.restarted")
    ]
    return bool(later or ended or page["about"].startswith("call:"))


def _answered_at(evidence: Evidence, key: str) -> float | None:
    ended = [
        one.ended
        for one in evidence.operations
        if one.key == key and one.what in ("acknowledge", "resolve by hand") and one.ok and one.ended
    ]
    return min(ended) if ended else None


def _was_asked_again(evidence: Evidence, about: str) -> bool:
    return any(event["kind"] in _ASKED_AGAIN for event in evidence.events_of[about])


_ASKED_AGAIN = frozenset(
    {
        "group.unacknowledged",
        "group.acknowledgement_timed_out",
        "group.woken",
        "group.retriggered",
        "group.worsened",
    }
)


def delays(evidence: Evidence) -> dict[str, float]:
    """From the yes to an event until the first phone rang for it, by the sender's key."""
    rang: dict[str, float] = {}
    for line in evidence.receipts:
        rang.setdefault(line["summary"], line["at"])
    answered: dict[str, Operation] = {}
    for one in evidence.operations:
        if one.what == "trigger" and one.ok and one.ended is not None:
            answered.setdefault(one.key, one)
    return {key: max(0.0, rang[key] - (one.ended or 0.0)) for key, one in answered.items() if key in rang}
