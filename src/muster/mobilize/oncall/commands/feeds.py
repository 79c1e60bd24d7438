"""Calendar feeds and hand-off notes."""

import secrets
from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.foundation.access.queries import token_hash
from muster.foundation.timeline.pen import command, lock, record, touch
from muster.mobilize.oncall.models import Feed, HandoffNote, Schedule
from muster.mobilize.oncall.reasons import OnCall

LONGEST_NOTE_CHARS = 5_000


@command
def add_feed(of: str, *, actor: Actor, at: datetime) -> tuple[Feed, str]:
    """Make a feed of `person:3`, `schedule:7`, `team:2` or `planned:0` and return its secret, shown once.

    Whoever makes it is told what they may see; it is revoked with their access. Raises `Refused`: a person's
    own is theirs alone to make.
    """
    require(actor, Right.READ)
    kind, _, number = of.partition(":")
    if kind == "person":
        require(actor, Right.EDIT_PEOPLE, own=int(number))
    secret = secrets.token_urlsafe(24)
    columns = {"person_id": actor.id, "of": of, "hash": token_hash(secret), "added_at": at}
    facts = {"person": actor.id, "feed_of": of}
    return record(Feed(), Change("feed.added", columns, facts), actor=actor, at=at), secret


@command
def revoke_feed(feed_id: int, *, actor: Actor, at: datetime) -> Feed:
    """Make a feed's address worth nothing, at once. Raises `Refused`: it is not theirs, nor they an admin."""
    found = Feed.objects.visible_to(actor).filter(pk=feed_id).first()
    if found is None:
        raise Refused(OnCall.FEED_NOT_FOUND)
    require(actor, Right.EDIT_PEOPLE, own=found.person_id)
    row = lock(Feed, feed_id)
    if row.revoked_at is not None:
        return row
    return record(row, Change("feed.revoked", {"revoked_at": at}, {"feed_of": row.of}), actor=actor, at=at)


@command
def note_feed_read(feed_id: int, *, actor: Actor, at: datetime) -> None:
    """Remember when a feed was last read: somebody who revokes it wants to know."""
    row = lock(Feed, feed_id)
    row.last_read_at = at
    touch([row], "last_read_at")


@command
def leave_note(schedule_id: int, body: str, *, actor: Actor, at: datetime) -> HandoffNote:
    """Leave a note for whoever comes on call next (R41: hand over at the end of a rotation).

    Raises:
        Refused: the actor does not respond to alerts, or the note is empty or too long.
    """
    require(actor, Right.RESPOND)
    schedule = lock(Schedule, schedule_id)
    if not 0 < len(body.strip()) <= LONGEST_NOTE_CHARS:
        raise Refused(OnCall.NOTE_TOO_LONG, {"limit": LONGEST_NOTE_CHARS})
    columns = {"schedule_id": schedule.pk, "person_id": actor.id, "at": at}
    facts = {"schedule": schedule.pk, "person": actor.id}
    change = Change("handoff_note.left", columns, facts, {"note": body.strip()})
    return record(HandoffNote(), change, actor=actor, at=at)
