"""The timeline is whole: sealed once, gap-free, recomputed, and each row names its last event (I16).

The algorithm is written here anew, from the design: SHA-256 over `muster/link/1`, the place as eight bytes,
the hash before and the digest; a digest is SHA-256 of the event's canonical JSON (RFC 8785).
"""

import hashlib
from collections.abc import Iterator

import rfc8785

from faults.checker.evidence import Evidence, Row, Violation

DOMAIN = b"muster/link/1"
SAID = ("id", "cause", "kind", "subject", "incident", "audience_id", "actor", "payload")


def judge(evidence: Evidence) -> Iterator[Violation]:
    """All of it."""
    yield from links(evidence)
    yield from events(evidence)
    yield from rows(evidence)


def links(evidence: Evidence) -> Iterator[Violation]:
    """Places without a gap, each hash from the one before."""
    events_by_id = {row["id"]: row for row in evidence.rows("event")}
    head = "00" * 32
    for place, row in enumerate(evidence.rows("link"), 1):
        event = events_by_id.get(row["event"])
        if row["seq"] != place:
            yield Violation("I16", f"place {place} of the chain is missing")
            return
        if event is None:
            yield Violation("I16", f"place {place} seals an event that is gone")
            return
        wanted = hashlib.sha256(
            DOMAIN + place.to_bytes(8, "big") + bytes.fromhex(head) + bytes.fromhex(event["digest"])
        ).hexdigest()
        if row["previous"] != head or row["hash"] != wanted:
            yield Violation("I16", f"place {place} of the chain does not follow from the one before")
            return
        head = row["hash"]


def events(evidence: Evidence) -> Iterator[Violation]:
    """Each event is as it was digested, sealed exactly once, and after its cause."""
    places: dict[int, list[int]] = {}
    for row in evidence.rows("link"):
        places.setdefault(row["event"], []).append(row["seq"])
    for row in evidence.rows("event"):
        found = places.get(row["id"], [])
        if len(found) != 1:
            yield Violation("I16", f"event {row['id']} ({row['kind']}) is sealed {len(found)} times")
        elif row["cause"] in places and places[row["cause"]][0] >= found[0]:
            yield Violation("I16", f"event {row['id']} is sealed before its cause")
        if digest(row) != row["digest"]:
            yield Violation("I16", f"event {row['id']} ({row['kind']}) is not as it was digested")


def rows(evidence: Evidence) -> Iterator[Violation]:
    """Each row with a state names the last event about it."""
    last: dict[str, int] = {}
    for row in evidence.rows("event"):
        last[row["subject"]] = max(row["id"], last.get(row["subject"], 0))
    for row in evidence.rows("row"):
        if last.get(row["subject"]) != row["event"]:
            yield Violation(
                "I16", f"names event {row['event']}, the last is {last.get(row['subject'])}", row["subject"]
            )


def digest(event: Row) -> str:
    """SHA-256 of what an event says."""
    said = {name: event[name] for name in SAID} | {
        "command": event["command"],
        "at": event["at"],
        "recorded_at": event["recorded_at"],
    }
    return hashlib.sha256(rfc8785.dumps(said)).hexdigest()
