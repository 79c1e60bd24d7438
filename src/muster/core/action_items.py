"""The life of an action item, and by when it may be due (R57)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from muster.core.change import Change
from muster.core.refusal import Refused


class ActionState(StrEnum):
    """Where an action item stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class ActionVerb(StrEnum):
    """What can be done to an action item."""

    COMPLETE = "complete"
    DROP = "drop"
    REOPEN = "reopen"


class ActionRefusal(StrEnum):
    """Why an action item was not written or moved."""

    NO_SUCH_MOVE = "action_item_no_such_move"
    REASON_NEEDED = "action_item_reason_needed"
    DUE_TOO_LATE = "action_item_due_too_late"
    DUE_IN_THE_PAST = "action_item_due_in_the_past"


_MOVES: Final[Mapping[tuple[ActionState, ActionVerb], tuple[ActionState, str]]] = {
    (ActionState.OPEN, ActionVerb.COMPLETE): (ActionState.DONE, "action_item.completed"),
    (ActionState.OPEN, ActionVerb.DROP): (ActionState.DROPPED, "action_item.dropped"),
    (ActionState.DONE, ActionVerb.REOPEN): (ActionState.OPEN, "action_item.reopened"),
    (ActionState.DROPPED, ActionVerb.REOPEN): (ActionState.OPEN, "action_item.reopened"),
}


def move_action_item(state: str, verb: ActionVerb, *, at: datetime, why: str = "") -> Change:
    """Return what the verb does: open -> done or dropped, and back. Everything but doing it needs a reason.

    Raises:
        Refused: there is no such move, or the reason is missing.
    """
    before = ActionState(state)
    step = _MOVES.get((before, verb))
    if step is None:
        raise Refused(ActionRefusal.NO_SUCH_MOVE, {"state": state, "verb": verb.value})
    if verb is not ActionVerb.COMPLETE and not why.strip():
        raise Refused(ActionRefusal.REASON_NEEDED, {"verb": verb.value})
    to, kind = step
    columns = {"state": to.value, "done_at": at if to is ActionState.DONE else None}
    text = {"why": why.strip()} if why.strip() else {}
    return Change(kind, columns, {"before": before.value, "state": to.value}, text)


def check_due(due_at: datetime | None, *, limit: datetime | None, at: datetime) -> None:
    """Refuse a date that has passed, or one later than the severity allows; the limit itself is in time.

    Raises:
        Refused: with `action_item_due_in_the_past` or `action_item_due_too_late`.
    """
    if due_at is None:
        return
    if due_at < at:
        raise Refused(ActionRefusal.DUE_IN_THE_PAST)
    if limit is not None and due_at > limit:
        raise Refused(ActionRefusal.DUE_TOO_LATE, {"limit": limit.strftime("%Y-%m-%d %H:%M UTC")})
