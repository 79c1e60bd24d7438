"""The life of an action item, and the days that it may have (R57)."""

from datetime import UTC, datetime, timedelta

import pytest

from muster.core.action_items import ActionRefusal, ActionState, ActionVerb, check_due, move_action_item
from muster.core.refusal import Refused

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
MOVES = {
    ("open", "complete"): "done",
    ("open", "drop"): "dropped",
    ("done", "reopen"): "open",
    ("dropped", "reopen"): "open",
}


@pytest.mark.parametrize("verb", list(ActionVerb))
@pytest.mark.parametrize("state", list(ActionState))
def test_each_verb_moves_where_the_table_says_and_nowhere_else(state: ActionState, verb: ActionVerb) -> None:
    to = MOVES.get((state.value, verb.value))
    if to is None:
        with pytest.raises(Refused) as refused:
            move_action_item(state, verb, at=AT, why="because")
        assert refused.value.reason is ActionRefusal.NO_SUCH_MOVE
        return
    change = move_action_item(state, verb, at=AT, why="because")
    assert change.set == {"state": to, "done_at": AT if to == "done" else None}
    assert change.text == {"why": "because"}


@pytest.mark.parametrize(("state", "verb"), [("open", "drop"), ("done", "reopen")])
def test_only_doing_it_needs_no_reason(state: str, verb: str) -> None:
    with pytest.raises(Refused) as refused:
        move_action_item(state, ActionVerb(verb), at=AT, why=" ")
    assert refused.value.reason is ActionRefusal.REASON_NEEDED
    assert move_action_item("open", ActionVerb.COMPLETE, at=AT).text == {}


def test_the_limit_and_the_instant_itself_are_in_time() -> None:
    limit = AT + timedelta(days=14)
    for due_at in (None, AT, limit):
        check_due(due_at, limit=limit, at=AT)
    check_due(limit + timedelta(days=400), limit=None, at=AT)
    for due_at, reason in (
        (AT - MICRO, ActionRefusal.DUE_IN_THE_PAST),
        (limit + MICRO, ActionRefusal.DUE_TOO_LATE),
    ):
        with pytest.raises(Refused) as refused:
            check_due(due_at, limit=limit, at=AT)
        assert refused.value.reason is reason
