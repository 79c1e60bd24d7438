"""Groups follow their members and the clock, and what is held back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from muster.core import grouping
from muster.core.change import Change
from muster.core.lifecycle import AlertState, Verb
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.detect.commands import move_alerts
from muster.evaluate import queries
from muster.evaluate.models import AlertGroup, Decision
from muster.foundation.timeline.pen import command, lock, lock_many, record, record_many

Causes = Mapping[int, int]
"""Which event made us decide about an alert, by the alert's number."""


@command
def settle_groups_of(
    alert_ids: Sequence[int], *, actor: Actor, at: datetime, causes: Causes | None = None
) -> list[AlertGroup]:
    """Bring the open groups of alerts in line with their members, after a sender or a person changed some.

    (A resolved group stays resolved: where a person resolved thousands, nobody waits for their rows.)
    """
    rows = Decision.objects.filter(alert__id__among=list(alert_ids), group_id__isnull=False)
    rows = rows.exclude(group__state=AlertState.RESOLVED)
    of = {group_id: alert_id for alert_id, group_id in rows.values_list("alert_id", "group_id")}
    groups = {row.pk: row for row in lock_many(AlertGroup, of)}
    because = {group_id: causes[alert_id] for group_id, alert_id in of.items()} if causes else {}
    settle_rows(groups, queries.member_facts(groups), because, actor=actor, at=at)
    return list(groups.values())


def settle_rows(
    groups: Mapping[int, AlertGroup],
    members: Mapping[int, Sequence[grouping.Member]],
    causes: Causes,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Bring locked groups in line with these members of theirs."""
    changes = {
        pk: grouping.settle(group_facts(row), members.get(pk, ()), at=at) for pk, row in groups.items()
    }
    moved = [(groups[pk], change) for pk, change in changes.items() if change is not None]
    record_many(
        [row for row, _ in moved],
        [change for _, change in moved],
        actor=actor,
        at=at,
        incidents=[row.incident_id for row, _ in moved],
        causes=[causes.get(row.pk) for row, _ in moved] if causes else None,
    )
    turn_rows([row for pk, row in groups.items() if changes[pk] is None], members, actor=actor, at=at)


@command
def wake_group(
    group_id: int, *, actor: Actor, at: datetime, acknowledged_for: timedelta | None = None
) -> AlertGroup:
    """Page again when the snooze of a group has ended, or its acknowledgement held for long enough.

    Whoever works on an incident has not forgotten: its groups are not asked about again.
    """
    group = lock(AlertGroup, group_id)
    holds = None if group.incident_id is not None else acknowledged_for
    change = grouping.wake(group_facts(group), holds, at=at)
    if change is None:
        return group
    columns = dict(change.set) | {"acknowledged_by_id": None}
    told = Change(change.kind, columns, change.payload, change.text, change.reason)
    woken = record(group, told, actor=actor, at=at, incident=group.incident_id)
    move_alerts(
        queries.open_members_of([group_id]), Verb.UNACKNOWLEDGE, actor=actor, at=at, reason=change.reason
    )
    return woken


def group_facts(group: AlertGroup) -> grouping.Group:
    """A group's row as the rules see it."""
    return grouping.Group(
        state=AlertState(group.state),
        urgency=Urgency(group.urgency),
        epoch=group.epoch,
        acknowledged_at=group.acknowledged_at,
        snoozed_until=group.snoozed_until,
        held_back=group.held_back,
    )


def turn_rows(
    groups: Sequence[AlertGroup],
    members: Mapping[int, Sequence[grouping.Member]],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Members of these (locked) groups were held back or released: where all of a group is held, nobody
    further is paged; what is released pages afresh."""
    changes = {row.pk: grouping.turn(group_facts(row), members.get(row.pk, ())) for row in groups}
    turned = [(row, change) for row in groups if (change := changes[row.pk]) is not None]
    record_many(
        [row for row, _ in turned],
        [change for _, change in turned],
        actor=actor,
        at=at,
        incidents=[row.incident_id for row, _ in turned],
    )
