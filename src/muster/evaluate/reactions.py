"""When an alert changes, decide about it, or bring its group in line."""

from collections.abc import Sequence
from datetime import datetime

from muster.core.permissions import Actor
from muster.evaluate.commands import (
    decide_dependents_anew,
    decide_explained,
    decide_open_anew,
    decide_unexplained,
    evaluate_alerts,
    settle_groups_of,
)
from muster.foundation.timeline.lanes import Reaction, Sealed, causes_of, together


@together
def on_alerts_opened(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """New alerts are evaluated, and worse ones anew; they may explain what people are paged for already."""
    causes = causes_of(events)
    evaluate_alerts(list(causes), actor=actor, at=at, causes=causes)
    decide_explained(list(causes), actor=actor, at=at)


@together
def on_alerts_moved(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """Members of groups changed: the groups follow."""
    causes = causes_of(events)
    settle_groups_of(list(causes), actor=actor, at=at, causes=causes)


@together
def on_alerts_resolved(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """Their groups follow, and what was held because of them is decided anew."""
    causes = causes_of(events)
    settle_groups_of(list(causes), actor=actor, at=at, causes=causes)
    decide_unexplained(list(causes), actor=actor, at=at)


def on_rules_changed(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """What is open is judged by the rules as they stand now."""
    decide_open_anew(actor=actor, at=at)


def on_incident_moved(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """What stands on its services may be held by it, or no longer."""
    decide_dependents_anew(actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {
    "alert.opened": on_alerts_opened,
    "alert.worsened": on_alerts_opened,
    "alert.acknowledged": on_alerts_moved,
    "alert.unacknowledged": on_alerts_moved,
    "alert.retriggered": on_alerts_moved,
    "alert.resolved": on_alerts_resolved,
    "silence.created": on_rules_changed,
    "silence.ended": on_rules_changed,
    "silence.end_moved": on_rules_changed,
    "silence.restored": on_rules_changed,
    "rule.added": on_rules_changed,
    "rule.changed": on_rules_changed,
    "rule.retired": on_rules_changed,
    "rule.restored": on_rules_changed,
    "rule.end_moved": on_rules_changed,
    "service.changed": on_rules_changed,
    "service.retired": on_rules_changed,
    "service.restored": on_rules_changed,
    "incident.declared": on_incident_moved,
    "incident.impact_changed": on_incident_moved,
    "incident.resolved": on_incident_moved,
    "incident.dismissed": on_incident_moved,
    "incident.merged": on_incident_moved,
    "incident.sent_to_backlog": on_incident_moved,
    "incident.reopened": on_incident_moved,
}
