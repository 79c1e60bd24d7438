"""How far the bytes of each page are: wanted, claimed, live (design section 9; reliability I17, I18)."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import connection

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.foundation.timeline.pen import command, lock, record
from muster.respond.statuspage.models import Publication, StatusPage

LEASE = timedelta(seconds=60)
_PAUSES = tuple(timedelta(seconds=s) for s in (2, 5, 15, 30, 60))


@command
def want_publication(page_id: int, *, actor: Actor, at: datetime) -> int:
    """Ask for the page to be published as it is after this command; returns that generation."""
    found = Publication.objects.filter(page_id=page_id).first()
    if found is None:
        page = StatusPage.objects.get(pk=page_id)
        begun = Change("publication.begun", {"page_id": page_id, "audience_id": page.audience_id})
        found = record(Publication(), begun, actor=actor, at=at)
    row = lock(Publication, found.pk)
    columns = {"wanted": row.wanted + 1, "wanted_at": at, "due_at": at, "attempts": 0, "reason": ""}
    record(row, Change("publication.wanted", columns, {"wanted": row.wanted + 1}), actor=actor, at=at)
    return row.wanted


@dataclass(frozen=True, slots=True)
class Claimed:
    """A page to publish: its generation, and the fence that the result must name."""

    publication: int
    page: int
    generation: int
    fence: int


_DUE = """
    SELECT id FROM statuspage_publication
    WHERE due_at <= now() AND (lease_until IS NULL OR lease_until <= now())
    ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""


@command
def claim_publication(*, actor: Actor, at: datetime) -> Claimed | None:
    """Take the page whose bytes have been wanted longest, under a lease: nobody else publishes it then.

    One, because whoever dies while publishing leaves what was claimed until its lease runs out. None when no
    page is due.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        found = cursor.fetchone()
    if found is None:
        return None
    row = lock(Publication, found[0])
    columns = {"lease_until": at + LEASE, "fence": row.fence + 1, "attempts": row.attempts + 1}
    facts = {"generation": row.wanted, "attempt": row.attempts + 1}
    row = record(row, Change("publication.claimed", columns, facts), actor=actor, at=at)
    return Claimed(row.pk, row.page_id, row.wanted, row.fence)


@command
def record_live(claimed: Claimed, digest: str, *, actor: Actor, at: datetime) -> None:
    """The bytes of this generation are what readers get. Changes made meanwhile are published next.

    Whoever comes after the lease was taken by another may have put older bytes over newer: publish again.
    """
    row = lock(Publication, claimed.publication)
    if row.fence != claimed.fence:
        want_publication(row.page_id, actor=actor, at=at)
        return
    is_newest = row.wanted == claimed.generation
    columns = {
        "live": claimed.generation,
        "live_at": at,
        "digest": digest,
        "lease_until": None,
        "due_at": _next_midnight(at) if is_newest else at,
        "attempts": 0,
        "reason": "",
    }
    facts = {"generation": claimed.generation, "digest": digest}
    record(row, Change("publication.live", columns, facts), actor=actor, at=at)


def _next_midnight(at: datetime) -> datetime:
    """A page is made anew each day (UTC), because its bars move on."""
    today = at.astimezone(UTC).date()
    return datetime.combine(today + timedelta(days=1), time(), UTC)


@command
def record_failure(claimed: Claimed, why: str, *, actor: Actor, at: datetime) -> None:
    """The bytes are not live; it is tried again, with longer pauses, for as long as they are wanted."""
    row = lock(Publication, claimed.publication)
    if row.fence != claimed.fence:
        return
    pause = _PAUSES[min(row.attempts, len(_PAUSES)) - 1]
    columns = {"lease_until": None, "due_at": at + pause, "reason": why}
    facts = {"generation": claimed.generation, "why": why, "attempt": row.attempts}
    record(row, Change("publication.failed", columns, facts), actor=actor, at=at)
