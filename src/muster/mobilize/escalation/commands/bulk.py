"""One act on many groups, as the inbox offers it: row by row it would take minutes in a storm.

Each group is judged by itself: what cannot be done to one is told, and keeps no other from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from muster.core import grouping
from muster.core.change import Change
from muster.core.escalation_life import StopReason
from muster.core.lifecycle import Refusal, Verb
from muster.core.permissions import Actor, Denied, Right, require
from muster.core.refusal import Refused
from muster.evaluate.commands import group_facts
from muster.evaluate.models import AlertGroup
from muster.foundation.timeline.pen import command, lock_many, record_many
from muster.mobilize.escalation import queries
from muster.mobilize.escalation.circumstances import asked_of
from muster.mobilize.escalation.commands.answers import (
    acknowledge_group,
    already_acknowledged,
    held_by,
    move_members,
)
from muster.mobilize.escalation.commands.ladder import stop_escalations
from muster.mobilize.escalation.reasons import Escalate
from muster.mobilize.paging.commands import answer_pages_about

AT_ONCE = 500
"""So many groups at most in one commit: whoever sends or answers waits no longer than that takes."""
VERBS: Mapping[Verb, StopReason | None] = {
    Verb.ACKNOWLEDGE: StopReason.ACKNOWLEDGED,
    Verb.RESOLVE: StopReason.RESOLVED,
    Verb.SNOOZE: StopReason.SNOOZED,
    Verb.UNACKNOWLEDGE: None,
}
"""What may be done to many, and why paging stops then."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What came of it: the groups to which it was done, and why not for each of the others."""

    done: tuple[int, ...]
    left: Mapping[int, Refused]


@command
def act_on_groups(
    group_ids: Sequence[int], verb: Verb, *, actor: Actor, at: datetime, until: datetime | None = None
) -> Bulk:
    """Do one thing to these groups and all their open alerts; one event for each row.

    Where all must acknowledge, this person's word is kept and the group waits for the others.

    Raises:
        Refused: not a responder, or more than `AT_ONCE` groups.
    """
    require(actor, Right.RESPOND)
    if len(group_ids) > AT_ONCE:
        raise Refused(Escalate.TOO_MANY, {"most": AT_ONCE})
    seen = AlertGroup.objects.visible_to(actor).filter(pk__among=group_ids)
    groups = lock_many(AlertGroup, seen.values_list("pk", flat=True))
    known = {group.pk for group in groups}
    left = {pk: Refused(Denied.NOT_FOUND) for pk in group_ids if pk not in known}
    asked = _asked_of_all(known) if verb is Verb.ACKNOWLEDGE else set()
    moved: list[AlertGroup] = []
    changes: list[Change] = []
    for group in groups:
        if group.pk in asked:
            continue
        try:
            change = grouping.act(group_facts(group), verb, at=at, until=until)
        except Refused as refused:
            taken = refused.reason is Refusal.ALREADY_ACKNOWLEDGED
            left[group.pk] = already_acknowledged(group) if taken else refused
        else:
            moved.append(group)
            changes.append(held_by(change, verb, actor))
    record_many(moved, changes, actor=actor, at=at, incidents=[group.incident_id for group in moved])
    _follow(moved, verb, actor, at, until)
    return Bulk((*(group.pk for group in moved), *_one_by_one(asked, left, actor, at)), left)


def _asked_of_all(group_ids: set[int]) -> set[int]:
    """The groups, locked, for which people are asked who must all acknowledge."""
    latest = queries.latest_of(f"group:{pk}" for pk in group_ids)
    return {int(about.partition(":")[2]) for about, row in latest.items() if asked_of(row).missing}


def _follow(
    moved: Sequence[AlertGroup], verb: Verb, actor: Actor, at: datetime, until: datetime | None
) -> None:
    if not moved:
        return
    move_members([group.pk for group in moved], verb, actor=actor, at=at, until=until)
    why, abouts = VERBS[verb], [group.subject for group in moved]
    if why is not None:
        stop_escalations(abouts, why, actor=actor, at=at)
    if verb is Verb.ACKNOWLEDGE:
        answer_pages_about(abouts, actor=actor, at=at, person_id=actor.id)


def _one_by_one(asked: set[int], left: dict[int, Refused], actor: Actor, at: datetime) -> list[int]:
    taken = []
    for pk in sorted(asked):
        try:
            acknowledge_group(pk, actor=actor, at=at)
        except Refused as refused:
            left[pk] = refused
        else:
            taken.append(pk)
    return taken
