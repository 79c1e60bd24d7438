"""When an alert changes, decide about it, or bring its group in line."""

from datetime import datetime

from muster.core.permissions import Actor
from muster.evaluate.commands import decide_silenced_anew, evaluate_alert, settle_group_of
from muster.foundation.timeline.lanes import Reaction, Sealed


def on_alert_opened(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A new alert is evaluated."""
    evaluate_alert(event.subject_id, actor=actor, at=at)


def on_alert_worsened(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A worse alert is evaluated anew."""
    evaluate_alert(event.subject_id, actor=actor, at=at)


def on_alert_moved(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """A member of a group changed: the group follows."""
    settle_group_of(event.subject_id, actor=actor, at=at)


def on_silence_ended(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """What it held back is decided anew."""
    decide_silenced_anew(event.subject_id, actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {
    "alert.opened": on_alert_opened,
    "alert.worsened": on_alert_worsened,
    "alert.acknowledged": on_alert_moved,
    "alert.unacknowledged": on_alert_moved,
    "alert.retriggered": on_alert_moved,
    "alert.resolved": on_alert_moved,
    "silence.ended": on_silence_ended,
}
