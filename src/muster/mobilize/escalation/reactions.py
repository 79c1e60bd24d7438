"""When a group, a call or an incident changes, page, page again, or stop."""

from datetime import datetime

from muster.core.escalation import StopReason
from muster.core.grouping import JoinReason
from muster.core.permissions import Actor
from muster.foundation.timeline.lanes import Reaction, Sealed
from muster.mobilize.escalation.commands import (
    end_calls,
    escalate_group,
    hasten_after_failure,
    mobilize_incident,
    stop_escalation,
)
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.escalation.queries import running
from muster.mobilize.paging.commands import DeliveryStopped, cancel_waiting


def on_group_wants_people(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A group was opened, or is to be paged afresh."""
    escalate_group(event.subject_id, actor=actor, at=at)


def on_group_member_joined(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A member of higher urgency begins a new epoch; others page nobody."""
    if event.payload.get("reason") == JoinReason.HIGHER_URGENCY:
        escalate_group(event.subject_id, actor=actor, at=at)


def on_group_acknowledged(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A sender acknowledged every open member (a person's word has stopped the ladder already)."""
    stop_escalation(event.subject, StopReason.ACKNOWLEDGED, actor=actor, at=at)


def on_group_resolved(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Nothing is left to page for."""
    stop_escalation(event.subject, StopReason.RESOLVED, actor=actor, at=at)


def on_escalation_stopped(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """What still waits to be sent is cancelled, unless people are paged afresh already."""
    about = Escalation.objects.values_list("about", flat=True).get(pk=event.subject_id)
    if running(about) is not None:
        return
    cancel_waiting(about, actor=actor, at=at, why=DeliveryStopped.ANSWERED)


def on_delivery_failed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """When nobody of the step can be reached, the next one is due."""
    hasten_after_failure(event.subject_id, actor=actor, at=at)


def on_incident_declared(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """The people whom the Standard pages are called."""
    mobilize_incident(event.subject_id, actor=actor, at=at, group=event.payload.get("group"))


def on_incident_severity_changed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A higher severity pages more people."""
    mobilize_incident(event.subject_id, actor=actor, at=at)


def on_incident_over(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Nobody is called any more."""
    end_calls(event.subject_id, actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {
    "group.opened": on_group_wants_people,
    "group.unacknowledged": on_group_wants_people,
    "group.acknowledgement_timed_out": on_group_wants_people,
    "group.woken": on_group_wants_people,
    "group.retriggered": on_group_wants_people,
    "group.reassigned": on_group_wants_people,
    "group.member_joined": on_group_member_joined,
    "group.acknowledged": on_group_acknowledged,
    "group.snoozed": on_group_acknowledged,
    "group.resolved": on_group_resolved,
    "escalation.stopped": on_escalation_stopped,
    "delivery.failed": on_delivery_failed,
    "incident.declared": on_incident_declared,
    "incident.severity_changed": on_incident_severity_changed,
    "incident.resolved": on_incident_over,
    "incident.dismissed": on_incident_over,
    "incident.merged": on_incident_over,
    "incident.sent_to_backlog": on_incident_over,
}
