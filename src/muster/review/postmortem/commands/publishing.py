"""The life of a postmortem: handed in, returned, published, withdrawn, or waived with a reason (R53, R54)."""

from datetime import datetime

from muster.core import review
from muster.core.change import Change
from muster.core.obligations import Kind, State
from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.core.review import PostmortemVerb
from muster.foundation.obligations.commands import meet_obligations, waive_obligation
from muster.foundation.obligations.queries import owed_on
from muster.foundation.timeline.pen import command, record
from muster.respond.warroom.queries import standard_of
from muster.review.postmortem.commands.opening import enter_review, opened, take_up, writable
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.outline import empty_sections
from muster.review.postmortem.queries import CLOCKS, sections_of
from muster.review.postmortem.reasons import Reviewing


@command
def submit_for_review(incident_id: int, *, actor: Actor, at: datetime) -> Postmortem:
    """Hand the draft in: every section says something. The draft is no longer owed.

    Raises:
        Refused: may not, no such postmortem, waived, no draft, or sections are empty.
    """
    row = writable(incident_id, actor)
    change = _moved(row, PostmortemVerb.HAND_IN, actor=actor, at=at)
    take_up(row, actor=actor, at=at)
    record(row, change, actor=actor, at=at, incident=row.incident_id)
    meet_obligations(row.incident.subject, [Kind.POSTMORTEM_DRAFT_BY], actor=actor, at=at)
    return row


@command
def return_postmortem(incident_id: int, *, actor: Actor, at: datetime, why: str) -> Postmortem:
    """Give it back to its author, saying what is missing. Raises `Refused`, also without a reason."""
    row = opened(incident_id, actor)
    change = _moved(row, PostmortemVerb.RETURN, actor=actor, at=at, why=why)
    return record(row, change, actor=actor, at=at, incident=row.incident_id)


@command
def publish_postmortem(incident_id: int, *, actor: Actor, at: datetime) -> Postmortem:
    """Publish what was reviewed, to everybody who may see the incident. It is no longer owed.

    Raises:
        Refused: may not, no such postmortem, waived, not in review, or sections are empty.
    """
    row = opened(incident_id, actor)
    change = _moved(row, PostmortemVerb.PUBLISH, actor=actor, at=at)
    record(row, change, actor=actor, at=at, incident=row.incident_id)
    done = [Kind.POSTMORTEM_DRAFT_BY, Kind.POSTMORTEM_DONE_BY]
    meet_obligations(row.incident.subject, done, actor=actor, at=at)
    return row


@command
def withdraw_postmortem(incident_id: int, *, actor: Actor, at: datetime, why: str) -> Postmortem:
    """Take back what was published, to change it. Raises `Refused`, also without a reason."""
    row = opened(incident_id, actor)
    change = _moved(row, PostmortemVerb.WITHDRAW, actor=actor, at=at, why=why)
    return record(row, change, actor=actor, at=at, incident=row.incident_id)


@command
def waive_postmortem(incident_id: int, *, actor: Actor, at: datetime, why: str) -> Postmortem:
    """Excuse the organisation from this postmortem, with a reason that stays: a manager or an admin may.

    Raises:
        Refused: may not, no such postmortem, published or waived already, or no reason.
    """
    require(actor, Right.COMMAND_INCIDENT)
    row = writable(incident_id, actor)
    reason = why.strip()
    if not reason:
        raise Refused(Reviewing.REASON_NEEDED)
    columns = {"waived_at": at, "waived_why": reason}
    change = Change("postmortem.waived", columns, {"before": row.state}, {"why": reason})
    record(row, change, actor=actor, at=at, incident=row.incident_id)
    enter_review(row.incident_id, actor=actor, at=at)
    open_states = (State.ARMED, State.BREACHED)
    for owed in owed_on(row.incident.subject, CLOCKS).filter(state__in=open_states):
        waive_obligation(owed.pk, actor=actor, at=at, why=reason)
    return row


def _moved(row: Postmortem, verb: PostmortemVerb, *, actor: Actor, at: datetime, why: str = "") -> Change:
    """The change of the verb. Sections that say nothing are named by their titles."""
    empty = empty_sections(sections_of(actor, row))
    try:
        return review.move(row.state, verb, at=at, empty_sections=empty, why=why)
    except Refused as refused:
        guides = standard_of(row.incident).postmortem.section_guides
        titles = [guides[key].title if key in guides else key for key in empty]
        raise Refused(refused.reason, refused.detail | {"titles": ", ".join(titles)}) from None
