"""Updates: what is said to whom, and when they hear from us next (R14, R19, R38)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from muster.core import obligations as rules
from muster.core.change import Change
from muster.core.obligations import Kind
from muster.core.permissions import Actor, Right
from muster.core.phases import Phase
from muster.core.refusal import Refused
from muster.core.standard import Severity
from muster.core.text import clean_text
from muster.evaluate.models import Incident
from muster.foundation.obligations.commands import arm_obligations, meet_obligations
from muster.foundation.timeline.pen import command, record
from muster.respond.statuspage.commands import say_on_pages
from muster.respond.warroom.commands.entering import enter
from muster.respond.warroom.commands.owing import owed_on
from muster.respond.warroom.models import Update
from muster.respond.warroom.queries import scope_of, standard_of, stream_of
from muster.respond.warroom.reasons import Room

EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Words:
    """One update. `status` is a word such as Identified; without `next_update_at` the Standard's rhythm."""

    body: str
    audience: str = "internal"
    status: str = ""
    next_update_at: datetime | None = None


@command
def post_update(incident_id: int, words: Words, *, actor: Actor, at: datetime) -> Update:
    """Post an update to one stream: what was owed is met, the next one is stated and armed.

    An external one also stands on every status page that shows this incident.

    Raises:
        Refused: not in this room, no words, nobody reached by that audience, or a promise that cannot hold.
    """
    stream_right = Right.PUBLISH_STATUS if words.audience == EXTERNAL else Right.RESPOND
    row = enter(actor, incident_id, stream_right)
    standard = standard_of(row)
    stream, level = stream_of(standard, words.audience), standard.severity(row.severity)
    body = clean_text(words.body).strip()
    if not body:
        raise Refused(Room.WORDS_NEEDED)
    owed = _next(row, level, stream, words.next_update_at, at)
    latest = Update.objects.filter(incident_id=incident_id).order_by("-number").first()
    number = latest.number + 1 if latest is not None else 1
    columns = {
        "incident_id": incident_id,
        "number": number,
        "audience": stream,
        "status": words.status.strip()[:40],
        "body": body,
        "next_update_at": owed.due_at if owed is not None else None,
        "posted_by_id": actor.id,
        "posted_at": at,
        "audience_id": row.audience_id,
    }
    facts = {key: columns[key] for key in ("number", "audience", "status", "next_update_at")}
    update = record(
        Update(), Change("update.posted", columns, facts, {"body": body}), actor=actor, at=at, incident=row.pk
    )
    meet_obligations(scope_of(row.pk), [Kind.UPDATE_BY], actor=actor, at=at, audience=stream)
    if owed is not None:
        arm_obligations([owed], owed_on(row), actor=actor, at=at)
    if stream == EXTERNAL:
        say_on_pages(row.pk, body, words.status, actor=actor, at=at)
    return update


@command
def post_updates(incident_id: int, wanted: Sequence[Words], *, actor: Actor, at: datetime) -> None:
    """Post several updates, each to its stream: all or none. Raises as `post_update`."""
    for words in wanted:
        post_update(incident_id, words, actor=actor, at=at)


def _next(
    row: Incident, level: Severity, stream: str, promised: datetime | None, at: datetime
) -> rules.Owed | None:
    if not Phase(row.phase).is_open:
        return None
    if promised is not None and promised <= at:
        raise Refused(Room.PROMISE_IN_THE_PAST)
    if promised is not None and level.update_at_most is not None and promised > at + level.update_at_most:
        raise Refused(Room.PROMISE_TOO_LATE, {"latest": (at + level.update_at_most).isoformat()})
    return rules.next_update(level, stream, at=at, promised=promised)
