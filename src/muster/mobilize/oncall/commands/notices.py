"""Words to people that are no pages: told once, sent by due work, recorded after."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from muster.core.change import Change
from muster.core.notices import notice_due
from muster.core.permissions import Actor
from muster.core.retry import AttemptFailed, retry_at
from muster.foundation.access.queries import hours_of
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many, touch
from muster.mobilize.oncall.models import Notice
from muster.mobilize.oncall.queries import due_notices, notice_keys

LEASE = timedelta(minutes=1)
"""How long a worker may take to send; after that another one tries."""


def tell(
    people: Iterable[int],
    kind: str,
    about: str,
    facts: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    at_once: bool = False,
    before: datetime | None = None,
) -> None:
    """Queue one notice for each of these people; what was told once is not told again (within a command).

    Their hours hold it, unless it has to go `at_once`, or would be of no use any more (`before`).
    """
    keys = {f"{kind}:{about}:{person}": person for person in people}
    known = notice_keys(keys)
    new = {key: person for key, person in keys.items() if key not in known}
    hours = {} if at_once else hours_of(new.values())
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
                "due_at": notice_due(hours[person], at, before) if person in hours else at,
            },
            {"person": person, "kind": kind, "about": about},
        )
        for key, person in new.items()
    ]
    record_many([Notice() for _ in changes], changes, actor=actor, at=at)


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
def record_notice(
    notice_id: int,
    failed: AttemptFailed | None,
    *,
    actor: Actor,
    at: datetime,
    contact_id: int | None = None,
) -> Notice:
    """Say how an attempt went: sent by this contact, to be tried again, or failed for good."""
    row = lock(Notice, notice_id)
    if row.state != "queued":
        return row
    columns: dict[str, Any] = {"attempts": row.attempts + 1, "contact_id": contact_id, "due_at": None}
    if failed is None:
        change = Change("notice.sent", columns | {"state": "sent", "reason": ""}, {"contact": contact_id})
    else:
        again = retry_at(row.attempts + 1, failed, at=at).due_at
        columns |= {"due_at": again, "reason": str(failed.reason)}
        kind = "notice.delayed" if again else "notice.failed"
        columns |= {} if again else {"state": "failed"}
        change = Change(kind, columns, {"attempts": row.attempts + 1}, reason=failed.reason)
    return record(row, change, actor=actor, at=at)


@command
def drop_notice(notice_id: int, *, actor: Actor, at: datetime) -> Notice:
    """What it would say is not so any more: the schedule was changed meanwhile."""
    row = lock(Notice, notice_id)
    if row.state != "queued":
        return row
    return record(row, Change("notice.dropped", {"state": "dropped", "due_at": None}), actor=actor, at=at)
