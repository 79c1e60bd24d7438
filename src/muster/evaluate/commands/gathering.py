"""Alerts that page join the groups that are paged: open one, grow one, make one more urgent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from muster.core import grouping
from muster.core.change import Change
from muster.core.decision import Decision as Decided
from muster.core.decision import Outcome
from muster.core.grouping import JoinDecision
from muster.core.lifecycle import AlertState, Verb
from muster.core.permissions import Actor
from muster.detect.commands import move_alerts
from muster.detect.models import Alert
from muster.evaluate import queries
from muster.evaluate.commands.groups import Causes, group_facts, settle_rows
from muster.evaluate.models import AlertGroup, Decision
from muster.foundation.timeline.pen import caused_by, record, record_many


def keys_of(decided: Decided, at: datetime) -> tuple[str, ...]:
    """The keys of the groups that an alert may join now, or open."""
    if decided.group_within is None:
        return (decided.group_key,)
    return grouping.windowed_keys(decided.group_key, decided.group_within, at)


def within_windows(
    decided: Mapping[int, Decided], groups: Mapping[str, AlertGroup], at: datetime
) -> dict[int, Decided]:
    """The decisions, each with the key of a group that is young enough, else of one that opens now."""
    found = dict(decided)
    for pk, one in decided.items():
        if one.group_within is None:
            continue
        keys = keys_of(one, at)
        young = [key for key in keys if key in groups and at < groups[key].opened_at + one.group_within]
        found[pk] = replace(one, group_key=(young or keys)[0])
    return found


def gather(
    alerts: Sequence[Alert],
    decided: Mapping[int, Decided],
    groups: dict[str, AlertGroup],
    *,
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
            settle_rows({group.pk: group}, {group.pk: queries.facts_of([row])}, {}, actor=actor, at=at)
        if len(by_key[group.key]) > 1:
            joins[group.key] = by_key[group.key][1:]
    _join(joins, decided, groups, actor, at, causes)


def _opening(alert: Alert, decided: Decided, at: datetime) -> Change:
    opening = grouping.open_group(decided.urgency, decided.paged_from).change
    assert opening is not None
    columns = dict(opening.set) | {
        "key": decided.group_key,
        "service_id": alert.service_id,
        "policy": decided.policy,
        "summary": decided.changed.get("summary", alert.summary),
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
    decided: Mapping[int, Decided],
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


def worsen(
    alerts: Sequence[Alert],
    decided: Mapping[int, Decided],
    earlier: Mapping[int, Decision],
    groups: Mapping[str, AlertGroup],
    *,
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
