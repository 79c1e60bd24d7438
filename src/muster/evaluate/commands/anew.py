"""What is decided again, because a rule, or something that explained an alert, came, changed or went."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from muster.core.evaluation import Rules, evaluate
from muster.core.intake import META_SCOPE
from muster.core.lifecycle import AlertState
from muster.core.matchers import all_match
from muster.core.permissions import Actor
from muster.detect.models import Alert
from muster.evaluate.commands.alerts import evaluate_alerts
from muster.evaluate.models import Decision
from muster.evaluate.rulebook import Rulebook, last_rulebook, rulebook
from muster.evaluate.surroundings import rules_beside, views_of
from muster.foundation.timeline.pen import command

AT_ONCE = 200
CANDIDATES = 500
"""So many open alerts at most, the newest, are asked whether a new one explains them."""
_CHUNK = 1000


@command
def decide_open_anew(*, actor: Actor, at: datetime) -> None:
    """Rules changed: decide again about the open alerts that they hold back now and did not, or the reverse.

    All are looked at in memory, and only those that are judged otherwise are written.
    """
    book = rulebook(at)
    rules = rules_beside(book)
    for rows in _open_alerts():
        _decide(_judged_otherwise(book, rules, rows, at), actor, at)


@command
def decide_dependents_anew(*, actor: Actor, at: datetime) -> None:
    """An incident began or ended, or is about other services: what stands on those may be held by it."""
    if rulebook(at).standing:
        decide_open_anew(actor=actor, at=at)


@command
def decide_explained(alert_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """These alerts have just been evaluated: hold back the open ones that they explain, of which people were
    paged before."""
    book = last_rulebook(at)
    if not book.rules.inhibitions and not book.standing:
        return
    fresh = Alert.objects.filter(pk__in=list(alert_ids)).exclude(state=AlertState.RESOLVED)
    if not any(_may_explain(book, row) for row in fresh):
        return
    others = Alert.objects.filter(state=AlertState.TRIGGERED, suppressed_by__isnull=True)
    rows = list(others.exclude(pk__in=list(alert_ids)).order_by("-id")[:CANDIDATES])
    _decide(_judged_otherwise(book, rules_beside(book), rows, at), actor, at)


def _may_explain(book: Rulebook, row: Alert) -> bool:
    if row.dedup_scope == META_SCOPE:
        return False
    if row.service_id in book.standing:
        return True
    view = book.view(row)
    return any(all_match(rule.source, view) for rule in book.rules.inhibitions)


@command
def decide_unexplained(alert_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """These alerts are over: decide again about those that were held because of them."""
    held = Decision.objects.filter(because__among=list(alert_ids)).order_by("alert_id")
    _decide(list(held.values_list("alert_id", flat=True)), actor, at)


@command
def decide_held_anew(*, actor: Actor, at: datetime) -> None:
    """Judge again, by and by, what is held back: nothing is held for longer than its reason lasts (I12).

    What held it may have ended while somebody else was deciding about it, who still saw it standing.
    """
    book = rulebook(at)
    rules: Rules | None = None
    for rows in _open_alerts(suppressed_by__isnull=False):
        rules = rules or rules_beside(book)
        _decide(_judged_otherwise(book, rules, rows, at), actor, at)


def _open_alerts(**more: Any) -> Iterator[list[Alert]]:
    last = 0
    while True:
        rows = Alert.objects.filter(pk__gt=last, **more).exclude(state=AlertState.RESOLVED).order_by("id")
        found = list(rows[:_CHUNK])
        if not found:
            return
        yield found
        last = found[-1].pk


def _judged_otherwise(book: Rulebook, rules: Rules, rows: Sequence[Alert], at: datetime) -> list[int]:
    """Those that the rules would hold back, release, or hold by something else or for another time; undecided
    ones wait."""
    stored = Decision.objects.filter(alert_id__in=[row.pk for row in rows])
    earlier = {row.alert_id: row for row in stored.only("alert_id", "group_id", "again_at", "because")}
    paged = [alert_id for alert_id, row in earlier.items() if row.group_id is not None]
    decided = [row for row in rows if row.pk in earlier]
    views = views_of(book, decided, paged, at)
    found = {row.pk: evaluate(views[row.pk], rules, at=at) for row in decided}
    return [
        row.pk
        for row in decided
        if (found[row.pk].held_by, found[row.pk].again_at, found[row.pk].because)
        != (row.suppressed_by or "", earlier[row.pk].again_at, earlier[row.pk].because)
    ]


def _decide(ids: Sequence[int], actor: Actor, at: datetime) -> None:
    for start in range(0, len(ids), AT_ONCE):
        evaluate_alerts(ids[start : start + AT_ONCE], actor=actor, at=at)
