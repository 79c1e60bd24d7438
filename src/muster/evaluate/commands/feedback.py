"""What people say of an alert afterwards: was it worth it?"""

from datetime import datetime

from muster.core.change import Change
from muster.core.noise import read_feedback
from muster.core.permissions import Actor, Right, require
from muster.detect.models import Alert
from muster.evaluate.models import AlertFeedback
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.queries import by_handle
from muster.foundation.timeline.pen import command, lock, record


@command
def give_feedback(alert_id: int, said: str, *, actor: Actor, at: datetime, target: str = "") -> AlertFeedback:
    """Say of an alert that the actor may see what it was; each person has one word, which they may change.

    `target` is the handle of the service to which it should have gone, if somebody knows. Nothing happens
    when the same was said before.

    Raises:
        Alert.DoesNotExist: there is no such alert for this actor.
        Refused: an auditor, or nobody who is signed in; the word is none of `core.noise.Feedback`; the
            service is not there, or is the alert's own.
    """
    require(actor, Right.REPORT)
    alert = lock(Alert, alert_id, seen_by=actor)
    word = read_feedback(said, target, alert.service.handle)
    service = by_handle(Service, target, actor=actor) if target else None
    row = _standing(alert_id, actor)
    before = row.said if row is not None else ""
    if row is not None and (row.said, row.target_id) == (word, service.pk if service else None):
        return row
    columns = {"said": word.value, "target_id": service.pk if service else None, "given_at": at}
    facts = {"alert": alert_id, "said": word, "before": before}
    facts |= {"service": service.handle} if service else {}
    if row is None:
        row = AlertFeedback()
        columns |= {"alert_id": alert_id, "person_id": actor.id, "audience_id": alert.audience_id}
    return record(row, Change("alert_feedback.given", columns, facts), actor=actor, at=at)


@command
def withdraw_feedback(alert_id: int, *, actor: Actor, at: datetime) -> None:
    """Take back what one said of an alert. Nothing happens where one said nothing.

    Raises:
        Alert.DoesNotExist: there is no such alert for this actor.
        Refused: an auditor, or nobody who is signed in.
    """
    require(actor, Right.REPORT)
    lock(Alert, alert_id, seen_by=actor)
    row = _standing(alert_id, actor)
    if row is None or not row.said:
        return
    facts = {"alert": alert_id, "before": row.said}
    columns = {"said": "", "target_id": None, "given_at": at}
    record(row, Change("alert_feedback.withdrawn", columns, facts), actor=actor, at=at)


def _standing(alert_id: int, actor: Actor) -> AlertFeedback | None:
    """What the actor said of the alert; the alert is locked, so nobody writes beside."""
    return AlertFeedback.objects.filter(alert_id=alert_id, person_id=actor.id or 0).first()
