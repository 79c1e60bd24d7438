"""A rule tried on recorded history before it is saved: what it would have done to the last days' alerts.

Everything is read once and judged in memory by the same `core.evaluation` that decides; nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from muster.core.decision import Decision as Decided
from muster.core.decision import StepReason
from muster.core.evaluation import Rules, evaluate
from muster.core.intake import META_SCOPE
from muster.core.matchers import AlertView, all_match
from muster.core.permissions import Actor, Right, require
from muster.core.rule_form import RuleKind
from muster.core.silence import Silence, check_silence
from muster.core.trial import Life, Tried, count_pages, judge
from muster.core.waiting import MOST_TIMES, Count, Flapping
from muster.detect.models import Alert
from muster.evaluate import words
from muster.evaluate.commands.rules import checked, require_may
from muster.evaluate.commands.silences import parsed
from muster.evaluate.models import Decision, Incident, Rule
from muster.evaluate.rulebook import Rulebook, read_rulebook

ALERTS_LIMIT = 5000
"""So many alerts at most are judged, the newest: about half a second."""
EXAMPLES = 10
_DRAFT = "(draft)"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done. See `TrialOut` of the API."""

    since: datetime
    alerts: int
    outcomes: Mapping[int, Tried]
    pages: int
    pages_then: int
    incidents: tuple[str, ...]
    examples: tuple[Mapping[str, Any], ...]
    is_whole: bool

    def count(self, outcome: Tried) -> int:
        """How many alerts it would have made this of."""
        return sum(1 for one in self.outcomes.values() if one is outcome)

    def as_json(self) -> dict[str, Any]:
        """The trial as the API shows it, with its sentence."""
        told = {
            "since": self.since,
            "alerts": self.alerts,
            "held": self.count(Tried.HELD),
            "delayed": self.count(Tried.DELAYED),
            "changed": self.count(Tried.CHANGED),
            "pages": self.pages,
            "pages_then": self.pages_then,
            "incidents": list(self.incidents),
            "examples": [dict(one) for one in self.examples],
            "is_whole": self.is_whole,
        }
        return told | {"sentence": words.trial_sentence(told)}


def try_rule(
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    matchers: Sequence[Any],
    fields: Mapping[str, Any],
    handle: str = "",
    position: int = 100,
    days: int = 7,
) -> Trial:
    """What a rule would have done to the alerts of the last days that the actor may see.

    Raises:
        Refused: who may not make such a rule may not try it; what is wrong with it, as when it is made.
    """
    require_may(actor, kind)
    said = checked(kind, matchers, fields)
    standing = Rule.objects.visible_to(actor).filter(handle=handle).first() if handle else None
    draft = Rule(
        pk=standing.pk if standing is not None else None,
        handle=standing.handle if standing is not None else _DRAFT,
        kind=kind,
        position=position,
        matchers=[one.as_json() for one in said.matchers],
        spec=dict(said.spec),
    )
    since = at - timedelta(days=days)
    book = read_rulebook(at, draft, since)
    return _tried(actor, book, draft, since, at)


def try_silence(*, actor: Actor, at: datetime, matchers: Sequence[Any], days: int = 7) -> Trial:
    """What a silence that had been in force all the last days would have done to their alerts.

    Raises:
        Refused: not a responder; a matcher cannot be read; it matches everything.
    """
    require(actor, Right.RESPOND)
    read = parsed(matchers)
    check_silence(read, starts_at=at, ends_at=at + _A_MOMENT, why=_DRAFT, at=at)
    since = at - timedelta(days=days)
    silence = Silence(0, read, since, at + _A_MOMENT, "", "")
    draft = Rule(kind="silence", handle=str(silence.id))
    return _tried(actor, read_rulebook(at, None, since), draft, since, at, [silence])


_A_MOMENT = timedelta(seconds=1)


def _tried(
    actor: Actor,
    book: Rulebook,
    draft: Rule,
    since: datetime,
    at: datetime,
    silences: Sequence[Silence] = (),
) -> Trial:
    found = Alert.objects.visible_to(actor).filter(opened_at__gt=since, opened_at__lte=at)
    found = found.exclude(dedup_scope=META_SCOPE)
    rows = list(found.select_related("service").order_by("-id")[: ALERTS_LIMIT + 1])
    is_whole = len(rows) <= ALERTS_LIMIT
    rows = sorted(rows[:ALERTS_LIMIT], key=lambda row: row.pk)
    lives = {row.pk: Life(row.opened_at, row.resolved_at) for row in rows}
    decided = _decided(book, draft, rows, lives, silences)
    outcomes = {
        pk: judge(decision, draft.kind, draft.handle, lives[pk], lives, at)
        for pk, decision in decided.items()
    }
    stored = Decision.objects.visible_to(actor).filter(alert_id__in=list(decided), group__isnull=False)
    groups = dict(stored.values_list("alert_id", "group_id"))
    incidents = _incidents(actor, groups)
    held = [row for row in rows if outcomes[row.pk] is Tried.HELD]
    touched = [row for row in reversed(rows) if outcomes[row.pk] is not Tried.SAME]
    return Trial(
        since=since,
        alerts=len(rows),
        outcomes=outcomes,
        pages=len(set(groups.values())),
        pages_then=_pages_then(draft, decided, outcomes, groups, lives),
        incidents=tuple(sorted({incidents[row.pk] for row in held if row.pk in incidents}, key=_number)),
        examples=tuple(_example(row, outcomes[row.pk], incidents.get(row.pk)) for row in touched[:EXAMPLES]),
        is_whole=is_whole,
    )


def _decided(
    book: Rulebook,
    draft: Rule,
    rows: Sequence[Alert],
    lives: Mapping[int, Life],
    silences: Sequence[Silence],
) -> dict[int, Decided]:
    """Each alert at the moment when it opened, by all rules; what is silenced and down now is of today."""
    rules = replace(book.rules, silences=silences, down={})
    views = _views(book, rows, rules)
    sources = [view for view in views.values() if _is_source(rules, view)]
    decided = {}
    for pk, view in views.items():
        at = lives[pk].opened_at
        beside = rules
        if sources:
            beside = replace(rules, open_alerts=[one for one in sources if _is_open(lives[one.id or 0], at)])
        decided[pk] = evaluate(view, beside, at=at)
    return decided


def _is_source(rules: Rules, view: AlertView) -> bool:
    return any(all_match(rule.source, view) for rule in rules.inhibitions)


def _is_open(life: Life, at: datetime) -> bool:
    return life.opened_at <= at and (life.ended_at is None or life.ended_at > at)


def _views(book: Rulebook, rows: Sequence[Alert], rules: Rules) -> dict[int, AlertView]:
    """The alerts as rules see them, with how often each was sent and when its key came and went."""
    seen = _seen(rows) if any(isinstance(rule, Count) for rule in rules.waits) else {}
    counts_changes = any(isinstance(rule, Flapping) for rule in rules.waits)
    changes: dict[tuple[str, str], list[datetime]] = {}
    views = {}
    for row in rows:
        view = replace(book.view(row), seen=seen.get(row.pk, ()))
        if counts_changes:
            known = changes.setdefault((row.dedup_scope, row.dedup_key), [])
            known.append(row.opened_at)
            view = replace(view, changes=tuple(known))
            known += [row.resolved_at] if row.resolved_at is not None else []
        views[row.pk] = view
    return views


_SEEN = """
    SELECT a.id, s.received_at FROM detect_alert a CROSS JOIN LATERAL (
        SELECT received_at FROM detect_signal s WHERE s.alert_id = a.id AND s.action = 'trigger'
            AND s.received_at >= a.opened_at AND s.received_at <= coalesce(a.resolved_at, now())
        ORDER BY s.id LIMIT %s) s
    WHERE a.id = ANY(%s)
"""


def _seen(rows: Iterable[Alert]) -> dict[int, tuple[datetime, ...]]:
    """When each alert was sent, its first times."""
    found: dict[int, list[datetime]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [4 * MOST_TIMES, [row.pk for row in rows]])
        for alert_id, at in cursor.fetchall():
            found.setdefault(alert_id, []).append(at)
    return {pk: tuple(times) for pk, times in found.items()}


def _pages_then(
    draft: Rule,
    decided: Mapping[int, Decided],
    outcomes: Mapping[int, Tried],
    groups: Mapping[int, int],
    lives: Mapping[int, Life],
) -> int:
    """The pages there would have been: of alerts that paged, but for those that the rule would have held."""
    paged = [pk for pk in groups if outcomes[pk] is not Tried.HELD]
    if draft.kind != RuleKind.GROUPING:
        return len({groups[pk] for pk in paged})
    gathered = [pk for pk in sorted(paged) if _is_gathered(decided[pk], draft)]
    alone = {groups[pk] for pk in paged} - {groups[pk] for pk in gathered}
    return len(alone) + count_pages([(decided[pk], lives[pk]) for pk in gathered])


def _is_gathered(decision: Decided, draft: Rule) -> bool:
    return any(
        step.reason is StepReason.GROUPED_BY_RULE and step.by == f"group:{draft.handle}"
        for step in decision.steps
    )


def _incidents(actor: Actor, groups: Mapping[int, int]) -> dict[int, str]:
    """To which incident each of these alerts belonged, of those that the actor may see."""
    found = Incident.objects.visible_to(actor).filter(groups__in=set(groups.values()))
    of = dict(found.values_list("groups__id", "id"))
    return {pk: f"INC-{of[group_id]}" for pk, group_id in groups.items() if group_id in of}


def _number(public_id: str) -> int:
    return int(public_id.partition("-")[2])


def _example(row: Alert, outcome: Tried, incident: str | None) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "summary": row.summary,
        "service": row.service.handle,
        "opened_at": row.opened_at,
        "outcome": outcome.value,
        "incident": incident,
    }
