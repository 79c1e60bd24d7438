"""Reads of the war room that commands and other stages need; `room.py` reads the whole page."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.core.phases import IncidentLife, Phase
from muster.core.refusal import Refused
from muster.core.roles import COMMANDER
from muster.core.standard import Standard
from muster.evaluate.models import Incident
from muster.foundation.access import queries as access
from muster.foundation.access.models import Person
from muster.foundation.standard.queries import version_of
from muster.respond.warroom.models import Document, Entry, Handover, Task, Update
from muster.respond.warroom.reasons import Room

STREAM_ALIASES = {
    "public": "external",
    "customer": "external",
    "customers": "external",
    "executive": "executives",
}


def scope_of(incident_id: int) -> str:
    """The scope of an incident's role grants."""
    return f"incident:{incident_id}"


def standard_of(incident: Incident) -> Standard:
    """The Standard that an incident is bound to for life."""
    return version_of(incident.standard_id).standard


def assignments_of(incident: Incident) -> dict[str, list[int]]:
    """Who was given which role of an incident; the commander stands on the incident itself (engine side)."""
    found: dict[str, list[int]] = {}
    for grant in access.holders(scope_of(incident.pk)):
        if grant.role != COMMANDER:
            found.setdefault(grant.role, []).append(grant.person_id)
    if incident.commander_id is not None:
        found[COMMANDER] = [incident.commander_id]
    return found


def life_of(incident: Incident) -> IncidentLife:
    """What the moves of an incident need to know (engine side)."""
    standard = standard_of(incident)
    level = standard.severity(incident.severity)
    return IncidentLife(
        phase=Phase(incident.phase),
        skips=frozenset(level.skips),
        mitigated_at=incident.mitigated_at,
        has_backlog=level.may_end_in_backlog,
        worked_continuously=incident.major and standard.major.worked_continuously,
    )


def stream_of(standard: Standard, audience: str) -> str:
    """The stream of updates that reaches an audience.

    Raises:
        Refused: the Standard reaches nobody under this word.
    """
    word = audience.strip().lower()
    streams = dict.fromkeys(standard.updates.audiences.values())
    word = word if word in streams else standard.updates.audiences.get(word, STREAM_ALIASES.get(word, ""))
    if word not in streams:
        raise Refused(Room.AUDIENCE_UNKNOWN, {"audience": audience[:40], "known": ", ".join(streams)})
    return word


def person_in_use(handle: str) -> Person:
    """A person whose access has not ended. Raises `Refused`."""
    found = Person.objects.filter(handle=handle.lower().removeprefix("@"), retired_at__isnull=True).first()
    if found is None:
        raise Refused(Room.PERSON_UNKNOWN, {"handle": handle[:64]})
    return found


def open_handover(incident_id: int) -> Handover | None:
    """The handover under way (engine side)."""
    rows = Handover.objects.select_related("outgoing", "incoming")
    return rows.filter(incident_id=incident_id, ended_at__isnull=True).first()


def tasks_of(actor: Actor, incident_id: int) -> list[Task]:
    """The tasks of an incident, in the order they were given."""
    rows = Task.objects.visible_to(actor).select_related("assignee", "given_by")
    return list(rows.filter(incident_id=incident_id).order_by("id"))


def updates_of(actor: Actor, incident_id: int) -> list[Update]:
    """The updates of an incident, newest first."""
    rows = Update.objects.visible_to(actor).select_related("posted_by")
    return list(rows.filter(incident_id=incident_id).order_by("-id"))


def document_of(actor: Actor, incident_id: int) -> Document | None:
    """The newest version of what we know; None while nothing is written."""
    rows = Document.objects.visible_to(actor).select_related("written_by")
    return rows.filter(incident_id=incident_id).order_by("-number").first()


def is_documented(incident_id: int) -> bool:
    """Whether people wrote anything down: an entry, an update or the document (engine side; R7, R20)."""
    return any(model.objects.filter(incident_id=incident_id).exists() for model in (Entry, Update, Document))


def customers_told_since(incident_id: int, since: datetime) -> bool:
    """Whether an external update went out at or after an instant (engine side; R7)."""
    return Update.objects.filter(incident_id=incident_id, audience="external", posted_at__gte=since).exists()
