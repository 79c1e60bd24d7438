"""Reads of postmortems: an incident's, those that are owed, and each section's versions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from muster.core.obligations import Kind
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.evaluate.queries import incident_of
from muster.foundation.obligations.models import Obligation
from muster.foundation.obligations.queries import OPEN, obligations
from muster.foundation.timeline.models import EventText
from muster.foundation.timeline.queries import events_of
from muster.review.postmortem.models import Postmortem, PostmortemSection
from muster.review.postmortem.reasons import Reviewing

CLOCKS = (Kind.POSTMORTEM_DRAFT_BY, Kind.POSTMORTEM_DONE_BY, Kind.POSTMORTEM_MEETING_BY)
"""The three clocks of a postmortem (R53)."""


def postmortems(actor: Actor) -> QuerySet[Postmortem]:
    """The postmortems this actor may see, newest first: those of incidents that they may see, too."""
    rows = Postmortem.objects.visible_to(actor).select_related("incident", "author")
    if not actor.sees_everything:
        rows = rows.filter(incident__audience_id__in=actor.audiences)
    return rows.order_by("-id")


def postmortem_of(actor: Actor, incident_id: str | int) -> Postmortem:
    """Return the postmortem of an incident, by `INC-7` or `7`.

    Raises:
        Refused: there is no such incident or postmortem, or it is not this actor's to see.
    """
    incident = incident_of(actor, incident_id)
    found = postmortems(actor).filter(incident=incident).first()
    if found is None:
        raise Refused(Reviewing.NOT_FOUND)
    return found


def sections_of(actor: Actor, postmortem: Postmortem) -> list[PostmortemSection]:
    """What people write in a postmortem, in the Standard's order."""
    rows = PostmortemSection.objects.visible_to(actor).select_related("edited_by")
    return list(rows.filter(postmortem=postmortem).order_by("position", "id"))


@dataclass(frozen=True, slots=True)
class Version:
    """What a section said once; `body` is None where the text was erased."""

    number: int
    at: datetime
    actor: str
    body: str | None


def versions_of(actor: Actor, section: PostmortemSection) -> list[Version]:
    """Everything that a section ever said, newest first."""
    events = list(events_of(section.subject, actor))
    bodies = dict(
        EventText.objects.filter(event_id__in=[event.pk for event in events], name="body").values_list(
            "event_id", "body"
        )
    )
    return [
        Version(event.payload["version"], event.at, event.actor, bodies.get(event.pk)) for event in events
    ]


def owed_clocks(actor: Actor, rows: Iterable[Postmortem]) -> dict[int, Obligation]:
    """The nearest open clock of each of these postmortems, by incident."""
    incidents = [row.incident_id for row in rows]
    owed = obligations(actor).filter(incident__in=incidents, kind__in=CLOCKS, state__in=OPEN)
    found: dict[int, Obligation] = {}
    for one in owed.order_by("due_at", "id"):
        if one.incident is not None:
            found.setdefault(one.incident, one)
    return found


def section_counts(
    actor: Actor, rows: Iterable[Postmortem], is_written: Callable[[str], bool]
) -> dict[int, tuple[int, int]]:
    """How many sections of each postmortem say something, and how many there are."""
    found: dict[int, tuple[int, int]] = {}
    sections = PostmortemSection.objects.visible_to(actor).filter(postmortem__in=list(rows))
    for postmortem, body in sections.values_list("postmortem_id", "body"):
        done, count = found.get(postmortem, (0, 0))
        found[postmortem] = (done + is_written(body), count + 1)
    return found
