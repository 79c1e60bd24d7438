"""Who may watch what, live: the same rows that the screens show (design sections 9 and 10)."""

import time

from django.conf import settings

from muster.core.permissions import Actor, Role
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup, Incident
from muster.foundation.timeline.models import Recorded
from muster.web.live_source import ALL, last_sealed
from muster.web.streams import Audience
from muster.web.tickets import Seals, Ticket

_ROWS: dict[str, type[Recorded]] = {model.subject_kind: model for model in (Incident, Alert, AlertGroup)}
_WORKERS = frozenset((Role.ADMIN, Role.MANAGER, Role.RESPONDER))


def admit(actor: Actor, topic: str) -> Audience | None:
    """How this person may watch a topic now: a row that is not theirs to see is not there."""
    if topic == ALL:
        return _by_role(actor)
    kind, _, number = topic.partition(":")
    model = _ROWS.get(kind)
    if model is None or not number.isdecimal():
        return None
    if not model.objects.visible_to(actor).filter(pk=int(number)).exists():
        return None
    in_it = kind == "incident" and any(incident == int(number) for incident, _ in actor.incident_roles)
    return Audience.MEMBER if in_it else _by_role(actor)


def live_ticket(person_id: int, topic: str) -> str:
    """A ticket for `/live?ticket=...`. Call it before the page reads what it shows: then nothing is missed.

    Topics: `all`, `incident:7`, `alert:9`, `group:3`. The stream says `changed` with the event's kind (or
    what the wiring renders), `resync` and `expired` (fetch this part of the page anew, with a new ticket).
    """
    return seals().ticket(Ticket(person_id, topic, last_sealed()), now=time.time())


def seals() -> Seals:
    """The installation's seals."""
    return Seals(settings.SECRET_KEY)


def _by_role(actor: Actor) -> Audience:
    if actor.role in _WORKERS:
        return Audience.MEMBER
    return Audience.STAKEHOLDER if actor.role is Role.STAKEHOLDER else Audience.OBSERVER
