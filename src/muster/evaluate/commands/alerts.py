"""An alert becomes a decision: evaluated, routed, held back or gathered into the group that is paged."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from muster.core import evaluation
from muster.core.change import Change
from muster.core.decision import Decision as Decided
from muster.core.decision import Outcome
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor
from muster.detect.commands import Placement, place_alerts, suppress_signals
from muster.detect.models import Alert
from muster.evaluate import queries
from muster.evaluate.commands.gathering import gather, keys_of, within_windows, worsen
from muster.evaluate.commands.groups import Causes, turn_rows
from muster.evaluate.commands.incidents import declare_by_rule
from muster.evaluate.models import AlertGroup, Decision
from muster.evaluate.rulebook import Rulebook, rulebook
from muster.evaluate.surroundings import rules_beside, views_of
from muster.foundation.failpoints import fail_point, fail_point_after_commit
from muster.foundation.timeline.pen import command, lock_many, record_many

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
    earlier = {row.alert_id: row for row in Decision.objects.filter(alert_id__in=list(alert_ids))}
    decided = _decided(book, alert_ids, earlier, at)
    groups = _lock_groups(earlier.values(), decided.values(), at)
    decided = within_windows(decided, groups, at)
    locked = lock_many(Alert, decided)
    alerts = [row for row in locked if row.state != AlertState.RESOLVED]
    _close([row for row in locked if row.state == AlertState.RESOLVED], earlier, actor, at)
    _place(alerts, book, decided, earlier, groups, actor, at, causes)
    joining = [row for row in alerts if _joins(decided[row.pk], earlier.get(row.pk))]
    because = causes or {}
    gather(joining, decided, groups, actor=actor, at=at, causes=because)
    others = [row for row in alerts if row not in joining]
    worsen(others, decided, earlier, groups, actor=actor, at=at, causes=because)
    _write(alerts, decided, earlier, groups, actor, at, because)
    declare_by_rule(
        [(row, decided[row.pk]) for row in joining if decided[row.pk].declare], actor=actor, at=at
    )
    fail_point("G2")
    fail_point_after_commit("G3")


def _decided(
    book: Rulebook, alert_ids: Sequence[int], earlier: Mapping[int, Decision], at: datetime
) -> dict[int, Decided]:
    """What the rules say of each, beside what else is open."""
    rows = list(Alert.objects.filter(pk__in=list(alert_ids)))
    paged = [pk for pk, row in earlier.items() if row.group_id is not None]
    views = views_of(book, rows, paged, at)
    rules = rules_beside(book, views.values())
    return {pk: evaluation.evaluate(view, rules, at=at) for pk, view in views.items()}


def _place(
    alerts: Sequence[Alert],
    book: Rulebook,
    decided: Mapping[int, Decided],
    earlier: Mapping[int, Decision],
    groups: Mapping[str, AlertGroup],
    actor: Actor,
    at: datetime,
    causes: Causes | None,
) -> None:
    """Hold back, release and route; the groups of those that were paged before rest, or page again."""
    placed = []
    for row in alerts:
        service_id = book.services.get(decided[row.pk].service, row.service_id)
        placed.append((row, Placement(service_id, decided[row.pk].held_by or None)))
    turning = {
        earlier[row.pk].group_id
        for row, place in placed
        if row.pk in earlier and row.suppressed_by != place.held_by
    }
    place_alerts(placed, actor=actor, at=at, causes=causes)
    dropped = [row.pk for row in alerts if _is_dropped_now(decided[row.pk], earlier.get(row.pk))]
    if dropped:
        suppress_signals(dropped, actor=actor, at=at)
    turned = [row for row in groups.values() if row.pk in turning]
    if turned:
        turn_rows(turned, queries.member_facts([row.pk for row in turned]), actor=actor, at=at)


def _is_dropped_now(decided: Decided, earlier: Decision | None) -> bool:
    return decided.outcome is Outcome.DROP and (earlier is None or earlier.outcome != Outcome.DROP)


def _close(resolved: Sequence[Alert], earlier: Mapping[int, Decision], actor: Actor, at: datetime) -> None:
    """A resolved alert is not decided about again, though what held it back has ended."""
    rows = [earlier[row.pk] for row in resolved if row.pk in earlier]
    over = [
        row
        for row in rows
        if (row.again_at is not None and row.again_at <= at)
        or row.again_count is not None
        or row.because is not None
    ]
    change = Change("alert_decision.closed", {"again_at": None, "again_count": None, "because": None})
    record_many(over, [change] * len(over), actor=actor, at=at)


def _joins(decided: Decided, earlier: Decision | None) -> bool:
    return decided.outcome is Outcome.PAGE and (earlier is None or earlier.group_id is None)


def _lock_groups(
    earlier: Iterable[Decision], decided: Iterable[Decided], at: datetime
) -> dict[str, AlertGroup]:
    """The groups that these alerts are in, or would join, by key."""
    ids = {row.group_id for row in earlier if row.group_id is not None}
    keys = {key for one in decided if not one.group_key.startswith(_ALONE) for key in keys_of(one, at)}
    if not ids and not keys:
        return {}
    rows = AlertGroup.objects.select_for_update(no_key=True).order_by("id")
    wanted = Q(pk__in=ids) | (Q(key__in=keys) & ~Q(state=AlertState.RESOLVED))
    return {row.key: row for row in rows.filter(wanted) if row.state != AlertState.RESOLVED}


def _write(
    alerts: Sequence[Alert],
    decided: Mapping[int, Decided],
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


_TOLD = ("outcome", "group_id", "steps", "again_at", "again_count", "because", "changed")


def _columns(
    alert: Alert,
    decided: Decided,
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
        "again_count": decided.again_count,
        "because": decided.because,
        "changed": dict(decided.changed) or None,
    }
