"""When an alert changes, decide about it, or bring its group in line."""

from collections.abc import Sequence
from datetime import datetime

from muster.core.permissions import Actor
from muster.evaluate.commands import decide_silenced_anew, evaluate_alerts, settle_groups_of
from muster.foundation.timeline.lanes import Reaction, Sealed, causes_of, together


@together
def on_alerts_opened(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """New alerts are evaluated, and worse ones anew."""
    causes = causes_of(events)
    evaluate_alerts(list(causes), actor=actor, at=at, causes=causes)


@together
def on_alerts_moved(events: Sequence[Sealed], *, actor: Actor, at: datetime) -> None:
    """Members of groups changed: the groups follow."""
    causes = causes_of(events)
    settle_groups_of(list(causes), actor=actor, at=at, causes=causes)


def on_silence_ended(event: Sealed, *, actor: Actor, at: datetime) -> None:
    """What it held back is decided anew."""
    decide_silenced_anew(event.subject_id, actor=actor, at=at)


REACTIONS: dict[str, Reaction] = {
    "alert.opened": on_alerts_opened,
    "alert.worsened": on_alerts_opened,
    "alert.acknowledged": on_alerts_moved,
    "alert.unacknowledged": on_alerts_moved,
    "alert.retriggered": on_alerts_moved,
    "alert.resolved": on_alerts_moved,
    "silence.ended": on_silence_ended,
}
