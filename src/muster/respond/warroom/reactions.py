"""When an incident or its responders change, arm what is owed, or meet it."""

from datetime import datetime

from muster.core.obligations import SupersededBy
from muster.core.permissions import Actor
from muster.foundation.timeline.lanes import Reaction, Sealed
from muster.respond.warroom.commands import (
    arm_incident,
    arm_readiness,
    end_owing,
    rearm_incident,
    settle_command,
    settle_incident,
    settle_page_update,
    settle_responder,
)


def on_incident_declared(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """What the Standard demands of it is owed from now on."""
    arm_incident(event.subject_id, actor=actor, at=at, since=event.at)


def on_incident_reopened(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """It is worked on again, so it owes again."""
    arm_incident(event.subject_id, actor=actor, at=at, since=event.at)


def on_incident_severity_changed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Another level demands something else."""
    rearm_incident(event.subject_id, actor=actor, at=at, since=event.at)


def on_incident_commander_changed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A commander is found; in four hours they hand over."""
    settle_command(event.subject_id, actor=actor, at=at)


def on_incident_role_given(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Perhaps every role is filled now."""
    settle_incident(event.subject_id, actor=actor, at=at)


def on_incident_resolved(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Nothing of the work is owed any longer."""
    end_owing(event.subject_id, SupersededBy.RESOLVED, actor=actor, at=event.at)


def on_incident_set_aside(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Dismissed, merged or in the backlog: nothing of the work is owed any longer."""
    end_owing(event.subject_id, SupersededBy.SET_ASIDE, actor=actor, at=event.at)


def on_responder_notified(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Whoever is called must be ready in time."""
    arm_readiness(event.subject_id, actor=actor, at=at)


def on_responder_moved(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Somebody answered, joined, is ready or left."""
    settle_responder(event.subject_id, actor=actor, at=at)


def on_page_update_posted(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """Customers were told on a status page."""
    if event.incident is not None:
        settle_page_update(event.incident, actor=actor, at=at, posted_at=event.at)


REACTIONS: dict[str, Reaction] = {
    "incident.declared": on_incident_declared,
    "incident.reopened": on_incident_reopened,
    "incident.severity_changed": on_incident_severity_changed,
    "incident.commander_changed": on_incident_commander_changed,
    "incident.role_given": on_incident_role_given,
    "incident.resolved": on_incident_resolved,
    "incident.dismissed": on_incident_set_aside,
    "incident.merged": on_incident_set_aside,
    "incident.sent_to_backlog": on_incident_set_aside,
    "responder.notified": on_responder_notified,
    "responder.acknowledged": on_responder_moved,
    "responder.joined": on_responder_moved,
    "responder.ready": on_responder_moved,
    "responder.left": on_responder_moved,
    "page_update.posted": on_page_update_posted,
}
