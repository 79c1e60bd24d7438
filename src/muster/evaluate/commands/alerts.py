"""An alert becomes a decision: evaluated, routed, held back or gathered into the group that is paged."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from muster.core import evaluation, grouping
from muster.core.change import Change
from muster.core.evaluation import Outcome
from muster.core.grouping import JoinDecision
from muster.core.lifecycle import AlertState, Verb
from muster.core.permissions import Actor
from muster.core.urgency import Urgency
from muster.detect.commands import Placement, move_alerts, place_alerts
from muster.detect.models import Alert
from muster.evaluate import queries
from muster.evaluate.models import AlertGroup, Decision
from muster.evaluate.rulebook import rulebook
from muster.foundation.failpoints import fail_point, fail_point_after_commit
from muster.foundation.timeline.pen import caused_by, command, lock, lock_many, record, record_many

Causes = Mapping[int, int]
"""Which event made us decide about an alert, by the alert's number."""

_ALONE = "alert:"
"""How the key of a group of one begins: nobody but its own alert ever joins it."""


@command
def evaluate_alerts(
    alert_ids: Sequence[int], *, actor: Actor, at: datetime, causes: Causes | None = None
) -> None:
    """Decide about alerts, or decide anew; a resolved one keeps the decision that it has.

    Groups are locked before alerts, as everybody does who needs both.
    """
    fail_point("G1")
    book = rulebook(at)
    decided = {
        row.pk: evaluation.evaluate(book.view(row), book.rules, at=at)
        for row in Alert.objects.filter(pk__in=list(alert_ids))
    }
    earlier = {row.alert_id: row for row in Decision.objects.filter(alert_id__in=list(decided))}
    groups = _lock_groups(earlier.values(), decided.values())
    locked = lock_many(Alert, decided)
    alerts = [row for row in locked if row.state != AlertState.RESOLVED]
    _close([row for row in locked if row.state == AlertState.RESOLVED], earlier, actor, at)
    placed = []
    for row in alerts:
        service_id = book.services.get(decided[row.pk].service, row.service_id)
        placed.append((row, Placement(service_id, decided[row.pk].held_by or None)))
    place_alerts(placed, actor=actor, at=at, causes=causes)
    joining = [row for row in alerts if _joins(decided[row.pk], earlier.get(row.pk))]
    _gather(joining, decided, groups, actor, at, causes or {})
    _worsen([row for row in alerts if row not in joining], decided, earlier, groups, actor, at, causes or {})
    _write(alerts, decided, earlier, groups, actor, at, causes or {})
    fail_point("G2")
    fail_point_after_commit("G3")


def _close(resolved: Sequence[Alert], earlier: Mapping[int, Decision], actor: Actor, at: datetime) -> None:
    """A resolved alert is not decided about again, though what held it back has ended."""
    rows = [earlier[row.pk] for row in resolved if row.pk in earlier]
    over = [row for row in rows if row.again_at is not None and row.again_at <= at]
    change = Change("alert_decision.closed", {"again_at": None})
    record_many(over, [change] * len(over), actor=actor, at=at)


def _joins(decided: evaluation.Decision, earlier: Decision | None) -> bool:
    return decided.outcome is Outcome.PAGE and (earlier is None or earlier.group_id is None)


def _lock_groups(
    earlier: Iterable[Decision], decided: Iterable[evaluation.Decision]
) -> dict[str, AlertGroup]:
    """The groups that these alerts are in, or would join, by key."""
    ids = {row.group_id for row in earlier if row.group_id is not None}
    keys = {one.group_key for one in decided if not one.group_key.startswith(_ALONE)}
    if not ids and not keys:
        return {}
    rows = AlertGroup.objects.select_for_update(no_key=True).order_by("id")
    wanted = Q(pk__in=ids) | (Q(key__in=keys) & ~Q(state=AlertState.RESOLVED))
    return {row.key: row for row in rows.filter(wanted) if row.state != AlertState.RESOLVED}


def _gather(
    alerts: Sequence[Alert],
    decided: Mapping[int, evaluation.Decision],
    groups: dict[str, AlertGroup],
    actor: Actor,
    at: datetime,
    causes: Causes,
) -> None:
    """Put alerts into their groups: the first of a new key opens one, the others join together."""
    by_key: dict[str, list[Alert]] = {}
    for row in alerts:
        by_key.setdefault(decided[row.pk].group_key, []).append(row)
    joins = {key: rows for key, rows in by_key.items() if key in groups}
    opened = [rows[0] for key, rows in by_key.items() if key not in groups]
    made = record_many(
        [AlertGroup() for _ in opened],
        [_opening(row, decided[row.pk], at) for row in opened],
        actor=actor,
        at=at,
        causes=[causes.get(row.pk) for row in opened] if causes else None,
    )
    for row, group in zip(opened, made, strict=True):
        groups[group.key] = group
        if row.state == AlertState.ACKNOWLEDGED:
            _settle({group.pk: group}, {group.pk: queries.facts_of([row])}, {}, actor, at)
        if len(by_key[group.key]) > 1:
            joins[group.key] = by_key[group.key][1:]
    _join(joins, decided, groups, actor, at, causes)


def _opening(alert: Alert, decided: evaluation.Decision, at: datetime) -> Change:
    opening = grouping.open_group(decided.urgency, decided.paged_from).change
    assert opening is not None
    columns = dict(opening.set) | {
        "key": decided.group_key,
        "service_id": alert.service_id,
        "policy": decided.policy,
        "summary": alert.summary,
        "opened_at": at,
        "audience_id": alert.audience_id,
    }
    facts = dict(opening.payload) | {
        "alert": alert.pk,
        "service": alert.service_id,
        "policy": decided.policy,
    }
    return Change(opening.kind, columns, facts, reason=opening.reason)


def _join(
    joins: Mapping[str, Sequence[Alert]],
    decided: Mapping[int, evaluation.Decision],
    groups: Mapping[str, AlertGroup],
    actor: Actor,
    at: datetime,
    causes: Causes,
) -> None:
    """One event for each group that grows, however many join it; the most urgent of them decides."""
    found: list[tuple[AlertGroup, Sequence[Alert], JoinDecision]] = []
    for key, rows in joins.items():
        urgency = grouping.group_urgency(decided[row.pk].urgency for row in rows)
        found.append((groups[key], rows, grouping.join(group_facts(groups[key]), urgency)))
    grown = [(group, rows, joining) for group, rows, joining in found if joining.change is not None]
    record_many(
        [group for group, _, _ in grown],
        [_joined(joining, rows) for _, rows, joining in grown],
        actor=actor,
        at=at,
        incidents=[group.incident_id for group, _, _ in grown],
        causes=[causes.get(rows[0].pk) for _, rows, _ in grown] if causes else None,
    )
    for _, rows, joining in found:
        if joining.member_state is AlertState.ACKNOWLEDGED:
            taken = [row.pk for row in rows]
            move_alerts(taken, Verb.ACKNOWLEDGE, actor=actor, at=at, reason=joining.reason)


def _joined(joining: JoinDecision, rows: Sequence[Alert]) -> Change:
    assert joining.change is not None
    return _of_members(joining.change, rows)


def _of_members(change: Change, rows: Sequence[Alert]) -> Change:
    facts = dict(change.payload) | {"alerts": [row.pk for row in rows]}
    return Change(change.kind, _given_back(change.set), facts, reason=change.reason)


def _given_back(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Where nobody has it any longer, nobody is shown to have it."""
    return dict(columns) | ({"acknowledged_by_id": None} if "acknowledged_at" in columns else {})


def _worsen(
    alerts: Sequence[Alert],
    decided: Mapping[int, evaluation.Decision],
    earlier: Mapping[int, Decision],
    groups: Mapping[str, AlertGroup],
    actor: Actor,
    at: datetime,
    causes: Causes,
) -> None:
    """Members that became more urgent than their group: it pages afresh, and they are nobody's any more."""
    by_id = {group.pk: group for group in groups.values()}
    members: dict[int, list[Alert]] = {}
    for row in alerts:
        group_id = earlier[row.pk].group_id if row.pk in earlier else None
        if group_id in by_id and decided[row.pk].outcome is Outcome.PAGE:
            members.setdefault(by_id[group_id].pk, []).append(row)
    for group_id, rows in sorted(members.items()):
        urgency = grouping.group_urgency(decided[row.pk].urgency for row in rows)
        change = grouping.worsen(group_facts(by_id[group_id]), urgency)
        if change is None:
            continue
        group, cause = by_id[group_id], causes.get(rows[0].pk)
        with caused_by(cause):
            record(group, _of_members(change, rows), actor=actor, at=at, incident=group.incident_id)
            taken = [row.pk for row in rows if row.state == AlertState.ACKNOWLEDGED]
            move_alerts(taken, Verb.UNACKNOWLEDGE, actor=actor, at=at, reason=change.reason)


def _write(
    alerts: Sequence[Alert],
    decided: Mapping[int, evaluation.Decision],
    earlier: Mapping[int, Decision],
    groups: Mapping[str, AlertGroup],
    actor: Actor,
    at: datetime,
    causes: Causes,
) -> None:
    """Keep each decision with its reasons; one that says what it said before is left alone."""
    fresh: list[tuple[Decision, Change]] = []
    anew: list[tuple[Decision, Change]] = []
    for row in alerts:
        before = earlier.get(row.pk)
        columns = _columns(row, decided[row.pk], before, groups, at)
        facts = {name: columns[name] for name in ("outcome", "urgency", "steps")} | {
            "alert": row.pk,
            "group": columns["group_id"],
            "declare": decided[row.pk].declare,
        }
        if before is None:
            fresh.append((Decision(), Change("alert_decision.made", columns, facts)))
        elif any(getattr(before, name) != columns[name] for name in _TOLD):
            anew.append((before, Change("alert_decision.remade", columns, facts)))
    for written in (fresh, anew):
        record_many(
            [row for row, _ in written],
            [change for _, change in written],
            actor=actor,
            at=at,
            causes=[causes.get(change.set["alert_id"]) for _, change in written] if causes else None,
        )


_TOLD = ("outcome", "group_id", "steps", "again_at")


def _columns(
    alert: Alert,
    decided: evaluation.Decision,
    before: Decision | None,
    groups: Mapping[str, AlertGroup],
    at: datetime,
) -> dict[str, Any]:
    group_id = before.group_id if before is not None else None
    if _joins(decided, before):
        group_id = groups[decided.group_key].pk
    return {
        "alert_id": alert.pk,
        "group_id": group_id,
        "outcome": decided.outcome.value,
        "urgency": decided.urgency.value,
        "steps": [verdict.as_json() for verdict in decided.steps],
        "decided_at": at,
        "again_at": decided.again_at,
    }


@command
def settle_groups_of(
    alert_ids: Sequence[int], *, actor: Actor, at: datetime, causes: Causes | None = None
) -> list[AlertGroup]:
    """Bring the groups of alerts in line with their members, after a sender or a person changed some."""
    rows = Decision.objects.filter(alert_id__in=list(alert_ids), group_id__isnull=False)
    of = {group_id: alert_id for alert_id, group_id in rows.values_list("alert_id", "group_id")}
    groups = {row.pk: row for row in lock_many(AlertGroup, of)}
    because = {group_id: causes[alert_id] for group_id, alert_id in of.items()} if causes else {}
    _settle(groups, queries.member_facts(groups), because, actor, at)
    return list(groups.values())


def _settle(
    groups: Mapping[int, AlertGroup],
    members: Mapping[int, Sequence[grouping.Member]],
    causes: Causes,
    actor: Actor,
    at: datetime,
) -> None:
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
        queries.open_member_ids(group_id), Verb.UNACKNOWLEDGE, actor=actor, at=at, reason=change.reason
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
    )
