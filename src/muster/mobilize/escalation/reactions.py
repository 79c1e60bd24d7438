"""When a group, a call or an incident changes, page, page again, or stop."""

from collections.abc import Sequence
from datetime import datetime

from muster.core.escalation_life import StopReason
from muster.core.grouping import STARTS
from muster.core.permissions import Actor
from muster.foundation.timeline.lanes import Reaction, Sealed, causes_of, together
from muster.mobilize.escalation.commands import (
    cancel_answered,
    cancel_stopped,
    end_calls,
    escalate_groups,
    hasten_after_failure,
    hasten_after_posts,
    mobilize_incident,
    stop_escalations,
    stop_settled,
    stop_unwanted,
    tell_of_policy,
)
from muster.mobilize.paging.reasons import DeliveryStopped


@together
def on_groups_want_people(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """Groups were opened, or are to be paged afresh. A member that joins pages nobody but by its urgency."""
    wanting = [
        event
        for event in events
        if event.kind != "group.member_joined" or event.payload.get("reason") in STARTS
    ]
    causes = {event.subject: event.id for event in wanting}
    escalate_groups(list(causes_of(wanting)), actor=actor, at=at, causes=causes)


@together
def on_groups_acknowledged(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """A sender acknowledged every open member (a person's word has stopped the ladder already)."""
    causes = {event.subject: event.id for event in events}
    stop_settled(list(causes_of(events)), actor=actor, at=at, causes=causes)


@together
def on_groups_held(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """All of a group is held back by now: nobody further is paged for it."""
    causes = {event.subject: event.id for event in events}
    stop_unwanted(list(causes_of(events)), actor=actor, at=at, causes=causes)


@together
def on_groups_resolved(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """Nothing is left to page for. (A group that is resolved stays so: nobody has to hold its row.)"""
    causes = {event.subject: event.id for event in events}
    stop_escalations(list(causes), StopReason.RESOLVED, actor=actor, at=at, causes=causes)


@together
def on_escalations_stopped(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """What still waits to be sent is cancelled, unless people are paged afresh already."""
    held = [event for event in events if event.payload.get("reason") == StopReason.SUPPRESSED]
    others = [event for event in events if event not in held]
    for some, why in ((others, DeliveryStopped.ANSWERED), (held, DeliveryStopped.HELD_BACK)):
        causes = causes_of(some)
        if causes:
            cancel_stopped(list(causes), actor=actor, at=at, causes=causes, why=why)


@together
def on_escalations_answered(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """Who has acknowledged is paged no more, while others must too."""
    causes = causes_of(events)
    cancel_answered(list(causes), actor=actor, at=at, causes=causes)


def on_delivery_failed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """When nobody of the step can be reached, the next one is due."""
    hasten_after_failure(event.subject_id, actor=actor, at=at)


def on_post_failed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """When a step told webhooks alone, and none heard of it, the next one is due."""
    hasten_after_posts(event.subject_id, actor=actor, at=at)


def on_incident_declared(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """The people whom the Standard pages are called."""
    mobilize_incident(event.subject_id, actor=actor, at=at, group=event.payload.get("group"))


def on_incident_severity_changed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A higher severity pages more people."""
    mobilize_incident(event.subject_id, actor=actor, at=at)


def on_incident_over(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Nobody is called any more."""
    end_calls(event.subject_id, actor=actor, at=at)


def on_policy_changed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Nobody's ladder is edited in silence: its owners hear of it."""
    if "spec" in event.payload:
        version = event.payload["version"]["after"]
        tell_of_policy(event.subject_id, version, event.payload["spec"], event.actor, actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {
    "group.opened": on_groups_want_people,
    "group.unacknowledged": on_groups_want_people,
    "group.acknowledgement_timed_out": on_groups_want_people,
    "group.woken": on_groups_want_people,
    "group.retriggered": on_groups_want_people,
    "group.released": on_groups_want_people,
    "group.held": on_groups_held,
    "group.worsened": on_groups_want_people,
    "group.reassigned": on_groups_want_people,
    "group.member_joined": on_groups_want_people,
    "group.acknowledged": on_groups_acknowledged,
    "group.snoozed": on_groups_acknowledged,
    "group.resolved": on_groups_resolved,
    "escalation.answered": on_escalations_answered,
    "escalation.stopped": on_escalations_stopped,
    "delivery.failed": on_delivery_failed,
    "policy.changed": on_policy_changed,
    "post.failed": on_post_failed,
    "incident.declared": on_incident_declared,
    "incident.severity_changed": on_incident_severity_changed,
    "incident.resolved": on_incident_over,
    "incident.dismissed": on_incident_over,
    "incident.merged": on_incident_over,
    "incident.sent_to_backlog": on_incident_over,
}
