"""What helped when such an alert came before: who ended it, what they noted, its incident, its postmortem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from muster.core.likeness import Likeness
from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.evaluate.models import Incident
from muster.evaluate.queries import incidents
from muster.evaluate.queries_similar import Similar, similar_alerts
from muster.foundation.timeline.audiences import visible_events
from muster.foundation.timeline.models import EventText
from muster.review.postmortem.models import Postmortem
from muster.review.postmortem.queries import postmortems

SHOWN = 5
_NOTED = "alert.noted"
_NOTING = (_NOTED, "alert.resolved", "group.resolved")
_SAID = ("note", "why")
_NOTES = 3


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about an alert; `by` is an actor, such as `person:5`."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """A past alert, why it is like this one, and how it ended; of what the reader may see."""

    alert: Alert
    likeness: Likeness
    notes: tuple[Note, ...] = field(default=())
    incident: Incident | None = None
    postmortem: Postmortem | None = None

    @property
    def helps(self) -> bool:
        """Whether there is something to learn from it."""
        return bool(self.notes) or self.incident is not None


def past_of(actor: Actor, alert: Alert, limit: int = SHOWN) -> list[Past]:
    """The past alerts that are like one: by the strength of the reason, those from which something can be
    learned first, then the newest."""
    found = similar_alerts(actor, alert, 2 * limit)
    notes = _notes(found, actor)
    rooms = {row.pk: row for row in incidents(actor).filter(pk__in=_incident_ids(found))}
    reviews = {row.incident_id: row for row in postmortems(actor).filter(incident__in=list(rooms))}
    shown = [
        Past(
            one.alert,
            one.likeness,
            tuple(notes.get(one.alert.pk, ())[:_NOTES]),
            rooms.get(_incident_of(one.alert) or 0),
            reviews.get(_incident_of(one.alert) or 0),
        )
        for one in found
    ]
    shown.sort(key=lambda one: (one.likeness.rank, not one.helps, -one.alert.pk))
    return shown[:limit]


def _incident_of(alert: Alert) -> int | None:
    decision = getattr(alert, "decision", None)
    group = decision.group if decision is not None else None
    return group.incident_id if group is not None else None


def _incident_ids(found: Sequence[Similar]) -> list[int]:
    return [number for one in found if (number := _incident_of(one.alert)) is not None]


def _notes(found: Sequence[Similar], actor: Actor) -> Mapping[int, list[Note]]:
    """What was written on these alerts and their groups: at their end first, then the newest."""
    about: dict[str, list[int]] = {}
    for one in found:
        about.setdefault(one.alert.subject, []).append(one.alert.pk)
        decision = getattr(one.alert, "decision", None)
        if decision is not None and decision.group_id is not None:
            about.setdefault(f"group:{decision.group_id}", []).append(one.alert.pk)
    events = visible_events(actor).filter(subject__in=list(about), kind__in=_NOTING)
    told = {event.pk: event for event in events}
    said: dict[int, list[Note]] = {}
    texts = EventText.objects.filter(event_id__in=list(told), name__in=_SAID)
    for text in sorted(texts, key=lambda one: (told[one.event_id].kind == _NOTED, -one.event_id, one.name)):
        event = told[text.event_id]
        note = Note(text.body, event.actor, event.at)
        for number in about[event.subject]:
            known = said.setdefault(number, [])
            if all(one.text != note.text for one in known):
                known.append(note)
    return said
