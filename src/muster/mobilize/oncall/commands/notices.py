"""Words to people that are no pages: told once, sent by due work, recorded after."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.core.retry import AttemptFailed, retry_at
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many, touch
from muster.mobilize.oncall.models import Notice
from muster.mobilize.oncall.queries import due_notices, notice_keys

LEASE = timedelta(minutes=1)
"""How long a worker may take to send; after that another one tries."""


def tell(
    people: Iterable[int], kind: str, about: str, facts: Mapping[str, Any], *, actor: Actor, at: datetime
) -> None:
    """Queue one notice for each of these people; what was told once is not told again (within a command)."""
    keys = {f"{kind}:{about}:{person}": person for person in people}
    new = {key: person for key, person in keys.items() if key not in notice_keys(keys)}
    changes = [
        Change(
            "notice.queued",
            {
                "person_id": person,
                "kind": kind,
                "about": about,
                "key": key,
                "facts": {name: value for name, value in facts.items() if name != "note"},
                "created_at": at,
                "due_at": at,
            },
            {"person": person, "kind": kind, "about": about},
        )
        for key, person in new.items()
    ]
    record_many([Notice() for _ in changes], changes, actor=actor, at=at)


@command
def tell_of_shifts(shifts: Iterable[tuple[int, int, datetime]], *, actor: Actor, at: datetime) -> int:
    """Queue a notice for each (schedule, person, start) of a shift that begins soon. Returns how many."""
    found = list(shifts)
    for schedule_id, person, start in found:
        about = f"schedule:{schedule_id}@{start.isoformat()}"
        facts = {"schedule": schedule_id, "start": start.isoformat()}
        tell([person], "shift_begins", about, facts, actor=actor, at=at)
    return len(found)


@command
def claim_notices(limit: int, *, actor: Actor, at: datetime) -> list[Notice]:
    """Take what is due, under a lease: another worker has it again when this one does not say how it went."""
    rows = [
        row for row in lock_many(Notice, due_notices(limit)) if row.due_at is not None and row.due_at <= at
    ]
    for row in rows:
        row.due_at = at + LEASE
    touch(rows, "due_at")
    return rows


@command
def record_notice(notice_id: int, failed: AttemptFailed | None, *, actor: Actor, at: datetime) -> Notice:
    """Say how an attempt went: sent, to be tried again, or failed for good."""
    row = lock(Notice, notice_id)
    if row.state != "queued":
        return row
    attempts = row.attempts + 1
    if failed is None:
        change = Change("notice.sent", {"state": "sent", "attempts": attempts, "due_at": None, "reason": ""})
    else:
        again = retry_at(attempts, failed, at=at).due_at
        columns = {"attempts": attempts, "due_at": again, "reason": str(failed.reason)}
        kind = "notice.delayed" if again else "notice.failed"
        columns |= {} if again else {"state": "failed"}
        change = Change(kind, columns, {"attempts": attempts}, reason=failed.reason)
    return record(row, change, actor=actor, at=at)
