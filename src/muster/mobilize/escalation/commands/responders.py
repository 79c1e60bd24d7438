"""People who are called to an incident: notified, acknowledged, joined, ready, left (R22)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from muster.core.change import Change
from muster.core.permissions import Actor, Right, require
from muster.foundation.timeline.pen import command, lock, record
from muster.mobilize.escalation.models import Responder


class Presence(StrEnum):
    """How far a responder has come, in order."""

    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    JOINED = "joined"
    READY = "ready"
    LEFT = "left"


_ORDER = list(Presence)


@command
def notify_responders(incident_id: int, person_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """These people have been called; who is on the list already stays as they are."""
    known = set(Responder.objects.filter(incident_id=incident_id).values_list("person_id", flat=True))
    for person_id in person_ids:
        if person_id not in known:
            _add(incident_id, person_id, Presence.NOTIFIED, actor, at)


@command
def be_responder(
    incident_id: int, person_id: int, presence: Presence, *, actor: Actor, at: datetime
) -> Responder:
    """Somebody acknowledges, joins, is ready or leaves; the only step back is to come again after leaving."""
    require(actor, Right.RESPOND, own=person_id, incident=incident_id, incident_role="incident_commander")
    found = Responder.objects.filter(incident_id=incident_id, person_id=person_id).first()
    if found is None:
        return _add(incident_id, person_id, presence, actor, at)
    row = lock(Responder, found.pk)
    earlier = Presence(row.state)
    if earlier is not Presence.LEFT and _ORDER.index(presence) <= _ORDER.index(earlier):
        return row
    columns = {"state": presence.value, f"{presence.value}_at": at}
    facts = {"person": person_id, "before": earlier.value}
    return record(
        row, Change(f"responder.{presence}", columns, facts), actor=actor, at=at, incident=incident_id
    )


def _add(incident_id: int, person_id: int, presence: Presence, actor: Actor, at: datetime) -> Responder:
    columns = {
        "incident_id": incident_id,
        "person_id": person_id,
        "state": presence.value,
        f"{presence.value}_at": at,
    }
    change = Change(f"responder.{presence}", columns, {"person": person_id})
    return record(Responder(), change, actor=actor, at=at, incident=incident_id)
