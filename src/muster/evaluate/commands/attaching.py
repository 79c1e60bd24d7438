"""Groups of alerts that belong to an incident which is worked on: attached by people, and detached again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from muster.core.change import Change
from muster.core.permissions import Actor, Denied, Right, require
from muster.core.phases import WORKING, Phase, PhaseRefusal
from muster.core.refusal import Refused
from muster.evaluate.models import AlertGroup, Incident
from muster.evaluate.queries import visible_incidents
from muster.evaluate.reasons import Evaluate
from muster.foundation.timeline.pen import command, lock, lock_many, record_many

ATTACHED_AT_ONCE = 200
"""So many groups at most in one commit."""


@dataclass(frozen=True, slots=True)
class Attached:
    """The groups to which it was done, and why not for each of the others."""

    done: tuple[int, ...]
    left: Mapping[int, Refused]


@command
def attach_groups(group_ids: Sequence[int], incident_id: int, *, actor: Actor, at: datetime) -> Attached:
    """Attach whole groups to an incident. Their paging goes on until somebody has them.

    Raises:
        Refused: not a responder, no such incident, it is over, or more than `ATTACHED_AT_ONCE` groups.
    """
    groups, incident, left = _locked(group_ids, incident_id, actor)
    shown = visible_incidents(actor, groups)
    for group in groups:
        if group.incident_id is not None:
            known = group.incident_id in shown
            of = f"INC-{group.incident_id}" if known else _("another incident")
            left[group.pk] = Refused(Evaluate.ALERT_HAS_INCIDENT, {"incident": of})
    change = Change("group.linked", {"incident_id": incident.pk}, {"incident": incident.pk})
    return _written(groups, change, incident, left, actor, at)


@command
def detach_groups(group_ids: Sequence[int], incident_id: int, *, actor: Actor, at: datetime) -> Attached:
    """Take whole groups away from an incident that they do not belong to.

    Raises:
        Refused: not a responder, no such incident, it is over, or more than `ATTACHED_AT_ONCE` groups.
    """
    groups, incident, left = _locked(group_ids, incident_id, actor)
    for group in groups:
        if group.incident_id != incident.pk:
            left[group.pk] = Refused(Evaluate.NOT_ATTACHED, {"incident": incident.public_id})
    change = Change("group.unlinked", {"incident_id": None}, {"incident": incident.pk})
    return _written(groups, change, incident, left, actor, at)


def _locked(
    group_ids: Sequence[int], incident_id: int, actor: Actor
) -> tuple[list[AlertGroup], Incident, dict[int, Refused]]:
    """The groups, then the incident: in the order in which everybody locks them."""
    require(actor, Right.RESPOND)
    if len(group_ids) > ATTACHED_AT_ONCE:
        raise Refused(Evaluate.TOO_MANY_GROUPS, {"most": ATTACHED_AT_ONCE})
    if not Incident.objects.visible_to(actor).filter(pk=incident_id).exists():
        raise Refused(Evaluate.INCIDENT_NOT_FOUND, {"id": f"INC-{incident_id}"})
    seen = AlertGroup.objects.visible_to(actor).filter(pk__in=list(group_ids))
    groups = lock_many(AlertGroup, seen.values_list("pk", flat=True))
    incident = lock(Incident, incident_id)
    if Phase(incident.phase) not in WORKING:
        raise Refused(PhaseRefusal.OVER)
    known = {group.pk for group in groups}
    return groups, incident, {pk: Refused(Denied.NOT_FOUND) for pk in group_ids if pk not in known}


def _written(
    groups: Sequence[AlertGroup],
    change: Change,
    incident: Incident,
    left: Mapping[int, Refused],
    actor: Actor,
    at: datetime,
) -> Attached:
    moved = [group for group in groups if group.pk not in left]
    if moved:
        changes, incidents = [change] * len(moved), [incident.pk] * len(moved)
        record_many(moved, changes, actor=actor, at=at, incidents=incidents)
    return Attached(tuple(group.pk for group in moved), left)
