"""Reads of action items: overdue first."""

import re
from datetime import datetime

from django.db.models import F, QuerySet

from muster.core.action_items import ActionState
from muster.core.permissions import Actor
from muster.core.refusal import Refused
from muster.review.actions.models import ActionItem
from muster.review.actions.reasons import Acting

_ID = re.compile(r"(?:ACT-)?([0-9]{1,18})", re.IGNORECASE | re.ASCII)


def action_items(actor: Actor) -> QuerySet[ActionItem]:
    """The action items this actor may see, newest first: those of incidents that they may see, too."""
    rows = ActionItem.objects.visible_to(actor).select_related("owner", "incident")
    if not actor.sees_everything:
        rows = rows.filter(incident__audience_id__in=actor.audiences)
    return rows.order_by("-id")


def action_item_of(actor: Actor, public_id: str | int) -> ActionItem:
    """Return an action item by `ACT-7` or `7`.

    Raises:
        Refused: there is none, or it is not this actor's to see: the same answer.
    """
    match = _ID.fullmatch(str(public_id))
    found = action_items(actor).filter(pk=int(match[1])).first() if match else None
    if found is None:
        raise Refused(Acting.NOT_FOUND)
    return found


def action_items_of(actor: Actor, incident_id: int) -> list[ActionItem]:
    """What was resolved upon after one incident, in order."""
    return list(action_items(actor).filter(incident_id=incident_id).order_by("id"))


def open_action_items(actor: Actor) -> QuerySet[ActionItem]:
    """What is still to do, the most urgent first; what has no day comes last."""
    rows = action_items(actor).filter(state=ActionState.OPEN)
    return rows.order_by(F("due_at").asc(nulls_last=True), "id")


def overdue_action_items(actor: Actor, at: datetime) -> QuerySet[ActionItem]:
    """What should have been done before `at`, the longest overdue first; the due instant is in time (R57)."""
    return open_action_items(actor).filter(due_at__lt=at)
