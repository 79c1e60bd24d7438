"""What one batch of alerts is judged beside: open alerts that explain others, what is down, and what came
before. Asked only where some rule looks at it, with one statement for each kind (engine side)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection
from django.db.models import Q

from muster.core.evaluation import Inhibition, Rules
from muster.core.event_rules import apply_event_rules
from muster.core.intake import META_SCOPE
from muster.core.lifecycle import AlertState
from muster.core.matchers import FIELDS, AlertView, Op, all_match
from muster.core.urgency import HIGH_SEVERITIES
from muster.core.waiting import MOST_TIMES, Count, Flapping, needs_history
from muster.detect.models import Alert
from muster.evaluate.rulebook import Rulebook

SOURCES_LIMIT = 2000
"""So many open alerts at most are asked whether they explain another; the oldest first."""

_STILL_DOWN = Q(suppressed_by__isnull=True) | Q(suppressed_by__regex="^(silence|maintenance):")

# The times of signals of the same key: the newest of each alert, so many as any rule counts.
_SEEN = """
    SELECT a.id, s.received_at FROM detect_alert a
    JOIN detect_alert b ON b.dedup_scope = a.dedup_scope AND b.dedup_key = a.dedup_key
    CROSS JOIN LATERAL (
        SELECT s.received_at FROM detect_signal s
        WHERE s.alert_id = b.id AND s.action = 'trigger' AND s.received_at > %(since)s
        ORDER BY s.id DESC LIMIT %(most)s) s
    WHERE a.id = ANY(%(ids)s) AND (b.resolved_at IS NULL OR b.resolved_at > %(since)s)
"""
_CHANGES = """
    SELECT a.id, unnest(ARRAY[b.opened_at, b.resolved_at]) FROM detect_alert a
    JOIN detect_alert b ON b.dedup_scope = a.dedup_scope AND b.dedup_key = a.dedup_key
    WHERE a.id = ANY(%(ids)s) AND b.id <= a.id AND (b.resolved_at IS NULL OR b.resolved_at > %(since)s)
"""


def rules_beside(book: Rulebook, views: Collection[AlertView] | None = None) -> Rules:
    """The rules, with the open alerts and the services that are down by which some of them judge.

    With `views`, what explains none of those is not read.
    """
    rules = book.rules
    asked = [rule for rule in rules.inhibitions if views is None or _may_hold(rule, rules, views)]
    if asked:
        rules = replace(rules, open_alerts=_sources(book, rules, asked))
    if book.standing:
        rules = replace(rules, down={**_down_by_alerts(book), **rules.down})
    return rules


def _may_hold(rule: Inhibition, rules: Rules, views: Collection[AlertView]) -> bool:
    """Whether a rule may hold one of these: what event rules and routes would make of them is left open."""
    if rules.events:
        return True
    fixed = [one for one in rule.target if one.name != "service"]
    return any(all_match(fixed, view) for view in views)


def views_of(
    book: Rulebook, alerts: Sequence[Alert], paged: Iterable[int], at: datetime
) -> dict[int, AlertView]:
    """The alerts as the rules see them, with what came before where some rule counts. `paged` are the alerts
    for which people have been paged."""
    told = frozenset(paged)
    views = {row.pk: book.view(row, paged=row.pk in told) for row in alerts}
    fresh = [pk for pk in views if pk not in told]
    if not fresh or not book.rules.waits:
        return views
    if within := needs_history(book.rules.waits, Count):
        for pk, times in _times(_SEEN, fresh, at - 2 * within).items():
            views[pk] = replace(views[pk], seen=times)
    if within := needs_history(book.rules.waits, Flapping):
        for pk, times in _times(_CHANGES, fresh, at - within).items():
            views[pk] = replace(views[pk], changes=times)
    return views


def _times(sql: str, ids: Sequence[int], since: datetime) -> Mapping[int, tuple[datetime, ...]]:
    found: dict[int, list[datetime]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": list(ids), "since": since, "most": MOST_TIMES})
        for alert_id, at in cursor.fetchall():
            if at is not None:
                found.setdefault(alert_id, []).append(at)
    return {pk: tuple(sorted(times)) for pk, times in found.items()}


def _sources(book: Rulebook, rules: Rules, asked: Sequence[Inhibition]) -> list[AlertView]:
    """The open alerts that may explain others by these rules, as event rules made them; they look closer.

    Muster's own explain nothing: they come and go with the paging of those that they would hold (I26).
    """
    likes = [_like_source(rule) for rule in asked]
    wanted = Q()
    if not rules.events and all(likes):
        for like in likes:
            wanted |= like
    still = Alert.objects.filter(wanted).exclude(state=AlertState.RESOLVED).exclude(dedup_scope=META_SCOPE)
    rows = still.order_by("id")[:SOURCES_LIMIT]
    views = [replace(book.view(row), service=book.homes[row.service_id]) for row in rows]
    return [apply_event_rules(view, rules.events).alert for view in views] if rules.events else views


def _like_source(rule: Inhibition) -> Q:
    """What PostgreSQL can tell of a source by itself: severities and labels that must be there."""
    wanted = Q()
    for one in rule.source:
        if one.op is Op.IS and one.values[0] and one.name == "severity":
            wanted &= Q(severity=one.values[0])
        elif one.op is Op.IS and one.values[0] and one.name not in FIELDS:
            wanted &= Q(labels__contains={one.name.removeprefix("label."): one.values[0]})
    return wanted


def _down_by_alerts(book: Rulebook) -> dict[str, str]:
    """The services among those on which others stand that have an open and severe alert, and which."""
    rows = Alert.objects.filter(_STILL_DOWN, service_id__in=book.standing, severity__in=HIGH_SEVERITIES)
    rows = rows.exclude(state=AlertState.RESOLVED).exclude(dedup_scope=META_SCOPE)
    rows = rows.order_by("service_id", "id").distinct("service_id")
    return {book.homes[service_id]: f"ALR-{pk}" for pk, service_id in rows.values_list("id", "service_id")}
