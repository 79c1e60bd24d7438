"""Writing a postmortem: its sections, nothing lost; who reviews it; the cause for reports."""

from collections.abc import Sequence
from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor, ActorKind
from muster.core.refusal import Refused
from muster.core.text import clean_text, one_line
from muster.foundation.access.models import Person
from muster.foundation.access.queries import arrival_of
from muster.foundation.timeline.pen import command, lock, record
from muster.review.postmortem.commands.opening import take_up, writable
from muster.review.postmortem.models import Postmortem, PostmortemSection
from muster.review.postmortem.reasons import Reviewing

LONGEST_BODY = 100_000
_LONGEST_CAUSE = 60


@command
def edit_section(
    incident_id: int, key: str, body: str, *, version: int, actor: Actor, at: datetime
) -> PostmortemSection:
    """Save one section; `version` is the one that the writer had before them.

    Every version stays in the timeline. Who writes first is the author, and the review begins.

    Raises:
        Refused: may not, no such postmortem or section, published or waived, or somebody saved meanwhile:
            then nothing is written, and the detail holds the version that stands.
    """
    postmortem = writable(incident_id, actor)
    section = _section(postmortem, key)
    text = clean_text(body).replace("\r\n", "\n").strip()[:LONGEST_BODY]
    if text == section.body:
        return section
    if version != section.version:
        raise Refused(Reviewing.SAVED_MEANWHILE, {"section": key, "version": section.version})
    columns = {
        "body": text,
        "version": section.version + 1,
        "edited_by_id": actor.id if actor.kind is ActorKind.PERSON else None,
        "edited_at": at,
    }
    facts = {"key": key, "version": section.version + 1, "postmortem": postmortem.pk}
    change = Change("postmortem_section.edited", columns, facts, {"body": text})
    take_up(postmortem, actor=actor, at=at)
    return record(section, change, actor=actor, at=at, incident=postmortem.incident_id)


def _section(postmortem: Postmortem, key: str) -> PostmortemSection:
    found = PostmortemSection.objects.filter(postmortem=postmortem, key=key).first()
    if found is None:
        raise Refused(Reviewing.SECTION_UNKNOWN, {"section": key[:60]})
    return lock(PostmortemSection, found.pk)


@command
def set_reviewers(incident_id: int, people: Sequence[int], *, actor: Actor, at: datetime) -> Postmortem:
    """Ask exactly these people to read it before it is published.

    Raises:
        Refused: may not, no such postmortem, published or waived, or somebody who has no access or may not
            know of the incident.
    """
    row = writable(incident_id, actor)
    wanted = list(dict.fromkeys(people))
    known = set(Person.objects.filter(pk__in=wanted, retired_at__isnull=True).values_list("id", flat=True))
    for person in wanted:
        if person not in known:
            raise Refused(Reviewing.REVIEWER_UNKNOWN)
        if row.audience_id not in arrival_of(person).actor.audiences:
            raise Refused(Reviewing.REVIEWER_MAY_NOT_SEE)
    if wanted == row.reviewers:
        return row
    facts = {"before_people": row.reviewers, "reviewer_people": wanted}
    change = Change("postmortem.reviewers_set", {"reviewers": wanted}, facts)
    return record(row, change, actor=actor, at=at, incident=row.incident_id)


@command
def name_cause(incident_id: int, cause: str, *, actor: Actor, at: datetime) -> Postmortem:
    """Put the cause in one short word of the organisation's own, so that reports can count it (R58).

    Raises:
        Refused: may not, no such postmortem, published or waived.
    """
    row = writable(incident_id, actor)
    word = one_line(cause.strip().lower(), _LONGEST_CAUSE)
    if word == row.cause:
        return row
    change = Change("postmortem.cause_named", {"cause": word}, {}, {"cause": word})
    return record(row, change, actor=actor, at=at, incident=row.incident_id)
